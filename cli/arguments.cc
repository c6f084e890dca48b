#include "cli/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>

#include "core/error.h"
#include "core/priority.h"

namespace studyhall::cli {

namespace {

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<double> to_number(std::string text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.erase(0, 1);
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

bool looks_negative(const std::string& word) {
  if (word.size() < 2 || word[0] != '-') return false;
  if (std::isdigit(static_cast<unsigned char>(word[1])) != 0 || word[1] == '.') return true;
  std::string rest = word.substr(1);
  std::transform(rest.begin(), rest.end(), rest.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return rest == "inf" || rest == "infinity" || rest == "nan";
}

}  // namespace

double parse_number(const std::string& text, const std::string& what) {
  const std::optional<double> value = to_number(trimmed(text));
  if (!value)
    throw Error(ErrorCode::Invalid, fmt::format("{}: \"{}\" is not a number", what, trimmed(text)));
  if (!std::isfinite(*value))
    throw Error(ErrorCode::Invalid,
                fmt::format("{}: {} is refused, only finite numbers count as results", what,
                            trimmed(text)));
  return *value;
}

std::chrono::milliseconds parse_span(const std::string& text, const std::string& what) {
  constexpr double kYear = 365.0 * 24 * 3600;
  const auto refuse = [&]() -> Error {
    return Error(ErrorCode::Invalid,
                 fmt::format("{}: \"{}\", expected a time such as 90s, 15m or 2h", what, text));
  };
  if (text.empty()) throw refuse();
  const char unit = text.back();
  const double scale = unit == 's' ? 1 : unit == 'm' ? 60 : unit == 'h' ? 3600 : 0;
  if (scale == 0) throw refuse();
  const double seconds = parse_number(text.substr(0, text.size() - 1), what) * scale;
  if (!(seconds > 0 && seconds <= kYear)) throw refuse();
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

double parse_priority(const std::string& text) {
  if (const auto named = priority_from_name(text)) return *named;
  return parse_number(text, "--priority");
}

std::int64_t parse_integer(const std::string& text, const std::string& what, std::int64_t least) {
  const std::string word = trimmed(text);
  std::int64_t value = 0;
  const char* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc() || stop != end || value < least)
    throw Error(ErrorCode::Invalid,
                fmt::format("{}: \"{}\" is not a whole number of at least {}", what, word, least));
  return value;
}

std::pair<std::string, std::string> split_assignment(const std::string& text,
                                                     const std::string& what) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw Error(ErrorCode::Invalid,
                fmt::format("{}: \"{}\" is not of the form name=value", what, text));
  return {text.substr(0, equals), text.substr(equals + 1)};
}

Json parse_parameter(const Json& spec, const std::string& name, const std::string& text) {
  const Json::json_pointer place = Json::json_pointer() / "params" / name / "choices";
  if (spec.contains(place)) {
    for (const Json& choice : spec.at(place)) {
      const bool spelt =
          choice.is_string() ? choice.get<std::string>() == text : dump_json(choice) == text;
      if (spelt) return choice;
    }
  }
  std::int64_t whole = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, whole);
  if (error == std::errc() && stop == end) return whole;
  if (const std::optional<double> value = to_number(text); value && std::isfinite(*value))
    return *value;
  return text;
}

std::vector<std::string> protect_negative_numbers(std::vector<std::string> args,
                                                  const std::string& command) {
  const auto begin = std::find(args.begin(), args.end(), command);
  const auto end = std::find(begin, args.end(), "--");
  for (auto word = begin; word != end; ++word)
    if (looks_negative(*word)) word->insert(0, 1, ' ');
  return args;
}

}  // namespace studyhall::cli
