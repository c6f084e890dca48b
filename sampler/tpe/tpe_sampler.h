// The tree-structured Parzen estimator: a density of the good trials and one of the others; of some
// draws from the first, the one where the ratio of the two is largest.
//
// J. Bergstra, R. Bardenet, Y. Bengio, B. Kegl, "Algorithms for Hyper-Parameter Optimization",
// NeurIPS 2011, with the split, kernels and weights of Optuna 5's TPESampler.
//
// What it makes of a slice and of conditions:
// - Only free parameters with more than one value are modelled; those that are held are left out,
//   so that trials of every worker count, whatever they held.
// - The slice is treated as a space of its own: kernels span the narrowed domains, and a trial with
//   an active free parameter outside its domain is left out, before the split.
// - With several objectives the good trials are the best by non-domination and hypervolume.
// - Unconditional parameters are modelled jointly (multivariate) or one at a time. Each conditional
//   parameter is modelled alone, on the trials in which it was active, and drawn, parents first,
//   where it is active. The split is made on all trials, before those without it are left out.
#pragma once

#include <cstddef>
#include <optional>

#include "sampler/sampler.h"

namespace studyhall::sampler::tpe {

struct Options {
  std::optional<bool> multivariate = {};  // default: with one objective, as in Optuna 5
  std::size_t startup = 10;     // uniform draws until so many trials are complete or pruned
  std::size_t candidates = 24;  // draws from the density of the good trials per suggestion
};

class TpeSampler : public Sampler {
 public:
  explicit TpeSampler(const Options& options) : options_(options) {}

  // Takes the best admissible candidate; where none is, up to nine further rounds of candidates.
  std::optional<Suggestion> suggest(const Task& task, const History& history, Rng& rng) override;

 private:
  Options options_;
};

}  // namespace studyhall::sampler::tpe
