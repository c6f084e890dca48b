// CatCMA with margin: one distribution over numbers, ordered and other choices.
//
// After R. Hamano et al., "CatCMA with Margin: Stochastic Optimization for Continuous, Integer, and
// Categorical Variables", arXiv:2504.07884. Other than there, a candidate is known by its values
// alone, not by the point within its cell that it was drawn at, so that trials of any origin can be
// told: points are drawn anew from the present distribution given the values (two Gibbs sweeps).
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/rng.h"
#include "sampler/cmaes/axes.h"
#include "sampler/cmaes/categorical.h"
#include "sampler/cmaes/cma.h"
#include "sampler/cmaes/learning_rate.h"
#include "sampler/cmaes/margin.h"

namespace studyhall::sampler::cmaes {

struct Candidate {
  std::int64_t number = -1;  // of its trial: keys its random numbers
  std::vector<double> unit;  // [axes], NaN: not active
  std::vector<int> chosen;   // [choices], -1: not active
};

struct Mixed {
  Constants constants;  // of max(1, axes) dimensions
  State gaussian;       // [axes]
  Margin margin;
  Categorical categorical;
  std::optional<LearningRates> rates;  // of the Gaussian, where they are adapted
};

// lambda 0: 4 + floor(3 ln(axes + choices)).
Mixed initial_mixed(const Coordinates& coordinates, Eigen::VectorXd mean, double sigma, int lambda,
                    Covariance covariance = Covariance::Full);

// The next generation has so many candidates. REQUIRES: lambda >= 2.
void resize(Mixed& mixed, int lambda);

// Continuous axes inside [0, 1]: drawn again up to 10 d times, then clipped; discrete ones moved to
// the middle of their cell.
Candidate ask(const Mixed& mixed, const Coordinates& coordinates, Rng& rng);

// Mahalanobis length of the step from the mean to `unit` [axes]: |C^(-1/2) (A sigma)^(-1) (x - m)|.
double step_length(const Mixed& mixed, std::span<const double> unit);

// One generation of lambda candidates, best first.
void tell(Mixed& mixed, const Coordinates& coordinates, std::span<const Candidate> generation);

}  // namespace studyhall::sampler::cmaes
