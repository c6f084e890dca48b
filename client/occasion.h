// What is worth telling a person about a study, read from its events in order.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/event.h"
#include "core/hook_spec.h"
#include "core/study_api.h"

namespace studyhall::client {

// How far a study's events have been read, and what must be known of those before.
struct OccasionCursor {
  std::int64_t sequence = 0;            // of the last event that was read
  std::int64_t failures = 0;            // in a row
  std::map<std::string, int> levels{};  // per cent of each limit that were told
  std::optional<Timestamp> limited{};   // the last rate limit told
  bool finished = false;                // told
};

struct Occasion {
  OccasionKind kind = OccasionKind::NewBest;
  std::string study;
  std::int64_t event = 0;  // sequence of the event that made it so
  Timestamp time;
  std::string text;  // one line for people
  Json facts = Json::object();
  OccasionCursor after{};  // once it has been told
};

Json to_json(const OccasionCursor& cursor);
// What is missing keeps its default.
OccasionCursor cursor_from_json(const Json& json);

// What `event` is an occasion for; moves the cursor on to it.
std::vector<Occasion> read_event(const std::string& study, const Event& event, int streak,
                                 OccasionCursor& cursor);
// What the study as it stands after its last event is an occasion for: budgets, the end.
std::vector<Occasion> read_standing(const StudyInfo& info, Timestamp now, OccasionCursor& cursor);

}  // namespace studyhall::client
