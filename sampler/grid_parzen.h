// The density of one parameter over a domain cut into at most 50 cells: where values fell, smoothed
// by a Parzen estimator whose bandwidth follows Scott's rule.
//
// As parameter importance needs it (S. Watanabe, A. Bansal, F. Hutter, "PED-ANOVA", IJCAI 2023,
// arXiv:2304.10255, and Optuna 5): narrower than the bandwidths that TPE samples with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/slice.h"
#include "core/space.h"

namespace studyhall::sampler {

// Cuts a domain into cells, numbered from 0.
//
// A float has 50 grid points from low to high, both included, at equal distances, logarithmic ones
// with log; with a step, or an int, one for each value where those are fewer. A log int has
// 1 + ceil(log2(number of values)), at most 50. A value belongs to the nearest point, halfway to
// the lower one. A categorical has a cell for each allowed choice.
class ParameterGrid {
 public:
  // REQUIRES: domain.free; numeric: domain.low <= domain.high, categorical: at least one choice;
  // `domain` outlives this.
  ParameterGrid(const Parameter& parameter, const Domain& domain);

  [[nodiscard]] std::size_t size() const { return size_; }  // 1: the domain has one value
  [[nodiscard]] bool is_numeric() const { return numeric_; }
  // REQUIRES: `value` is in the domain.
  [[nodiscard]] std::size_t cell(double value) const;

 private:
  bool numeric_;
  bool log_;
  const std::vector<std::size_t>* choices_;
  double low_ = 0;   // ln of it with log
  double step_ = 0;  // between two grid points
  std::size_t size_ = 1;
};

// The probability of each cell, [counts.size()], given how many values fell into it: sums to 1,
// nowhere 0. One kernel for each value, and a prior over the whole domain that weighs as much as
// one. REQUIRES: counts.size() >= 2, a positive total.
std::vector<double> numeric_density(const std::vector<std::int64_t>& counts);
std::vector<double> categorical_density(const std::vector<std::int64_t>& counts);

}  // namespace studyhall::sampler
