// Chooses a sampler for each ask, from what the study has shown so far.
//
// - Several objectives: tpe.
// - The first results: gp, which begins around the study's defaults (sampler/local_start.h).
// - Then: cmaes, which has learned from all of them, and starts again elsewhere where it has
// stopped.
//
// doc/samplers.md has the measurements behind these rules. A suggestion names the sampler that made
// it.
#pragma once

#include <cstddef>
#include <string>

#include "sampler/cmaes/cmaes_sampler.h"
#include "sampler/gp/gp_sampler.h"
#include "sampler/sampler.h"
#include "sampler/tpe/tpe_sampler.h"

namespace studyhall::sampler {

struct AutoOptions {
  std::size_t gp_results = 250;  // results up to which gp suggests
  std::size_t tpe_every = 0;     // one of so many suggestions after that is tpe's; 0: none
};

class AutoSampler : public Sampler {
 public:
  explicit AutoSampler(const AutoOptions& options) : options_(options) {}

  std::optional<Suggestion> suggest(const Task& task, const History& history, Rng& rng) override;

 private:
  struct Choice {
    Sampler& sampler;
    std::string rule;  // in words, for Suggestion::why
  };
  Choice choose(const History& history, Rng& rng);

  AutoOptions options_;
  gp::GpSampler gp_{gp::Options{}};
  cmaes::CmaEsSampler cmaes_{cmaes::Options{}};
  tpe::TpeSampler tpe_{tpe::Options{}};
};

}  // namespace studyhall::sampler
