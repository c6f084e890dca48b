#include <fmt/format.h>

#include "core/study_file_parts.h"
#include "core/study_file_refusals.h"

namespace studyhall {

namespace {

constexpr std::int64_t kMaxTrials = 1'000'000'000;

template <typename T>
void put_limit(Json& json, const char* name, const std::optional<T>& limit) {
  if (limit) json[name] = *limit;
}

std::map<std::string, std::int64_t> read_running_by_tag(const JsonField& field) {
  std::map<std::string, std::int64_t> limits;
  const auto members = field.members("an object of tags and how many may run");
  if (!members) return limits;
  for (const auto& [tag, item] : *members) {
    if (!is_valid_name(tag)) {
      item.report(fmt::format(
          "found the tag {}, expected 1 to 64 of A-Z a-z 0-9 . _ -, not beginning with '.' or '-'",
          brief(Json(tag))));
    } else if (const auto most = item.integer(1, kMaxTrials)) {
      limits[tag] = *most;
    }
  }
  return limits;
}

}  // namespace

Limits read_limits(const JsonField& field, LimitsOf whose) {
  Limits limits;
  ObjectReader object(field);
  const auto amount = [&object](std::string_view name) {
    return object.field(name).number("a number above 0", [](double x) { return x > 0; });
  };
  limits.trials = object.field("trials").integer(1, kMaxTrials);
  limits.failures = object.field("failures").integer(1, kMaxTrials);
  limits.running = object.field("running").integer(1, kMaxTrials);
  if (whose == LimitsOf::Study) {
    limits.running_by_tag = read_running_by_tag(object.field("running_by_tag"));
  }
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
