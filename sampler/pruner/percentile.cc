#include "sampler/pruner/percentile.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace studyhall::sampler::pruner {

double percentile_of(std::vector<double> values, double percentile) {
  const double at = static_cast<double>(values.size() - 1) * (percentile / 100);
  const double share = at - std::floor(at);
  const auto k = static_cast<std::ptrdiff_t>(at);
  std::nth_element(values.begin(), values.begin() + k, values.end());
  const double below = values[static_cast<std::size_t>(k)];
  if (share == 0) return below;
  const double above = *std::min_element(values.begin() + k + 1, values.end());
  const double gap = above - below;
  return share >= 0.5 ? above - gap * (1 - share) : below + gap * share;
}

bool is_below_percentile(const PercentileOptions& options, const Task& task) {
  const auto& values = task.trial.intermediate;
  const std::int64_t step = values.rbegin()->first;
  if (step < options.n_warmup_steps) return false;
  if (!is_first_in_interval(values, options.n_warmup_steps, options.interval_steps)) return false;

  std::int64_t complete = 0;
  std::int64_t reported = 0;
  std::vector<double> others;
  for (const Trial& trial : task.trials) {
    if (trial.state != TrialState::Complete || trial.number == task.trial.number) continue;
    ++complete;
    const auto found = trial.intermediate.find(step);
    if (found == trial.intermediate.end()) continue;
    ++reported;
    if (!std::isnan(found->second)) others.push_back(found->second);
  }
  if (complete == 0 || complete < options.n_startup_trials) return false;

  double best = kInactive;
  for (const auto& [at, value] : values) {
    if (std::isnan(best) || is_better(task.direction, value, best)) best = value;
  }
  if (std::isnan(best)) return true;
  if (reported < options.n_min_trials || others.empty()) return false;
  const bool maximize = task.direction == Direction::Maximize;
  const double bound =
      percentile_of(std::move(others), maximize ? 100 - options.percentile : options.percentile);
  return is_better(task.direction, bound, best);
}

}  // namespace studyhall::sampler::pruner
