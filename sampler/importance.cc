#include "sampler/importance.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "sampler/grid_parzen.h"

namespace studyhall::sampler {

namespace {

constexpr std::size_t kFewestActive = 2;
// Added to each density, as Optuna does.
constexpr double kDensityFloor = 1e-12;

// The trials of `among` that are at least as good as the one at `quantile`, which are at least one.
std::vector<std::size_t> best_of(const ImportanceTrials& trials, std::vector<std::size_t> among,
                                 double quantile) {
  if (quantile >= 1 || among.empty()) return among;
  const auto better = [&](std::size_t a, std::size_t b) { return trials.better(a, b); };
  const double wanted = std::ceil(quantile * static_cast<double>(among.size()));
  const auto last = among.begin() + static_cast<std::ptrdiff_t>(wanted) - 1;
  std::nth_element(among.begin(), last, among.end(), better);
  const std::size_t worst = *last;
  const auto end = std::partition(last + 1, among.end(),
                                  [&](std::size_t trial) { return !better(worst, trial); });
  among.erase(end, among.end());
  return among;
}

// How many trials have a parameter's value in each cell of its grid.
using Counts = std::vector<std::int64_t>;

std::vector<Counts> count_cells(const std::vector<ParameterGrid>& grids,
                                std::span<const std::size_t> parameters,
                                const ImportanceTrials& trials,
                                const std::vector<std::size_t>& chosen) {
  std::vector<Counts> counts;
  counts.reserve(grids.size());
  for (const ParameterGrid& grid : grids) counts.emplace_back(grid.size());
  for (const std::size_t trial : chosen) {
    const std::span<const double> config = trials.config(trial);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const double value = config[parameters[i]];
      if (!std::isnan(value)) ++counts[i][grids[i].cell(value)];
    }
  }
  return counts;
}

std::size_t total(const Counts& counts) {
  return static_cast<std::size_t>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
}

std::vector<double> density(const ParameterGrid& grid, const Counts& counts) {
  return grid.is_numeric() ? numeric_density(counts) : categorical_density(counts);
}

double pearson_divergence(const ParameterGrid& grid, const Counts& target, const Counts& region) {
  const std::vector<double> p = density(grid, target);
  const std::vector<double> q = density(grid, region);
  double sum = 0;
  for (std::size_t c = 0; c < q.size(); ++c) {
    const double local = q[c] + kDensityFloor;
    const double ratio = (p[c] + kDensityFloor) / local - 1;
    sum += local * ratio * ratio;
  }
  return sum;
}

double variance(const ParameterGrid& grid, const Counts& target, const Counts& region,
                const Importance& found) {
  const std::size_t active_region = total(region);
  const std::size_t active_target = total(target);
  if (grid.size() < 2 || active_region < kFewestActive || active_target == 0) return 0;
  const auto region_trials = static_cast<double>(found.region_trials);
  const auto target_trials = static_cast<double>(found.target_trials);
  const double a = static_cast<double>(active_target) / target_trials;
  const double b = static_cast<double>(active_region) / region_trials;
  const double quantile = target_trials / region_trials;  // gamma' / gamma
  return a * a / b * quantile * quantile * pearson_divergence(grid, target, region);
}

void normalise(Importance& found) {
  double sum = 0;
  for (const ParameterImportance& p : found.parameters) sum += p.variance;
  found.informative = sum > 0;
  const double equal = 1 / static_cast<double>(found.parameters.size());
  for (ParameterImportance& p : found.parameters) {
    p.importance = found.informative ? p.variance / sum : equal;
  }
  std::stable_sort(found.parameters.begin(), found.parameters.end(),
                   [](const ParameterImportance& a, const ParameterImportance& b) {
                     return a.importance > b.importance;
                   });
}

}  // namespace

void ImportanceTrials::add(std::span<const double> config, double loss, double violation) {
  assert(config.size() == parameters_);
  if (!std::isfinite(loss)) return;
  configs_.insert(configs_.end(), config.begin(), config.end());
  losses_.push_back(loss);
  violations_.push_back(violation);
}

bool ImportanceTrials::better(std::size_t a, std::size_t b) const {
  if (violations_[a] != violations_[b]) return violations_[a] < violations_[b];
  return losses_[a] < losses_[b];
}

Importance parameter_importance(const SearchSpace& space, const Slice& slice,
                                std::span<const std::size_t> parameters,
                                const ImportanceTrials& trials, const ImportanceOptions& options) {
  assert(0 < options.target_quantile && options.target_quantile < options.region_quantile);
  std::vector<std::size_t> inside;
  for (std::size_t trial = 0; trial < trials.size(); ++trial) {
    if (slice.contains(space, trials.config(trial))) inside.push_back(trial);
  }
  const std::vector<std::size_t> target = best_of(trials, inside, options.target_quantile);
  const std::vector<std::size_t> region =
      best_of(trials, std::move(inside), options.region_quantile);

  std::vector<ParameterGrid> grids;
  for (const std::size_t p : parameters) grids.emplace_back(space.params()[p], slice.domains[p]);
  const std::vector<Counts> in_target = count_cells(grids, parameters, trials, target);
  const std::vector<Counts> in_region = count_cells(grids, parameters, trials, region);

  Importance found;
  found.region_trials = region.size();
  found.target_trials = target.size();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    ParameterImportance entry;
    entry.parameter = parameters[i];
    entry.active = total(in_region[i]);
    entry.variance = variance(grids[i], in_target[i], in_region[i], found);
    found.parameters.push_back(entry);
  }
  normalise(found);
  return found;
}

}  // namespace studyhall::sampler
