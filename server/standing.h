// Who leads a study, kept up to date result by result.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/leaderboard.h"
#include "core/study_spec.h"
#include "core/trial.h"

namespace studyhall::server {

// The configuration that focused workers hold the rest of the space at.
struct Pin {
  std::int64_t number = -1;  // its trial; -1: nothing was evaluated yet, `config` is the default
  std::int64_t version = 0;  // counts the changes
  Config config;             // [space.size()], a value for every parameter, active or not
};

// Results are added in the order in which they were told, so that the pin's versions, and the
// values of its inactive parameters, are a function of the study's events.
class Standing {
 public:
  explicit Standing(const StudySpec& spec);

  // Takes in a Complete trial. `group`: config_hash of its configuration. One without the values of
  // the study's constraints, as another program may write it, is not feasible.
  void add(const Trial& trial, const std::string& group);

  [[nodiscard]] const Pin& pin() const { return pin_; }
  // pin(), unless none of the parameters `wanted` (positions) is active there: then the best
  // feasible configuration in which one is, if there is any.
  [[nodiscard]] Pin pin_with(const SearchSpace& space, std::span<const std::size_t> wanted) const;
  // The leader: the best feasible configuration's earliest run; absent while there is none.
  [[nodiscard]] const std::optional<LeaderRow>& leader() const { return leader_; }
  // Every configuration, best first.
  [[nodiscard]] std::vector<LeaderRow> rows() const;

 private:
  void update_leader(const Run& run);
  [[nodiscard]] bool better(double a, double b) const;

  Direction direction_;
  std::size_t constraints_;  // of the study
  std::vector<Run> runs_;
  std::map<std::string, int> runs_of_;  // group -> runs
  bool replicated_ = false;
  std::map<std::int64_t, Config> configs_;  // by trial number
  std::optional<LeaderRow> leader_;
  Pin pin_;
};

}  // namespace studyhall::server
