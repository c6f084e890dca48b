// Numbers of any size as a Gaussian process likes them: of mean 0 and standard deviation 1.
#pragma once

#include <span>

namespace studyhall::sampler::gp {

// The map z = ((y - middle) / span - mean) / sd fixed by some values, good for more of their kind.
class Standard {
 public:
  // REQUIRES: no NaN. With all values equal every one of them becomes 0.
  // With `compress` > 0, what lies above the median m counts logarithmically: in the place of y
  // stands m + s ln(1 + (y - m) / s), s = compress (m - least y). Trials that went wrong then do
  // not hide the differences between good ones.
  explicit Standard(std::span<const double> values, double compress = 0);

  // In [-1e3, 1e3], whatever the sizes. An infinite value counts as the nearest finite one that
  // fixed the map.
  [[nodiscard]] double operator()(double value) const;
  // The value that is mapped to z; infinite where that is too large for a double.
  [[nodiscard]] double inverse(double z) const;

 private:
  [[nodiscard]] double place(double value) const;

  double least_ = 0;  // finite
  double most_ = 0;
  double middle_ = 0;  // half the median: differences of halves do not overflow
  double span_ = 1;
  double bend_ = 0;  // s in units of the span; 0: no compression
  double mean_ = 0;
  double sd_ = 1;
};

}  // namespace studyhall::sampler::gp
