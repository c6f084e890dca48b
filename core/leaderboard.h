// Which configurations are good, and how sure that is.
//
// Runs of one configuration are replicates. Configurations are ranked by the posterior mean of a
// hierarchical model, never by a mean of runs (means of runs that were chosen for being good are
// biased upwards):
//   y_ij ~ N(mu_i, s^2),  mu_i ~ N(m, tau^2)  (core/hierarchical_model.h).
// Where nothing is replicated s^2 is unknown: then mean, stderr, interval and p_best are absent and
// the rank is that of the values themselves.
//
// With several objectives each is modelled alone, and configurations are ranked by non-domination
// of their posterior means, or of their values where there are none: rank 1 is the Pareto front.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/digest.h"
#include "core/hierarchical_model.h"
#include "core/study_spec.h"

namespace studyhall {

// One evaluated run. `group` is equal exactly for replicates of each other.
struct Run {
  std::int64_t number = -1;
  std::string group;  // config hash
  double value = 0;   // finite or infinite, never NaN
  bool feasible = true;
  std::vector<double> values = {};       // [objectives] where there are several
  std::vector<double> constraints = {};  // [study constraints], > 0 violated; empty: not known
  bool failed = false;  // for its configuration: no value; counts against being feasible
};

struct LeaderRow {
  int rank = 0;              // 1, 2, ...; infeasible configurations come after all feasible ones
  std::int64_t number = -1;  // the group's earliest run
  std::vector<std::int64_t> runs;                     // ascending
  double value = 0;                                   // the best single run
  int n = 0;                                          // runs
  std::optional<double> mean;                         // posterior mean of mu_i
  std::optional<double> stderr_;                      // posterior standard deviation of mu_i
  std::optional<std::pair<double, double>> interval;  // 95 %: the posterior's own quantiles
  std::optional<double> p_best;  // probability that mu_i is the best of the feasible ones
  // The mean of each constraint over the runs is within its bound (where a run's constraints are
  // not known: most runs are feasible), and fewer runs failed for the configuration than did not.
  bool feasible = true;
  // That the true means of the constraints are within their bounds, times the share of runs that
  // did not fail; absent while the constraints' noise is unknown.
  std::optional<double> p_feasible;
  bool confirmed = true;
  std::int64_t confirmed_by = -1;  // the run that did it
  bool raw_best = false;           // has the best value of the feasible ones
  // Of several objectives, else empty: values of run `number`, posterior means where they are
  // known. Then value, mean, stderr_ and interval are the first objective's, p_best is absent.
  std::vector<double> values;  // [objectives]
  std::vector<double> means;   // [objectives], or none
};

// What makes a configuration count as confirmed: `replicates` runs besides the first, or, of a
// challenger, as many as make it clear that it is better than the leader.
struct ConfirmRule {
  int replicates = 0;   // 0: every configuration counts as confirmed
  double clear = 0.95;  // probability to be better than the leader
};

// The leaderboard of one objective, kept up to date run by run.
class Leaderboard {
 public:
  static constexpr std::size_t kAll = static_cast<std::size_t>(-1);

  explicit Leaderboard(Direction direction, ConfirmRule rule = {});

  // A run that failed for its configuration has no value.
  void add(const Run& run);

  // The feasible configuration with the best posterior mean, confirmed or not, of those whose
  // earliest run `accept` accepts (an empty one accepts all).
  [[nodiscard]] std::optional<LeaderRow> best(
      const std::function<bool(std::int64_t)>& accept = {}) const;
  // The best of those that are feasible and confirmed.
  [[nodiscard]] std::optional<LeaderRow> leader() const;
  // The feasible ones that are not confirmed, best first, at most `most`.
  [[nodiscard]] std::vector<LeaderRow> unconfirmed(std::size_t most) const;
  // nullopt for a group that has no result.
  [[nodiscard]] std::optional<LeaderRow> find(const std::string& group) const;
  // That the first is truly better; 1/2 where nothing is known. REQUIRES: rows of this leaderboard.
  [[nodiscard]] double probability_better(const LeaderRow& first, const LeaderRow& second) const;
  // The `top` best rows: feasible ones first, of them confirmed ones first, those by posterior mean
  // (by the value where nothing is replicated); ties go to the earlier number. The raw best follows
  // where it is not among them.
  [[nodiscard]] std::vector<LeaderRow> rows(std::size_t top = kAll) const;

 private:
  // The runs of one configuration, where there is more to say than of a single run.
  struct Runs {
    std::vector<std::int64_t> numbers;  // ascending
    std::vector<double> values;         // as told, in the order in which they came
    std::vector<double> constraints;    // means over the `known` runs
    double best = 0;                    // value, larger is better
    GroupSummary summary{};             // scaled; larger is better
    bool has_worst = false;             // an infinite value of the bad sign
    bool has_best = false;
    int feasible = 0;
    int known = 0;  // runs whose constraints are known
    int failed = 0;
    bool clear = false;  // confirmed early
    std::int64_t confirmed_by = -1;
  };
  // One configuration. Of very many most have one run with a finite value and no constraints.
  struct Group {
    Digest key;
    std::int64_t number = -1;  // of the single run; -1: none
    double value = 0;          // of the single run, larger is better
    bool single_feasible = false;
    std::unique_ptr<Runs> runs{};  // null: a single run

    [[nodiscard]] int n() const { return runs ? static_cast<int>(runs->values.size()) : 1; }
    [[nodiscard]] std::int64_t first() const { return runs ? runs->numbers.front() : number; }
    [[nodiscard]] double best() const { return runs ? runs->best : value; }
    [[nodiscard]] bool has_worst() const { return runs && runs->has_worst; }
    [[nodiscard]] bool has_best() const { return runs && runs->has_best; }
    [[nodiscard]] bool in_model() const { return !has_worst() && !has_best(); }
    [[nodiscard]] int failed() const { return runs ? runs->failed : 0; }
  };

  // Of the group of that name, which may be a new one.
  std::size_t position_of(const std::string& group);
  // Whether a group's first run needs no Runs.
  [[nodiscard]] static bool is_single(const Run& run);
  // Gives the group its Runs, where it has none.
  void unfold(Group& group) const;
  [[nodiscard]] double scaled(double value) const;
  void summarise(Runs& runs) const;
  // Of a group in the model.
  [[nodiscard]] GroupSummary summary(const Group& group) const;
  void rescale(Group& group, double value);
  void add_constraints(Runs& runs, const Run& run);
  [[nodiscard]] bool feasible(const Group& group) const;
  [[nodiscard]] std::optional<double> p_feasible(const Group& group) const;
  [[nodiscard]] bool confirmed(const Group& group) const;
  // The model, fitted again when there are 1 % more groups or repeats than the last time, so that
  // the cost of a run does not grow with their number.
  [[nodiscard]] const HierarchicalFit* fit() const;
  [[nodiscard]] bool is_stale() const;
  // What ranks a group, larger is better: its posterior mean, scaled; its best value where s^2 is
  // unknown.
  [[nodiscard]] double key(const Group& group) const;
  // From the model's scale and sign.
  [[nodiscard]] double unscaled(double value) const;
  [[nodiscard]] LeaderRow row(const Group& group) const;
  // The group with the largest key of some, ties to the earlier number; kAll: of none.
  struct First {
    std::size_t position = kAll;
    double key = 0;
  };
  struct Firsts {
    First feasible;
    First confirmed;  // and feasible
  };
  [[nodiscard]] bool may_lead(const Group& group) const;
  void consider(std::size_t position, First& first) const;
  template <typename Accept>
  [[nodiscard]] First first(Accept accept) const;
  // Looked for among all groups only after the model was fitted again or a first fell back.
  [[nodiscard]] const Firsts& firsts() const;
  void update_firsts(std::size_t position);
  [[nodiscard]] std::optional<LeaderRow> row_of(const First& first) const;

  double sign_;  // -1: to be minimised
  ConfirmRule rule_;
  std::vector<Group> groups_;
  DigestIndex positions_;                   // of groups_
  int exponent_;                            // the model sees values divided by two to this
  std::vector<double> constraint_squares_;  // about the groups' means, pooled
  int constraint_df_ = 0;
  int repeats_ = 0;  // runs besides the first of each group
  int largest_ = 0;  // runs of one group
  // When the model was last fitted.
  struct Fitted {
    std::size_t groups = 0;
    int repeats = -1;  // -1: never in this scale
    int largest = 0;
  };
  mutable Fitted fitted_;
  mutable std::optional<HierarchicalFit> fit_;
  mutable std::optional<Firsts> firsts_;
};

// All configurations, best first. The result depends on the runs alone, not on their order.
std::vector<LeaderRow> leaderboard(Direction direction, std::span<const Run> runs);

// The same for several objectives: all configurations by rank, those of one rank by the first
// objective, best first. Infeasible ones have ranks of their own, after the feasible ones.
// REQUIRES: runs have `values`, one for each direction.
std::vector<LeaderRow> pareto_leaderboard(std::span<const Direction> directions,
                                          std::span<const Run> runs);

}  // namespace studyhall
