// Who leads a study, kept up to date result by result.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/leaderboard.h"
#include "core/pareto.h"
#include "core/rng.h"
#include "core/study_spec.h"
#include "core/trial.h"
#include "server/trial_table.h"

namespace studyhall::server {

// What a result did to those in the lead: the leader, or with several objectives the Pareto front.
struct LeadChange {
  std::vector<std::int64_t> joined;  // ascending
  std::vector<std::int64_t> left;    // ascending
};

// The configuration that focused workers hold the rest of the space at.
struct Pin {
  std::int64_t number = -1;  // its trial; -1: nothing was evaluated yet, `config` is the default
  std::int64_t version = 0;  // counts the changes
  Config config;             // [space.size()], a value for every parameter, active or not
};

// The configurations run under an experiment version that is not the study's present one.
struct OlderVersion {
  std::string version;
  Leaderboard board;
};

// Results are added in the order in which they were told, so that the pin's versions, the values of
// its inactive parameters, and what was confirmed early, are a function of the study's events.
class Standing {
 public:
  explicit Standing(const StudySpec& spec);

  // Takes in a trial that is Complete, or Fail for its configuration. `group`: config_hash of its
  // configuration. One without the values of the study's constraints, as another program may write
  // it, is not feasible. One of an older experiment version never leads; one whose version is not
  // known counts as of the present one. Where the study asks for attested scores, others are left
  // out.
  // `trials` of the study, the one added among them.
  LeadChange add(const Trial& trial, const std::string& group, const TrialTable& trials);

  // The best feasible configuration by posterior mean, or where the study's sampler says so
  // ("incumbent": "observed") that of the best value told, confirmed or not (of an older version
  // while there is none), or a member of the front drawn by `rng`. Where none of the
  // parameters `wanted` (positions) is active there: the best feasible configuration in which one
  // is, if there is any; with several objectives one of the best rank.
  [[nodiscard]] Pin pin(const SearchSpace& space, const TrialTable& trials,
                        std::span<const std::size_t> wanted, Rng& rng) const;
  // The best configuration that is feasible and confirmed, by its earliest run, of equally good
  // ones that with the lowest number, as in rows(); absent while there is none, and with several
  // objectives.
  [[nodiscard]] const std::optional<LeaderRow>& leader() const { return leader_; }
  // The same, confirmed or not.
  [[nodiscard]] const std::optional<LeaderRow>& best() const { return best_; }
  // Of several objectives: the feasible configurations that none dominates, by their earliest runs,
  // ascending.
  [[nodiscard]] const std::vector<std::int64_t>& front() const { return front_; }
  // Every configuration of the present version, best first; of one objective at most `top`.
  [[nodiscard]] std::vector<LeaderRow> rows(std::size_t top = Leaderboard::kAll) const;
  // Of one objective: the configurations of the present version, and of older ones in the order of
  // their first results.
  [[nodiscard]] const Leaderboard& board() const { return board_; }
  [[nodiscard]] const std::vector<OlderVersion>& older() const { return older_; }

 private:
  [[nodiscard]] bool several() const { return directions_.size() > 1; }
  LeadChange add_to_front(const Run& run, const TrialTable& trials);
  LeadChange add_to_board(const Run& run, const TrialTable& trials);
  void add_older(const Run& run, const std::string& version, const TrialTable& trials);
  [[nodiscard]] bool is_best_run(const Run& run) const;
  void move_pin(std::int64_t number, const TrialTable& trials);
  void update_front(const Run& run);
  // The configurations among which a pin with one of `wanted` active is chosen.
  [[nodiscard]] std::vector<std::int64_t> pinnable(const SearchSpace& space,
                                                   const TrialTable& trials,
                                                   std::span<const std::size_t> wanted) const;

  std::vector<Direction> directions_;
  std::size_t constraints_;  // of the study
  bool attested_only_;       // what nobody attests leads nothing
  bool pin_observed_;        // the pin follows the best value, not the best mean
  ConfirmRule rule_;
  std::string version_;
  Leaderboard board_;
  std::vector<OlderVersion> older_;
  std::optional<LeaderRow> leader_;
  std::optional<LeaderRow> best_;
  std::optional<Run> best_run_;  // feasible, of the best value alone; of equal ones the first
  Pin pin_;  // of the best; of several objectives: version, and each parameter's last value

  // With several objectives.
  std::vector<Run> runs_;
  std::map<std::string, int> runs_of_;  // group -> runs
  bool replicated_ = false;
  std::vector<std::int64_t> front_;
  std::map<std::int64_t, Losses> front_losses_;  // while nothing is replicated
};

}  // namespace studyhall::server
