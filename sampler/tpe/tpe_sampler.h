// The tree-structured Parzen estimator: a density of the good trials and one of the others; of some
// draws from the first, the one where the ratio of the two is largest.
//
// J. Bergstra, R. Bardenet, Y. Bengio, B. Kegl, "Algorithms for Hyper-Parameter Optimization",
// NeurIPS 2011. Mode Optuna5 has the split, kernels and weights of Optuna 5's TPESampler; the
// default mode has its split, and the kernels and weights of sampler/tpe/group.h.
//
// What it makes of a slice and of conditions:
// - Trials of every worker count, whatever they held. Mode Optuna5 models the free parameters
// alone;
//   the default mode models the unconditional held ones too and draws the free ones given those.
// - The slice is treated as a space of its own: kernels span the narrowed domains, and a trial with
//   an active free parameter outside its domain is left out, before the split.
// - With several objectives the good trials are the best by non-domination and hypervolume, and the
//   densities are Optuna 5's in either mode.
// - Parameters are modelled in groups (multivariate) or one at a time. A group that is active under
//   a condition learns from the trials in which it was active, and is drawn, parents first, where
//   it is. The split is made on all trials, before those without it are left out.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "sampler/sampler.h"

namespace studyhall::sampler::tpe {

enum class Mode {
  Default,  // what doc/samplers.md found better; its cost does not grow with the trials
  Optuna5,  // Optuna 5's rules exactly
};

struct Options {
  Mode mode = Mode::Default;
  std::optional<bool> multivariate = {};  // default: with one objective, as in Optuna 5
  bool group = false;           // Optuna5: conditional parameters of one condition together
  std::size_t startup = 10;     // uniform draws until so many trials are complete or pruned
  std::size_t candidates = 24;  // draws from the density of the good trials per suggestion
};

class IncrementalModel;

class TpeSampler : public Sampler {
 public:
  explicit TpeSampler(const Options& options);
  ~TpeSampler() override;

  // Takes the best admissible candidate; where none is, up to nine further rounds of candidates.
  std::optional<Suggestion> suggest(const Task& task, const History& history, Rng& rng) override;

 private:
  // Of the default mode, up to `history`.
  IncrementalModel& model(const Task& task, const History& history);

  Options options_;
  std::vector<std::unique_ptr<IncrementalModel>> models_;  // last used first
};

}  // namespace studyhall::sampler::tpe
