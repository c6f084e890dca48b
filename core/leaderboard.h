// Which configurations are good, and how sure that is.
//
// Runs of one configuration are replicates. Configurations are ranked by the posterior mean of a
// hierarchical model, never by a mean of runs (means of runs that were chosen for being good are
// biased upwards):
//   y_ij ~ N(mu_i, s^2),  mu_i ~ N(m, tau^2),  s^2 pooled over the replicated configurations.
// Where nothing is replicated s^2 is unknown: then mean, stderr, interval and p_best are absent and
// the rank is that of the values themselves.
//
// With several objectives each is modelled alone, and configurations are ranked by non-domination
// of their posterior means, or of their values where there are none: rank 1 is the Pareto front.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/study_spec.h"

namespace studyhall {

// One evaluated run. `group` is equal exactly for replicates of each other.
struct Run {
  std::int64_t number = -1;
  std::string group;  // config hash
  double value = 0;   // finite or infinite, never NaN
  bool feasible = true;
  std::vector<double> values = {};  // [objectives] where there are several
};

struct LeaderRow {
  int rank = 0;              // 1, 2, ...; infeasible configurations come after all feasible ones
  std::int64_t number = -1;  // the group's earliest run
  std::vector<std::int64_t> runs;  // ascending
  double value = 0;                // the best single run
  int n = 0;                       // runs
  std::optional<double> mean;      // posterior mean of mu_i
  std::optional<double> stderr_;   // posterior standard deviation of mu_i
  std::optional<std::pair<double, double>>
      interval;                  // 95 %, Student's t with the pooled degrees of freedom
  std::optional<double> p_best;  // probability that mu_i is the best of the feasible ones
  bool feasible = true;          // most of its runs are
  // Of several objectives, else empty: values of run `number`, posterior means where they are
  // known. Then value, mean, stderr_ and interval are the first objective's, p_best is absent.
  std::vector<double> values;  // [objectives]
  std::vector<double> means;   // [objectives], or none
};

// All configurations, best first; ties go to the earlier number. The result depends on the runs
// alone, not on their order.
std::vector<LeaderRow> leaderboard(Direction direction, std::span<const Run> runs);

// The same for several objectives: all configurations by rank, those of one rank by the first
// objective, best first. Infeasible ones have ranks of their own, after the feasible ones.
// REQUIRES: runs have `values`, one for each direction.
std::vector<LeaderRow> pareto_leaderboard(std::span<const Direction> directions,
                                          std::span<const Run> runs);

}  // namespace studyhall
