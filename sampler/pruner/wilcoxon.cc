#include "sampler/pruner/wilcoxon.h"

#include <algorithm>
#include <cmath>

#include "core/signed_rank.h"

namespace studyhall::sampler::pruner {
namespace {

bool all_finite(const std::map<std::int64_t, double>& values) {
  return std::all_of(values.begin(), values.end(),
                     [](const auto& entry) { return std::isfinite(entry.second); });
}

double mean(const std::map<std::int64_t, double>& values) {
  double sum = 0;
  for (const auto& [step, value] : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// The feasible complete trial with the best value, of equal ones the first.
const Trial* best_trial(const Task& task) {
  const Trial* best = nullptr;
  for (const Trial& trial : task.trials) {
    if (trial.state != TrialState::Complete || trial.values.size() != 1) continue;
    if (std::any_of(trial.constraints.begin(), trial.constraints.end(),
                    [](double violation) { return violation > 0; })) {
      continue;
    }
    if (best == nullptr || is_better(task.direction, trial.values.front(), best->values.front())) {
      best = &trial;
    }
  }
  return best;
}

}  // namespace

bool is_surely_worse(const WilcoxonOptions& options, const Task& task) {
  const auto& values = task.trial.intermediate;
  if (!all_finite(values)) return false;
  const Trial* best = best_trial(task);
  if (best == nullptr || best->intermediate.empty() || !all_finite(best->intermediate)) {
    return false;
  }
  // Positive where this trial is worse.
  const double sign = task.direction == Direction::Maximize ? -1 : 1;
  std::vector<double> worse_by;
  for (const auto& [step, value] : values) {
    const auto found = best->intermediate.find(step);
    if (found != best->intermediate.end()) worse_by.push_back(sign * (value - found->second));
  }
  if (std::ssize(worse_by) < std::max<std::int64_t>(2, options.n_startup_steps)) return false;
  if (!is_better(task.direction, mean(best->intermediate), mean(values))) return false;
  return signed_rank_p_greater(worse_by) < options.p_threshold;
}

}  // namespace studyhall::sampler::pruner
