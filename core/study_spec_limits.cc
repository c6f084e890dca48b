#include "core/study_file_parts.h"
#include "core/study_file_refusals.h"

namespace studyhall {

namespace {

constexpr std::int64_t kMaxTrials = 1'000'000'000;

template <typename T>
void put_limit(Json& json, const char* name, const std::optional<T>& limit) {
  if (limit) json[name] = *limit;
}

}  // namespace

Limits read_limits(const JsonField& field) {
  Limits limits;
  ObjectReader object(field);
  const auto amount = [&object](std::string_view name) {
    return object.field(name).number("a number above 0", [](double x) { return x > 0; });
  };
  limits.trials = object.field("trials").integer(1, kMaxTrials);
  limits.failures = object.field("failures").integer(1, kMaxTrials);
  limits.running = object.field("running").integer(1, kMaxTrials);
  limits.hours = amount("hours");
  limits.cost_usd = amount("cost_usd");
  limits.turns = object.field("turns").integer(1);
  limits.tokens = object.field("tokens").integer(1);
  if (!limits.failures) limits.failures = limits.trials;
  close_refusing(object);
  return limits;
}

void resolve_limits(const Limits& limits, Json& json) {
  put_limit(json, "trials", limits.trials);
  put_limit(json, "failures", limits.failures);
  put_limit(json, "running", limits.running);
  put_limit(json, "turns", limits.turns);
  put_limit(json, "tokens", limits.tokens);
}

}  // namespace studyhall
