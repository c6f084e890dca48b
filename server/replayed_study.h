// A study made again from its events, one after the other.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/asker.h"
#include "server/study_model.h"

namespace studyhall::server {

// Where what was replayed departs from what stands in the events or the tables.
struct Difference {
  std::int64_t event = 0;    // its sequence; 0: found in the tables
  std::int64_t number = -1;  // of the trial; -1: of none
  std::string what;          // "params", "state", "the leader", ...
  std::string expected;      // as the replay has it
  std::string found;         // as it is written
};

struct SuggestionCount {
  std::int64_t checked = 0;  // drawn again
  std::int64_t equal = 0;    // to the last bit
  std::int64_t elsewhere =
      0;  // drawn by another level of CPU or version of the sampler: not checked
};

// Applies events to a StudyModel by the changes that made them; what these say happened, and what
// they say follows (a new leader, a quarantine, dependents that fail), is compared with the events.
class ReplayedStudy {
 public:
  // `asks`: of every Asked event its as_of, trial and worker, in their order; `draw`: whether to
  // draw again what it handed out.
  struct Ask {
    std::int64_t event = 0;
    std::int64_t as_of = 0;
    std::int64_t number = -1;
    std::string worker;
    bool draw = true;
  };
  struct Redrawn {
    AskSnapshot ask;
    std::optional<Draw> draw;  // absent: the trial had all its values, or no draw was wanted
  };
  // REQUIRES: `created` is the study's first event.
  ReplayedStudy(const Event& created, std::vector<Ask> asks);

  // The next event. Throws Error(Unsupported) for one of an earlier build, which lacks what a
  // replay needs, naming it; Error(Corrupt) for one that cannot follow those before it.
  void take(const Event& event);

  [[nodiscard]] const StudyModel& model() const { return model_; }
  [[nodiscard]] const std::vector<Difference>& differences() const { return differences_; }
  [[nodiscard]] const SuggestionCount& suggestions() const { return suggestions_; }
  // Decisions of the pruner that were made again; those that differ are differences.
  [[nodiscard]] std::int64_t prunings() const { return prunings_; }
  // What was drawn for the Asked event of that sequence; null before its as_of was taken, and after
  // the event itself was.
  [[nodiscard]] const Redrawn* redrawn(std::int64_t event) const;

 private:
  std::vector<storage::Change> apply(const Event& event);
  std::vector<storage::Change> apply_asked(const Event& event);
  std::vector<storage::Change> apply_enqueued(const Event& event);
  std::vector<storage::Change> apply_told(const Event& event);
  std::vector<storage::Change> apply_reported(const Event& event);
  std::vector<storage::Change> apply_foreign(const Event& event);
  std::vector<storage::Change> apply_edited(const Event& event);
  std::vector<storage::Change> apply_to_worker(const Event& event);
  std::vector<storage::Change> apply_insight(const Event& event);
  void redraw();
  void check_suggestion(const Event& event, const Redrawn& again);
  // `again` and `event` are the same event, as it was made again and as it is written.
  void compare(const Event& again, const Event& event);
  void differ(const Event& event, std::string what, std::string expected, std::string found);

  StudyModel model_;
  std::vector<Ask> asks_;
  std::size_t next_ask_ = 0;
  std::map<std::int64_t, Redrawn> redrawn_;  // by sequence of the Asked event
  Asker asker_;
  std::deque<Event> expected_;  // that follow from what was applied
  std::vector<Difference> differences_;
  SuggestionCount suggestions_;
  std::int64_t prunings_ = 0;
};

}  // namespace studyhall::server
