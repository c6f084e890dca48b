#include "tests/fuzz/entry_points.h"

#include <functional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/expression.h"
#include "core/json.h"
#include "core/space.h"
#include "core/study_api_json.h"
#include "core/study_spec.h"
#include "tests/fuzz/must.h"

namespace studyhall::fuzz {
namespace {

constexpr std::size_t kMaxValues = 200'000;

// What was understood is written so that it is understood again, as the same.
template <typename Parse>
void read_again(const Json& json, const Parse& parse) {
  const Json once = to_json(parse(json));
  must(to_json(parse(parse_json(dump_json(once), "message"))) == once, "a message is kept");
}

const std::vector<std::function<void(const Json&)>>& readers() {
  static const std::vector<std::function<void(const Json&)>> kReaders{
      [](const Json& json) { read_again(json, ask_request_from_json); },
      [](const Json& json) { read_again(json, tell_request_from_json); },
      [](const Json& json) { read_again(json, report_request_from_json); },
      [](const Json& json) { read_again(json, enqueue_request_from_json); },
      [](const Json& json) { read_again(json, park_request_from_json); },
      [](const Json& json) { read_again(json, personal_request_from_json); },
      [](const Json& json) { read_again(json, insight_request_from_json); },
      [](const Json& json) { read_again(json, task_request_from_json); },
      [](const Json& json) { read_again(json, task_tell_from_json); }};
  return kReaders;
}

}  // namespace

void study_file(std::string_view bytes) {
  try {
    const auto spec =
        parse_study_spec(parse_json(bytes, "study file", Comments::Allow, kMaxValues), 7);
    const auto again = parse_study_spec(spec->resolved, 8);
    must(again->resolved == spec->resolved, "a resolved study file is kept");
  } catch (const Error&) {
  }
}

// The first byte chooses the message, the others are its body.
void messages(std::string_view bytes) {
  if (bytes.empty()) return;
  const std::size_t which = static_cast<unsigned char>(bytes.front()) % readers().size();
  try {
    readers()[which](parse_json(bytes.substr(1), "request body", Comments::Refuse, kMaxValues));
  } catch (const Error&) {
  }
}

void expression(std::string_view bytes) {
  static const auto kSpec = parse_study_spec(Json::parse(R"({"name": "s", "direction": "maximize",
      "seed": 1, "params": {"x": {"type": "float", "low": 0, "high": 1},
      "n": {"type": "int", "low": 1, "high": 9}, "c": {"type": "categorical", "choices": ["a", "b"]},
      "k": {"type": "categorical", "choices": [1, 2.5]}}})"));
  try {
    const Expression parsed = Expression::parse(bytes, kSpec->space.params());
    const std::vector<double> config{0.5, 3, 1, 0};
    const bool holds = parsed.holds(config);
    const Expression again = Expression::parse(parsed.text(), kSpec->space.params());
    must(again.holds(config) == holds, "an expression is kept");
  } catch (const Error&) {
  }
}

}  // namespace studyhall::fuzz
