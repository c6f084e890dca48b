// CMA-ES over the numeric free parameters of a slice.
//
// The numeric parameters with more than one value span a unit cube (sampler/unit_cube.h). The
// distribution starts at the space's default configuration, and its state is a function of the
// history alone: the trials that were drawn from this slice (equal keys), in the order in which
// they finished; every lambda of them make one generation, whoever drew them from whichever earlier
// state, held to injection_limits(). They rank as follows: feasible complete trials by value,
// pruned ones by (largest step, value at it), infeasible ones by violation, those that failed for
// their configuration; ties as they finished. Trials that failed for other reasons are left out.
//
// Categorical parameters are drawn uniformly. A conditional parameter that was not active in a
// trial counts there as if it had stood at the mean.
#pragma once

#include <map>
#include <string>

#include "sampler/cmaes/run.h"
#include "sampler/sampler.h"

namespace studyhall::sampler::cmaes {

struct Options {
  double sigma = 1.0 / 6;  // initial step size, in units of each parameter's range
  int popsize = 0;         // results per generation, at least 4; 0: 4 + floor(3 ln d)
};

class CmaEsSampler : public Sampler {
 public:
  explicit CmaEsSampler(const Options& options) : options_(options) {}

  // A slice without a numeric parameter to move is drawn from uniformly ("random").
  std::optional<Suggestion> suggest(const Task& task, const History& history, Rng& rng) override;

 private:
  Options options_;
  std::map<std::string, Run> runs_;  // by slice key; a cache
};

}  // namespace studyhall::sampler::cmaes
