#include "client/occasion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/json.h"

namespace studyhall::client {
namespace {

constexpr std::array<int, 3> kLevels{50, 80, 100};
constexpr std::chrono::minutes kBetweenLimits{10};

Occasion occasion(OccasionKind kind, const std::string& study, const Event& event,
                  std::string text) {
  return {kind, study, event.sequence, event.time, std::move(text), event.body, {}};
}

std::string score_of(const Json& body) {
  const char* key = body.contains("mean") && body["mean"].is_number() ? "mean" : "value";
  const auto score = body.find(key);
  if (score == body.end() || !score->is_number()) return "?";
  return fmt::format("{:.6g}", score->get<double>());
}

std::string number_of(const Json& body) { return dump_json(body.value("number", Json())); }

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// Results of the runs themselves: what a person or a dependency ended is no failure of theirs.
bool is_failure(const Json& body) {
  const std::string reason = body.value("reason", "config");
  return body.value("state", "") == "failed" &&
         (reason == "config" || reason == "infra" || reason == "declined");
}

void read_result(const std::string& study, const Event& event, int streak, OccasionCursor& cursor,
                 std::vector<Occasion>& found) {
  if (event.body.value("state", "") == "complete" || event.body.value("state", "") == "pruned")
    cursor.failures = 0;
  if (!is_failure(event.body) || ++cursor.failures != streak) return;
  Occasion made =
      occasion(OccasionKind::FailureStreak, study, event,
               fmt::format("{} trials in a row failed, trial {} ({}) the last", cursor.failures,
                           number_of(event.body), event.body.value("reason", "config")));
  made.facts["failures"] = cursor.failures;
  found.push_back(std::move(made));
}

}  // namespace

Json to_json(const OccasionCursor& cursor) {
  return {{"sequence", cursor.sequence},
          {"failures", cursor.failures},
          {"levels", cursor.levels},
          {"limited", cursor.limited ? Json(format_utc(*cursor.limited)) : Json()},
          {"finished", cursor.finished}};
}

OccasionCursor cursor_from_json(const Json& json) {
  OccasionCursor cursor;
  cursor.sequence = json.value("sequence", cursor.sequence);
  cursor.failures = json.value("failures", cursor.failures);
  cursor.levels = json.value("levels", cursor.levels);
  if (json.contains("limited") && json["limited"].is_string())
    cursor.limited = parse_utc(json["limited"].get<std::string>());
  cursor.finished = json.value("finished", cursor.finished);
  return cursor;
}

std::vector<Occasion> read_event(const std::string& study, const Event& event, int streak,
                                 OccasionCursor& cursor) {
  std::vector<Occasion> found;
  cursor.sequence = event.sequence;
  switch (event.kind) {
    case EventKind::NewBest:
      found.push_back(occasion(
          OccasionKind::NewBest, study, event,
          fmt::format("new best {} (trial {})", score_of(event.body), number_of(event.body))));
      break;
    case EventKind::Confirmed:
      found.push_back(occasion(OccasionKind::Confirmed, study, event,
                               fmt::format("the best is confirmed: {} (trial {})",
                                           score_of(event.body), number_of(event.body))));
      break;
    case EventKind::Told:
      read_result(study, event, streak, cursor, found);
      break;
    case EventKind::Parked:
    case EventKind::TaskParked:
      if (cursor.limited && event.time - *cursor.limited < kBetweenLimits) break;
      cursor.limited = event.time;
      found.push_back(occasion(
          OccasionKind::RateLimit, study, event,
          fmt::format("{} waits out a rate limit until {}", event.body.value("worker", "a worker"),
                      event.body.value("until", "?"))));
      break;
    case EventKind::QuestionAsked:
      found.push_back(
          occasion(OccasionKind::Question, study, event,
                   fmt::format("{} asks: {} (question {})", event.body.value("worker", "an agent"),
                               first_line(event.body.value("text", "")),
                               dump_json(event.body.value("id", Json())))));
      break;
    default:
      break;
  }
  for (Occasion& occasion : found) occasion.after = cursor;
  return found;
}

std::vector<Occasion> read_standing(const StudyInfo& info, Timestamp now, OccasionCursor& cursor) {
  std::vector<Occasion> found;
  const auto add = [&](OccasionKind kind, std::string text, Json facts) {
    found.push_back(
        {kind, info.name, cursor.sequence, now, std::move(text), std::move(facts), cursor});
  };
  for (const BudgetUse& use : info.budget) {
    if (use.bound <= 0 || use.limit == "failures") continue;
    const std::string whose = use.worker.empty() ? "" : use.worker + ": ";
    int& told = cursor.levels[use.worker + "/" + use.limit];
    int reached = 0;
    for (const int level : kLevels)
      if (use.used * 100 >= use.bound * level) reached = level;
    const int before = told;
    // Lower again where the limit was raised: then it is told anew.
    told = reached;
    if (reached > before)
      add(OccasionKind::Budget,
          fmt::format("{}{} % of the budget is used: {} {:.6g} of {:.6g}", whose, reached,
                      use.limit, use.used, use.bound),
          {{"worker", use.worker},
           {"limit", use.limit},
           {"level", reached},
           {"used", use.used},
           {"bound", use.bound}});
  }
  const bool is_finished = info.state != StudyState::Running;
  const bool was_finished = std::exchange(cursor.finished, is_finished);
  if (is_finished && !was_finished) {
    const std::string best = info.best_value
                                 ? fmt::format("; best {:.6g} (trial {})", *info.best_value,
                                               info.best_number.value_or(-1))
                                 : "";
    add(OccasionKind::Finished, fmt::format("{}{}", info.finished_because, best),
        {{"reason", info.finished_because},
         {"state", to_string(info.state)},
         {"best_number", info.best_number ? Json(*info.best_number) : Json()},
         {"best_value", info.best_value ? Json(*info.best_value) : Json()}});
  }
  return found;
}

}  // namespace studyhall::client
