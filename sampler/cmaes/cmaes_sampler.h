// CMA-ES over the free parameters of a slice: CatCMA with margin (mixed.h), which is the plain
// strategy where every one of them is continuous.
//
// The distribution starts at the space's default configuration, and its state is a function of the
// history alone. The finished trials of the slice (those that were drawn from it, whichever sampler
// made them, and those of others that lie in it) are taken in the order in which they finished;
// every lambda of them make one generation, whatever state they were drawn from, held to
// injection_limits(). They rank as follows: feasible complete trials by value, pruned ones by
// (largest step, value at it), infeasible ones by violation, those that failed for their
// configuration; ties as they finished. Trials that failed for other reasons are left out.
//
// Where others' results were there before its own first one, ten generations' worth of them or
// more, the distribution begins with the shape of the best tenth instead (warm_start.h).
//
// A conditional parameter that was not active in a trial says nothing there. A run that has stopped
// (stopping.h) starts again elsewhere with more results in a generation.
#pragma once

#include <map>
#include <string>

#include "sampler/cmaes/run.h"
#include "sampler/sampler.h"

namespace studyhall::sampler::cmaes {

class CmaEsSampler : public Sampler {
 public:
  explicit CmaEsSampler(const Options& options) : options_(options) {}

  // A slice with nothing to move has one configuration ("random").
  std::optional<Suggestion> suggest(const Task& task, const History& history, Rng& rng) override;

 private:
  // The slice's run, begun anew where its domains or held values are other ones.
  Run& run_of(const Task& task);

  Options options_;
  std::map<std::string, Run> runs_;  // by slice key; a cache
};

}  // namespace studyhall::sampler::cmaes
