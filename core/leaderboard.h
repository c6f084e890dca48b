// Which configurations are good, and how sure that is.
//
// Runs of one configuration are replicates. Configurations are ranked by the posterior mean of a
// hierarchical model, never by a mean of runs (means of runs that were chosen for being good are
// biased upwards):
//   y_ij ~ N(mu_i, s^2),  mu_i ~ N(m, tau^2),  s^2 pooled over the replicated configurations.
// Where nothing is replicated s^2 is unknown: then mean, stderr, interval and p_best are absent and
// the rank is that of the values themselves.
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
};

// All configurations, best first; ties go to the earlier number. The result depends on the runs
// alone, not on their order.
std::vector<LeaderRow> leaderboard(Direction direction, std::span<const Run> runs);

}  // namespace studyhall
