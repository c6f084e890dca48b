// Formulas in the place of experiments: ours, each with the interactions that users of such
// programs know, so that what a sampler must learn is what it meets in practice. Arguments are
// internal configurations in the order of the parameters named.
#pragma once

#include <span>

#include "core/json.h"

namespace studyhall::bench {

// Boosted trees: learning_rate, n_estimators, max_depth, min_child_weight, subsample,
// colsample_bytree, reg_lambda, booster (gbtree, dart, gblinear).
const Json& boosting_params();
double boosting_loss(std::span<const double> x);
double boosting_minutes(std::span<const double> x);

// A neural network: learning_rate, optimizer (sgd, adam, rmsprop), batch_size, layers, width,
// dropout, weight_decay, activation (relu, tanh, gelu), warmup_steps.
const Json& network_params();
double network_loss(std::span<const double> x);

// After studies/heat_signature/study.jsonc, without its defaults, in its order.
const Json& heat_params();
double heat_score(std::span<const double> x);  // larger is better, below 1.25
double heat_minutes(std::span<const double> x);

}  // namespace studyhall::bench
