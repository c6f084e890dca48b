// The search distribution of one slice, brought up to date with a history.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/history.h"
#include "core/slice.h"
#include "sampler/cmaes/cma.h"
#include "sampler/unit_cube.h"

namespace studyhall::sampler::cmaes {

// A numeric free parameter with more than one value.
struct Axis {
  std::size_t position = 0;  // in the space
  Scale scale;
};
std::vector<Axis> numeric_axes(const SearchSpace& space, const Slice& slice);

// One finished trial: what it counts as (smaller is better, in this order) and where it was.
struct Result {
  int tier = 0;
  double first = 0;
  double second = 0;
  std::vector<double> unit;  // [axes], NaN where the parameter was not active

  [[nodiscard]] bool ranks_before(const Result& other) const;
  // Bit for bit, so that NaN equals NaN.
  [[nodiscard]] bool same(const Result& other) const;
};
// The results of the slice `key` in the order in which they finished.
std::vector<Result> results(const History& history, Direction direction, const std::string& key,
                            std::span<const Axis> axes);

struct Run {
  Constants constants;
  State state;
  Eigen::VectorXd start;  // [d] mean of generation 0
  double start_sigma = 0;
  std::vector<Result> told;  // what `state` was computed from: whole generations

  // Tells every whole generation of `all` that was not told yet; starts again where `told` is no
  // longer the beginning of `all`, or the start differs. popsize 0: that of the dimension.
  void catch_up(const Eigen::VectorXd& mean, double sigma, int popsize,
                const std::vector<Result>& all);

 private:
  void tell_generation(std::span<const Result> batch);
};

}  // namespace studyhall::sampler::cmaes
