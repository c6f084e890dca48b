// Learning rates that follow the signal-to-noise ratio of the strategy's own steps, so that a noisy
// or rugged objective is followed as slowly as it asks for, without more candidates a generation.
//
// After M. Nomura, Y. Akimoto, I. Ono, "CMA-ES with Learning Rate Adaptation: Can CMA-ES with
// Default Population Size Solve Multimodal and Noisy Problems?", GECCO 2023, arXiv:2304.03473, with
// its symbols.
#pragma once

#include <Eigen/Core>

#include "sampler/cmaes/cma.h"

namespace studyhall::sampler::cmaes {

// Moving averages of one generation's step in the coordinates in which the distribution before it
// is N(0, I), and the shares of a step that are taken.
struct LearningRates {
  double eta_mean = 1;      // in (0, 1]
  double eta_Sigma = 1;     // in (0, 1]
  Eigen::VectorXd E_mean;   // [d]
  Eigen::MatrixXd E_Sigma;  // [d, d]
  double V_mean = 0;
  double V_Sigma = 0;
};
LearningRates initial_learning_rates(int d);

// After tell(s, ...) has led from `before` to `s`: takes back what the learning rates leave out of
// that step, of the mean and of Sigma = sigma^2 C; paths stay. REQUIRES: a full covariance.
void adapt(LearningRates& rates, const State& before, State& s);

}  // namespace studyhall::sampler::cmaes
