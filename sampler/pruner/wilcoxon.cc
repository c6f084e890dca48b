#include "sampler/pruner/wilcoxon.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace studyhall::sampler::pruner {
namespace {

constexpr std::size_t kMostExact = 50;

struct Ranked {
  double positive = 0;        // rank sum of the positive differences and half of the zeros
  double tie_correction = 0;  // sum of t^3 - t over the groups of t equal absolute differences
  bool has_zero = false;
};

Ranked rank(std::vector<double> differences) {
  std::sort(differences.begin(), differences.end(),
            [](double a, double b) { return std::abs(a) < std::abs(b); });
  Ranked ranked;
  for (std::size_t begin = 0; begin < differences.size();) {
    const double size = std::abs(differences[begin]);
    std::size_t end = begin;
    double positive = 0;
    while (end < differences.size() && std::abs(differences[end]) == size) {
      positive += differences[end] > 0 ? 1 : differences[end] == 0 ? 0.5 : 0;
      ++end;
    }
    ranked.positive += positive * (static_cast<double>(begin + 1) + static_cast<double>(end)) / 2;
    const auto tied = static_cast<double>(end - begin);
    ranked.tie_correction += tied * (tied * tied - 1);
    ranked.has_zero = ranked.has_zero || size == 0;
    begin = end;
  }
  return ranked;
}

// P(T >= t) for the rank sum T of n differences with fair signs.
double exact_tail(std::size_t n, std::size_t t) {
  std::vector<double> mass{1};
  for (std::size_t k = 1; k <= n; ++k) {
    mass.resize(mass.size() + k);
    for (std::size_t i = mass.size(); i-- > 0;) {
      mass[i] = (mass[i] + (i >= k ? mass[i - k] : 0)) / 2;
    }
  }
  return std::min(std::accumulate(mass.begin() + static_cast<std::ptrdiff_t>(t), mass.end(), 0.0),
                  1.0);
}

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

double signed_rank_p_greater(const std::vector<double>& differences) {
  const Ranked ranked = rank(differences);
  if (differences.size() <= kMostExact && !ranked.has_zero) {
    return exact_tail(differences.size(), static_cast<std::size_t>(ranked.positive));
  }
  const auto n = static_cast<double>(differences.size());
  const double center = n * (n + 1) / 4;
  const double spread = std::sqrt((n * (n + 1) * (2 * n + 1) - ranked.tie_correction / 2) / 24);
  return std::erfc((ranked.positive - center) / spread / std::sqrt(2.0)) / 2;
}

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
