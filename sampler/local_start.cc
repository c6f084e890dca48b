#include "sampler/local_start.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "sampler/moves.h"

namespace studyhall::sampler {
namespace {

constexpr int kTries = 1000;
constexpr std::size_t kDesignTrials = 3;
constexpr double kKeep = 0.3;
constexpr double kReach = 0.3;
constexpr double kRedraw = 0.35;

bool can_move(const Parameter& parameter, const Domain& domain) {
  if (!domain.free) return false;
  return parameter.is_numeric() ? domain.low < domain.high : domain.choices.size() > 1;
}

Config change(const SearchSpace& space, const Slice& slice, Config config, Rng& rng) {
  for (std::size_t p = 0; p < space.size(); ++p) {
    const Parameter& parameter = space.params()[p];
    const Domain& domain = slice.domains[p];
    if (!can_move(parameter, domain) || rng.uniform() < kKeep) continue;
    if (parameter.is_numeric() || parameter.ordered) {
      config[p] = moved(parameter, domain, config[p], rng.uniform(-kReach, kReach));
    } else if (rng.uniform() < kRedraw) {
      config[p] = value_at(parameter, domain, rng.uniform());
    }
  }
  space.deactivate(config);
  return config;
}

// Smaller is better: feasible before infeasible, those by violation, then by value.
std::tuple<double, double> standing(const Observation& trial, Direction direction) {
  const double value = direction == Direction::Minimize ? trial.values[0] : -trial.values[0];
  return {trial.violation(), std::isnan(value) ? std::numeric_limits<double>::infinity() : value};
}

// `center` has a value for every parameter.
std::string changes_words(const SearchSpace& space, const Config& center, const Config& config) {
  std::vector<std::string> changed;
  for (std::size_t p = 0; p < config.size(); ++p) {
    if (!std::isnan(config[p]) && config[p] != center[p]) changed.push_back(space.params()[p].name);
  }
  if (changed.empty()) return "the best configuration so far, moved to where it may be moved";
  return fmt::format("the best configuration so far with changes of {}", fmt::join(changed, ", "));
}

std::uint64_t started_here(const History& history, const std::string& slice) {
  const auto trials = history.observations();
  return static_cast<std::uint64_t>(std::count_if(
      trials.begin(), trials.end(),
      [&](const Observation& trial) { return trial.sampler == "start" && trial.slice == slice; }));
}

}  // namespace

std::size_t movable_parameters(const SearchSpace& space, const Slice& slice) {
  std::size_t d = 0;
  for (std::size_t p = 0; p < space.size(); ++p) {
    if (can_move(space.params()[p], slice.domains[p])) ++d;
  }
  return d;
}

std::size_t start_trials(const SearchSpace& space, const Slice& slice) {
  const std::size_t wanted = std::max<std::size_t>(5, movable_parameters(space, slice) / 2);
  double members = 1;
  for (std::size_t p = 0; p < space.size(); ++p) {
    const Parameter& parameter = space.params()[p];
    const Domain& domain = slice.domains[p];
    if (!can_move(parameter, domain)) continue;
    if (!parameter.is_discrete()) return wanted;
    members *= static_cast<double>(values_in(parameter, domain));
  }
  return members < static_cast<double>(wanted) ? static_cast<std::size_t>(members) : wanted;
}

Config best_so_far(const SearchSpace& space, const Slice& slice, const History& history,
                   Direction direction) {
  const Observation* best = nullptr;
  for (const Observation& trial : history.observations()) {
    if (trial.state != TrialState::Complete || trial.values.empty()) continue;
    if (!best || standing(trial, direction) < standing(*best, direction)) best = &trial;
  }
  return filled(space, slice, best ? best->config : space.default_config());
}

std::optional<Suggestion> LocalStart::suggest(const Task& task, const History& history,
                                              Direction direction, Rng& rng) {
  const SearchSpace& space = task.space;
  const Config center = best_so_far(space, task.slice, history, direction);
  const bool local = space.has_defaults() || history.finish_order().size() >= kDesignTrials;
  if (history.observations().empty() && local) {
    Config config = project(space, task.slice, center);
    if (task.admissible(config)) {
      return Suggestion{.config = std::move(config),
                        .sampler = "start",
                        .why = "the default configuration, where the search begins"};
    }
  }
  const std::uint64_t index = local ? 0 : started_here(history, task.slice.key);
  for (int i = 0; i < kTries; ++i) {
    Config config = local ? change(space, task.slice, center, rng)
                          : design_.point(task, index, static_cast<std::uint32_t>(i));
    if (!task.admissible(config)) continue;
    std::string why =
        local ? changes_words(space, center, config)
              : fmt::format("point {} of a scrambled Sobol sequence, to begin with", index);
    return Suggestion{.config = std::move(config), .sampler = "start", .why = std::move(why)};
  }
  return std::nullopt;
}

double trust_radius(std::size_t told, std::size_t d) {
  return std::min(0.5, 0.2 + 0.3 * static_cast<double>(told) / (5 * static_cast<double>(d + 1)));
}

Slice trust_region(const SearchSpace& space, Slice slice, const Config& center, double radius) {
  for (std::size_t p = 0; p < space.size(); ++p) {
    slice.domains[p] = narrowed(space.params()[p], std::move(slice.domains[p]), center[p], radius);
  }
  return slice;
}

}  // namespace studyhall::sampler
