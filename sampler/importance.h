// How much each parameter matters for being among the best results: PED-ANOVA.
//
// S. Watanabe, A. Bansal, F. Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance
// in Arbitrary Subspaces", IJCAI 2023, arXiv:2304.10255; parameters that are not always active as
// in "Conditional PED-ANOVA", arXiv:2601.20800, theorem 4.2. Numbers agree with Optuna 5's
// PedAnovaImportanceEvaluator.
//
// Of the results in a subspace, those better than `region_quantile` are compared with those better
// than `target_quantile`: a parameter is important when its values are distributed differently
// there, measured by the Pearson divergence. No model is fitted, and only the order of the results
// counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/slice.h"
#include "core/space.h"

namespace studyhall::sampler {

// Complete trials as importance sees them. Failed, pruned and running trials have no place here.
class ImportanceTrials {
 public:
  explicit ImportanceTrials(std::size_t parameters) : parameters_(parameters) {}

  // `loss`: lower is better; one that is not finite is left out, as Optuna does. `violation`: by
  // how much constraints are broken, 0 for a feasible trial (unlike Optuna, which looks at the
  // value alone, an infeasible trial ranks behind every feasible one, as it does for the samplers).
  // REQUIRES: config.size() is the number of parameters.
  void add(std::span<const double> config, double loss, double violation);

  [[nodiscard]] std::size_t size() const { return losses_.size(); }
  [[nodiscard]] std::span<const double> config(std::size_t trial) const {
    return std::span(configs_).subspan(trial * parameters_, parameters_);
  }
  // Whether trial a is better than trial b.
  [[nodiscard]] bool better(std::size_t a, std::size_t b) const;

 private:
  std::size_t parameters_;
  std::vector<double> configs_;  // [trials, parameters], a trial after another
  std::vector<double> losses_;
  std::vector<double> violations_;
};

struct ImportanceOptions {
  // 0 < target_quantile < region_quantile <= 1. Trials as good as the last one that a quantile
  // takes in are taken in too.
  double target_quantile = 0.1;
  double region_quantile = 1;
};

struct ParameterImportance {
  std::size_t parameter = 0;
  // Share of the sum of `variance` over the parameters; the same for all while that is 0.
  double importance = 0;
  // The marginal variance, over the region, of being in the target: the paper's v.
  double variance = 0;
  std::size_t active = 0;  // region trials in which the parameter is active
};

struct Importance {
  std::size_t region_trials = 0;
  std::size_t target_trials = 0;
  // Whether anything tells the parameters apart; false with fewer than two trials, or when all are
  // equally good.
  bool informative = false;
  std::vector<ParameterImportance> parameters;  // most important first; equal ones as asked for
};

// The importance of `parameters` (positions, each free in the slice) in `slice`: trials outside
// play no part, and densities are taken over the slice's domains.
//
// A parameter with one value in the slice has variance 0. So has one that is active in fewer than
// two trials of the region or in none of the target; otherwise only trials in which it is active
// are compared, weighted by the shares a of the target's and b of the region's trials that these
// are, a^2 / b.
Importance parameter_importance(const SearchSpace& space, const Slice& slice,
                                std::span<const std::size_t> parameters,
                                const ImportanceTrials& trials,
                                const ImportanceOptions& options = {});

}  // namespace studyhall::sampler
