// What keeps a discrete axis from freezing: a scale A and a shift of the mean such that each
// generation leaves the mean's value with a probability that falls only while leaving does not
// succeed, and never below `least`.
//
// After R. Hamano et al., "CatCMA with Margin", arXiv:2504.07884, section 4. Candidates are
// m + sigma A y, y ~ N(0, C).
#pragma once

#include <Eigen/Core>
#include <span>
#include <vector>

#include "sampler/cmaes/axes.h"
#include "sampler/cmaes/cma.h"

namespace studyhall::sampler::cmaes {

// The probability that some of `discrete` axes and choices leaves its likeliest value is then 27 %.
double margin_of(int discrete);

struct Margin {
  Eigen::VectorXd A;       // [d], 1 for continuous axes
  Eigen::VectorXd p_left;  // [d], probability of leaving the mean's value
  double least = 0;        // of p_left
};

Margin initial_margin(std::size_t d, double least);

// Moves A and the mean after the distribution was told. `left`: whether one of the best mu
// candidates stood at another value than the mean's; [d].
void correct(Margin& margin, State& state, std::span<const Axis> axes,
             const std::vector<bool>& left);

}  // namespace studyhall::sampler::cmaes
