#include "core/study_api_json_reader.h"

#include <fmt/format.h>

#include <limits>

namespace studyhall {

JsonField MessageReader::field(std::string_view name) {
  JsonField field = object_.field(name);
  if (field && field.json().is_null()) return {nullptr, field.path(), &problems_};
  return field;
}

void MessageReader::finish_request() {
  object_.close();
  throw_problems();
}

void MessageReader::finish_answer() { throw_problems(); }

void MessageReader::throw_problems() {
  if (!problems_.empty()) throw Error::from_problems(ErrorCode::Malformed, subject_, problems_);
}

Json number_or_name(double value) {
  if (std::isfinite(value)) return value;
  if (std::isnan(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

std::optional<double> read_number_or_name(const JsonField& field) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (field && field.json() == "inf") return kInfinity;
  if (field && field.json() == "-inf") return -kInfinity;
  if (field && field.json() == "nan") return std::numeric_limits<double>::quiet_NaN();
  return field.number("a number, \"inf\" or \"-inf\"");
}

std::optional<Timestamp> read_time(const JsonField& field) {
  constexpr std::string_view kExpected = "a time such as \"2026-03-01T12:00:00.000000Z\"";
  const auto text = field.string(kExpected);
  if (!text) return std::nullopt;
  const auto time = parse_utc(*text);
  if (!time) field.report_expected(kExpected);
  return time;
}

std::map<std::string, double> read_metrics(const JsonField& field) {
  std::map<std::string, double> metrics;
  const auto members = field.members("an object of metrics and numbers");
  if (!members) return metrics;
  for (const auto& [name, item] : *members) {
    if (name.empty()) item.report("a metric needs a name");
    put(metrics[name], item.number());
  }
  return metrics;
}

Usage read_usage(const JsonField& field) {
  Usage usage;
  if (!field) return usage;
  ObjectReader object(field);
  const auto amount = [&object](std::string_view name) {
    return object.field(name).number("a number of at least 0", [](double x) { return x >= 0; });
  };
  usage.cost_usd = amount("cost_usd");
  usage.turns = object.field("turns").integer(0);
  usage.tokens = object.field("tokens").integer(0);
  usage.seconds = amount("seconds");
  object.close();
  return usage;
}

std::vector<std::int64_t> read_numbers(const JsonField& field, std::string_view expected) {
  std::vector<std::int64_t> numbers;
  if (const auto items = field.list(expected)) {
    for (const JsonField& item : *items) {
      if (const auto number = item.integer(0)) numbers.push_back(*number);
    }
  }
  return numbers;
}

}  // namespace studyhall
