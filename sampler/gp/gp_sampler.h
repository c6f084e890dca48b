// Bayesian optimisation: a Gaussian process of the objective, and the configuration at which an
// improvement is most promised.
//
// J. Snoek, H. Larochelle, R. P. Adams, "Practical Bayesian Optimization of Machine Learning
// Algorithms", NeurIPS 2012; the parts have their own sources. What it makes of a study:
// - The first trials come from sampler/local_start.h; the search then widens from the best
//   configuration until it looks everywhere (trust_region).
// - All trials of all workers are learned from, in all parameters; a slice restricts where the
//   acquisition is maximised. Log expected improvement is over the least posterior mean.
// - Running trials count as if they had ended as expected (kriging believer).
// - Every constraint is a process of its own, and so are failures of configurations: promise is
//   multiplied by the probability of meeting each.
// - Replicates are further observations of one point, from which the noise is learned.
//
// Several objectives are refused with Error(Unsupported).
#pragma once

#include <cstddef>
#include <vector>

#include "sampler/gp/beliefs.h"
#include "sampler/gp/search.h"
#include "sampler/gp/surrogate.h"
#include "sampler/local_start.h"
#include "sampler/sampler.h"

namespace studyhall::sampler::gp {

inline constexpr Bend kObjectiveBend{Bend::Kind::AboveMedian, 3};
inline constexpr Bend kConstraintBend{Bend::Kind::AboutZero, 3};

struct Options {
  std::size_t startup = 0;  // trials that end before the process is used; 0: start_trials()
  Incumbent incumbent = Incumbent::Posterior;
};

class GpSampler : public Sampler {
 public:
  explicit GpSampler(const Options& options) : options_(options) {}

  std::optional<Suggestion> suggest(const Task& task, const History& history, Rng& rng) override;

 private:
  Options options_;
  LocalStart start_;
  Search search_;
  // Caches.
  Surrogate objective_{kObjectiveBend};
  std::vector<Surrogate> constraints_;
  Surrogate failure_;
};

}  // namespace studyhall::sampler::gp
