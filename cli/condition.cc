#include "cli/condition.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cli/arguments.h"
#include "cli/text.h"
#include "core/error.h"

namespace studyhall::cli {

namespace {

constexpr std::array<std::pair<std::string_view, Figure>, 8> kFigures{{
    {"best", Figure::Best},
    {"trials", Figure::Trials},
    {"complete", Figure::Complete},
    {"pruned", Figure::Pruned},
    {"failed", Figure::Failed},
    {"running", Figure::Running},
    {"waiting", Figure::Waiting},
    {"tasks", Figure::Tasks},
}};
// Longer ones first.
constexpr std::array<std::pair<std::string_view, Comparison>, 6> kComparisons{{
    {">=", Comparison::AtLeast},
    {"<=", Comparison::AtMost},
    {"==", Comparison::Equal},
    {">", Comparison::Above},
    {"<", Comparison::Below},
    {"=", Comparison::Equal},
}};

Error no_condition(const std::string& text) {
  return Error(ErrorCode::Invalid,
               fmt::format("--until: found \"{}\", expected finished, or best, trials, complete, "
                           "pruned, failed, running, waiting or tasks with >, >=, <, <= or = and a "
                           "number, as in 'best>1.2'",
                           printable(text)));
}

std::string without_blanks(std::string text) {
  std::erase(text, ' ');
  return text;
}

double count_in(const std::map<std::string, std::int64_t>& counts, const char* state) {
  const auto found = counts.find(state);
  return found == counts.end() ? 0 : static_cast<double>(found->second);
}

std::optional<double> value_of(Figure figure, const StudyInfo& info) {
  switch (figure) {
    case Figure::Best:
      return info.best_value;
    case Figure::Trials:
      return count_in(info.counts, "complete") + count_in(info.counts, "pruned");
    case Figure::Complete:
      return count_in(info.counts, "complete");
    case Figure::Pruned:
      return count_in(info.counts, "pruned");
    case Figure::Failed:
      return count_in(info.counts, "failed");
    case Figure::Running:
      return count_in(info.counts, "running");
    case Figure::Waiting:
      return count_in(info.counts, "waiting");
    case Figure::Tasks:
      return count_in(info.tasks, "waiting") + count_in(info.tasks, "running");
    case Figure::Finished:
      break;
  }
  return std::nullopt;
}

}  // namespace

Condition parse_condition(const std::string& given) {
  const std::string text = without_blanks(given);
  if (text == "finished") return {};
  const std::size_t end = text.find_first_of("<>=");
  if (end == std::string::npos) throw no_condition(given);
  const auto figure = std::ranges::find(kFigures, std::string_view(text).substr(0, end),
                                        &std::pair<std::string_view, Figure>::first);
  if (figure == kFigures.end()) throw no_condition(given);
  const std::string rest = text.substr(end);
  for (const auto& [sign, comparison] : kComparisons)
    if (rest.starts_with(sign))
      return {figure->second, comparison,
              parse_number(rest.substr(sign.size()), "--until " + printable(given))};
  throw no_condition(given);
}

bool is_over(const StudyInfo& info) {
  return info.state != StudyState::Running && count_in(info.counts, "running") == 0;
}

bool holds(const Condition& condition, const StudyInfo& info) {
  if (condition.figure == Figure::Finished) return is_over(info);
  const std::optional<double> value = value_of(condition.figure, info);
  if (!value) return false;
  switch (condition.comparison) {
    case Comparison::Above:
      return *value > condition.bound;
    case Comparison::AtLeast:
      return *value >= condition.bound;
    case Comparison::Below:
      return *value < condition.bound;
    case Comparison::AtMost:
      return *value <= condition.bound;
    case Comparison::Equal:
      return *value == condition.bound;
  }
  return false;
}

}  // namespace studyhall::cli
