// The categorical part of CatCMA: independent distributions q over the values of each choice, moved
// by a natural gradient whose length is adapted to its signal-to-noise ratio (ASNG).
//
// After Y. Akimoto et al., "Adaptive Stochastic Natural Gradient Method for One-Shot Neural
// Architecture Search", ICML 2019 (ASNG, its section 4 and appendix B), and R. Hamano et al.,
// "CatCMA with Margin", arXiv:2504.07884 (margin).
#pragma once

#include <Eigen/Core>
#include <span>
#include <vector>

#include "core/rng.h"

namespace studyhall::sampler::cmaes {

struct Categorical {
  std::vector<Eigen::VectorXd>
      q;              // [choices][values], each sums to 1, none below the margin unless held
  double margin = 0;  // probability of all values but the likeliest, at least
  double Delta = 1;   // inverse step length
  double delta = 1;   // step length of the next generation: Delta's before the last
  double gamma = 0;
  Eigen::VectorXd s;  // [sum of (values - 1)], accumulated gradient
};

// Uniform distributions over values[c] >= 2 values each.
Categorical uniform_categorical(std::span<const int> values, double margin);

// The choice has this value from now on.
void hold(Categorical& distribution, std::size_t choice, int value);

// One value of each choice.
std::vector<int> draw(const Categorical& distribution, Rng& rng);

// One generation: the best mu candidates with their positive weights, best first. drawn[k][c] is
// the value of choice c; -1 says nothing of it.
void tell(Categorical& distribution, const Eigen::VectorXd& weights,
          std::span<const std::vector<int>> drawn);

}  // namespace studyhall::sampler::cmaes
