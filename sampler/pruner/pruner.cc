#include "sampler/pruner/pruner.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <utility>
#include <variant>

#include "sampler/pruner/halving.h"
#include "sampler/pruner/percentile.h"
#include "sampler/pruner/wilcoxon.h"

namespace studyhall::sampler::pruner {
namespace {

using Values = std::map<std::int64_t, double>;

// The best of [begin, end), NaN left out; NaN where nothing else is there.
double best_of(Direction direction, Values::const_iterator begin, Values::const_iterator end) {
  double best = kInactive;
  for (auto it = begin; it != end; ++it) {
    if (std::isnan(best) || is_better(direction, it->second, best)) best = it->second;
  }
  return best;
}

bool lost_patience(const PatientOptions& options, const Task& task) {
  const Values& values = task.trial.intermediate;
  if (std::ssize(values) <= options.patience + 1) return false;
  const auto recent = std::prev(values.end(), options.patience + 1);
  const double before = best_of(task.direction, values.begin(), recent);
  const double after = best_of(task.direction, recent, values.end());
  return task.direction == Direction::Minimize ? before + options.min_delta < after
                                               : before - options.min_delta > after;
}

bool is_out_of_bounds(const ThresholdOptions& options, const Task& task) {
  const auto [step, value] = *task.trial.intermediate.rbegin();
  if (step < options.n_warmup_steps) return false;
  if (!is_first_in_interval(task.trial.intermediate, options.n_warmup_steps,
                            options.interval_steps)) {
    return false;
  }
  return std::isnan(value) || (options.lower && value < *options.lower) ||
         (options.upper && value > *options.upper);
}

struct Decide {
  const Task& task;

  bool operator()(const std::monostate& /*none*/) const { return false; }
  bool operator()(const PercentileOptions& options) const {
    return is_below_percentile(options, task);
  }
  bool operator()(const HalvingOptions& options) const { return is_halved(options, task); }
  bool operator()(const HyperbandOptions& options) const { return is_out_of_band(options, task); }
  bool operator()(const PatientOptions& options) const {
    if (!lost_patience(options, task)) return false;
    return options.wrapped_pruner->name == "none" || should_prune(*options.wrapped_pruner, task);
  }
  bool operator()(const ThresholdOptions& options) const { return is_out_of_bounds(options, task); }
  bool operator()(const WilcoxonOptions& options) const { return is_surely_worse(options, task); }
};

}  // namespace

bool should_prune(const PrunerSpec& pruner, const Task& task) {
  if (task.trial.intermediate.empty()) return false;
  return std::visit(Decide{task}, pruner.options);
}

bool is_better(Direction direction, double a, double b) {
  return direction == Direction::Maximize ? a > b : a < b;
}

bool is_first_in_interval(const Values& values, std::int64_t n_warmup_steps,
                          std::int64_t interval_steps) {
  const auto last = values.rbegin();
  const std::int64_t begin =
      (last->first - n_warmup_steps) / interval_steps * interval_steps + n_warmup_steps;
  const auto before = std::next(last);
  return before == values.rend() || before->first < begin;
}

const Trial* first_complete(std::span<const Trial> trials) {
  const Trial* first = nullptr;
  for (const Trial& trial : trials) {
    if (trial.state != TrialState::Complete || trial.intermediate.empty()) continue;
    if (first == nullptr || trial.record.told < first->record.told) first = &trial;
  }
  return first;
}

}  // namespace studyhall::sampler::pruner
