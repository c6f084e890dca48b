// What the processes expect of a slice while some trials run: the acquisition function, and where
// to begin looking.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "sampler/gp/acquisition.h"
#include "sampler/gp/encoding.h"
#include "sampler/gp/posterior.h"
#include "sampler/gp/surrogate.h"
#include "sampler/gp/training.h"
#include "sampler/sampler.h"

namespace studyhall::sampler::gp {

// Of more running trials than this the latest are believed.
inline constexpr std::size_t kMostPending = 128;

// Which trial is the best so far: that of the least posterior mean, or of the least value observed.
enum class Incumbent { Posterior, Observed };

class Beliefs {
 public:
  // Everything given outlives this.
  Beliefs(const Task& task, const Encoding& encoding, const Training& data, Incumbent incumbent);

  // The quantity should stay at or below 0. Nothing is believed of an empty series.
  void bound(Surrogate& surrogate, const Series& series);
  // The quantity should fall below the least that is expected: of the slice's trials that may lead,
  // and of the running ones where nothing bounds the search. In a slice without trials, of the best
  // of others, moved into it. With Incumbent::Observed below the least value of the slice's trials
  // that may lead. REQUIRES: every bound() was before.
  void improve(Surrogate& surrogate, const Series& series);

  // Whether there is anything to maximise.
  [[nodiscard]] bool any() const { return !posteriors_.empty() && (bounded_ || improves_); }
  [[nodiscard]] const Acquisition& acquisition() const { return acquisition_; }
  // The trials of the least means, or values, best first, moved into the slice, every parameter
  // with a value.
  [[nodiscard]] const std::vector<Config>& centers() const { return centers_; }

 private:
  const Posterior& believe(const Surrogate& surrogate);
  [[nodiscard]] double least_mean(const Posterior& posterior, std::vector<Config> configs) const;

  const Task& task_;
  const Encoding& encoding_;
  std::span<const Config* const> pending_;
  Incumbent incumbent_;
  std::deque<Posterior> posteriors_;  // stay where they are
  Acquisition acquisition_;
  bool bounded_ = false;
  bool improves_ = false;
  std::vector<Config> centers_;
};

}  // namespace studyhall::sampler::gp
