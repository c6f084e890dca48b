// Quasi-random search: a Sobol sequence, scrambled, so that every slice is filled evenly however
// many trials there will be.
//
// S. Joe, F. Y. Kuo: "Constructing Sobol sequences with better two-dimensional projections", SIAM
// J. Sci. Comput. 30, 2635 (2008), for the direction numbers (as Boost.Random has them);
// A. B. Owen: "Randomly permuted (t,m,s)-nets and (t,s)-sequences" (1995), for the scrambling.
//
// The sequence of a slice is a function of the study's seed. A trial takes the point whose index is
// the number of trials that this sampler has made in the slice, so that the points of a worker
// whose trials are every second or every fourth of the study still fill its slice.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sampler/sampler.h"

namespace studyhall::sampler {

// Scrambled Sobol points of one number of dimensions, in any order.
class SobolPoints {
 public:
  // REQUIRES: dimensions <= 3667, what the table of direction numbers has.
  explicit SobolPoints(std::size_t dimensions);
  SobolPoints(SobolPoints&&) noexcept;
  SobolPoints& operator=(SobolPoints&&) noexcept;
  ~SobolPoints();

  [[nodiscard]] std::size_t dimensions() const { return dimensions_; }
  // Point `index` < 2^32, in [0, 1), each coordinate a multiple of 2^-53, under nested uniform
  // scrambling by (`seed`, `scramble`): any two scrambles are independent of each other. The first
  // 2^k points have one in each of 2^k equal parts of every axis.
  [[nodiscard]] std::vector<double> point(std::uint64_t index, std::uint64_t seed,
                                          std::uint32_t scramble);

 private:
  struct Engine;
  std::size_t dimensions_;
  std::unique_ptr<Engine> engine_;
};

// The points as configurations: a coordinate for each free parameter of a slice, in their order.
class SliceDesign {
 public:
  // The member of the task's slice at point `index` under (task.seed, `scramble`). Require is not
  // looked at.
  [[nodiscard]] Config point(const Task& task, std::uint64_t index, std::uint32_t scramble);

 private:
  std::optional<SobolPoints> points_;
};

class QmcSampler : public Sampler {
 public:
  // Where a point is not admissible, the points of the same index under other scrambles are tried
  // in turn, at most 1,000: so no trial goes through the points that earlier ones have used.
  std::optional<Suggestion> suggest(const Task& task, const History& history, Rng& rng) override;

 private:
  SliceDesign design_;
};

}  // namespace studyhall::sampler
