// Numbers of any size as a Gaussian process likes them: of mean 0 and standard deviation 1.
#pragma once

#include <span>

namespace studyhall::sampler::gp {

// How values are bent before they are standardised.
struct Bend {
  enum class Kind {
    None,
    // What lies above the median m counts logarithmically: in the place of y stands
    // m + s ln(1 + (y - m) / s), s = scale (m - least y). Trials that went wrong then do not hide
    // the differences between good ones.
    AboveMedian,
    // All counts logarithmically about 0: sgn(y) ln(1 + |y| / s), s = scale times the median of
    // |y| (bilog: Eriksson and Poloczek 2021, with s = 1). What is near to 0 counts most.
    AboutZero,
  };
  Kind kind = Kind::None;
  double scale = 0;
};

// The map z = ((y - middle) / span - mean) / sd fixed by some values, good for more of their kind.
class Standard {
 public:
  // REQUIRES: no NaN. With all values equal every one of them becomes 0.
  explicit Standard(std::span<const double> values, Bend bend = {});

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
  Bend::Kind kind_ = Bend::Kind::None;
  double bend_ = 0;  // s, above the median in units of the span
  double mean_ = 0;
  double sd_ = 1;
};

}  // namespace studyhall::sampler::gp
