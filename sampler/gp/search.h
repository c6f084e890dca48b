// Where an acquisition function is largest, over numbers and choices together.
//
// Quasi-random members of the slice and changes of the best evaluated ones; rounds of ever smaller
// changes of the best found so far; then, from the best of these, alternately every other value of
// each discrete parameter alone and a quasi-Newton search over the continuous ones (the mixed local
// search of Optuna 5's GPSampler and of BoTorch).
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <optional>
#include <vector>

#include "sampler/gp/acquisition.h"
#include "sampler/gp/encoding.h"
#include "sampler/sampler.h"

namespace studyhall::sampler::gp {

class Search {
 public:
  // The admissible member of the task's slice with the largest value that was found; nullopt if
  // none of those looked at is admissible. `centers`: configurations, every parameter with a value,
  // near which to look besides, moved into the slice.
  std::optional<Config> maximise(const Task& task, const Encoding& encoding,
                                 const Acquisition& acquisition, const std::vector<Config>& centers,
                                 Rng& rng);

 private:
  // Evenly spread members of the slice, others for every state of the rng: Cranley and Patterson's
  // rotation of unit_points().
  std::vector<Config> spread(const Task& task, Rng& rng);
  // Points of the unit cube, a coordinate for each parameter: a cache.
  const Eigen::MatrixXd& unit_points(std::size_t dimensions);

  Eigen::MatrixXd points_;  // [kGlobal, dimensions]
};

}  // namespace studyhall::sampler::gp
