#include "sampler/gp/gp_sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "sampler/gp/beliefs.h"
#include "sampler/gp/encoding.h"
#include "sampler/gp/training.h"
#include "sampler/single_objective.h"

namespace studyhall::sampler::gp {
namespace {

constexpr double kEverywhere = 0.5;  // the radius of the whole slice

// The values that the process sees are to be minimised.
std::vector<std::pair<std::string, double>> terms_of(const Acquisition::Parts& parts,
                                                     const Acquisition& acquisition,
                                                     const Surrogate& objective,
                                                     Direction direction) {
  std::vector<std::pair<std::string, double>> terms;
  if (parts.log_ei) {
    const double sign = direction == Direction::Minimize ? 1 : -1;
    const Standard& standard = objective.standard();
    const auto value = [&](double z) { return sign * standard.inverse(z); };
    const double spread =
        standard.inverse(*parts.mean + *parts.sd) - standard.inverse(*parts.mean - *parts.sd);
    terms = {{"log_ei", *parts.log_ei},
             {"mean", value(*parts.mean)},
             {"sd", spread / 2},
             {"incumbent_mean", value(*parts.best)}};
  }
  if (acquisition.is_bounded()) {
    terms.emplace_back("probability_feasible", std::exp(parts.log_feasible));
  }
  return terms;
}

std::string reason(bool improves, bool nearby, double radius) {
  return fmt::format(
      "largest {} that was found {}",
      improves ? "expected improvement" : "probability of meeting the constraints",
      nearby ? fmt::format("within {:.2g} of each range around the best expected configuration",
                           radius)
             : "in all that may be moved");
}

std::optional<Suggestion> with_start(std::optional<Suggestion> suggestion, std::size_t told,
                                     std::size_t startup) {
  if (!suggestion) return suggestion;
  suggestion->terms.emplace_back("results", static_cast<double>(told));
  suggestion->terms.emplace_back("startup", static_cast<double>(startup));
  return suggestion;
}

}  // namespace

std::optional<Suggestion> GpSampler::suggest(const Task& task, const History& history, Rng& rng) {
  const Direction direction = only_direction(history, "gp");
  const Training data = training(history, direction);
  const std::size_t told = std::max(data.objective.size(), data.failure.size());
  const std::size_t startup =
      options_.startup > 0 ? options_.startup : start_trials(task.space, task.slice);
  const auto start = [&] {
    return with_start(start_.suggest(task, history, direction, rng), told, startup);
  };
  if (told < startup) return start();

  const Encoding encoding(task.space);
  Beliefs beliefs(task, encoding, data, options_.incumbent);
  while (constraints_.size() < data.constraints.size()) {
    constraints_.emplace_back(kConstraintBend);
  }
  for (std::size_t k = 0; k < data.constraints.size(); ++k) {
    beliefs.bound(constraints_[k], data.constraints[k]);
  }
  beliefs.bound(failure_, data.failure);
  beliefs.improve(objective_, data.objective);
  if (!beliefs.any()) return start();

  std::vector<Config> centers = beliefs.centers();
  if (centers.empty()) {
    centers.push_back(best_so_far(task.space, task.slice, history, direction));
  }
  const double radius = trust_radius(told, movable_parameters(task.space, task.slice));
  std::optional<Config> config;
  if (radius < kEverywhere) {
    const Slice near = trust_region(task.space, task.slice, centers.front(), radius);
    const Task nearby{task.space, near, task.admissible, task.seed};
    config = search_.maximise(nearby, encoding, beliefs.acquisition(), centers, rng);
  }
  const bool nearby = config.has_value();
  // The region may be used up.
  if (!config) config = search_.maximise(task, encoding, beliefs.acquisition(), centers, rng);
  if (!config) return std::nullopt;
  const Acquisition& acquisition = beliefs.acquisition();
  const Acquisition::Parts parts = acquisition.parts(encoding.encode(*config));
  Suggestion out{.config = std::move(*config),
                 .sampler = "gp",
                 .why = reason(parts.log_ei.has_value(), nearby, radius),
                 .terms = terms_of(parts, acquisition, objective_, direction)};
  if (nearby) out.terms.emplace_back("radius", radius);
  out.terms.emplace_back("results", static_cast<double>(told));
  return out;
}

}  // namespace studyhall::sampler::gp
