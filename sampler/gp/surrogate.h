// A Gaussian process kept up to date with a growing series of measurements.
//
// Its state is a function of the series: the kernel is fitted, from fixed starts, to the first
// fit_size(n) of n measurements, which also fix the units; the later ones are added to its factor
// one by one. What an object learned before is only saved work.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "sampler/gp/encoding.h"
#include "sampler/gp/posterior.h"
#include "sampler/gp/standardise.h"
#include "sampler/gp/training.h"

namespace studyhall::sampler::gp {

// Of more measurements than this a fit takes half of them by interest and the latest others.
inline constexpr std::size_t kMostPoints = 300;

// The largest n' <= n of the sequence 1, 2, ..., 30, 32, ...: each a fifteenth above the last.
std::size_t fit_size(std::size_t n);

class Surrogate {
 public:
  // `bend`: of Standard.
  explicit Surrogate(Bend bend = {}) : bend_(bend) {}

  // REQUIRES: the series has measurements.
  void learn(const Encoding& encoding, const Series& series);

  // REQUIRES of all: learn() was called. In units of standard().
  [[nodiscard]] const Posterior& posterior() const { return *posterior_; }
  [[nodiscard]] const Standard& standard() const { return *standard_; }
  // [members] what was measured there.
  [[nodiscard]] Eigen::VectorXd observed() const;
  // Which measurement each point of the posterior is.
  [[nodiscard]] const std::vector<std::size_t>& members() const { return members_; }

 private:
  [[nodiscard]] bool extends(const Encoding& encoding, const Series& series) const;
  void fit(const Encoding& encoding, const Series& series, std::size_t size);

  Bend bend_;
  std::size_t fitted_ = 0;       // measurements that the fit looked at
  std::vector<double> targets_;  // of all learned
  std::vector<std::size_t> members_;
  std::optional<Standard> standard_;
  std::optional<Posterior> posterior_;
};

}  // namespace studyhall::sampler::gp
