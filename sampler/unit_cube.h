// A numeric parameter's domain as an interval on which "uniform" and "near" make sense: the
// logarithm for log parameters, and half a step of margin at both ends for discrete ones, so that
// each grid value owns an equal share.
#pragma once

#include "core/slice.h"
#include "core/space.h"

namespace studyhall::sampler {

// Half a step below and above a grid value, as coordinates.
struct Cell {
  double lower = 0;
  double upper = 0;
};

// Three forms of one value: the value itself, its coordinate (ln of it for a log parameter) and its
// place in [0, 1] between lower() and upper().
class Scale {
 public:
  // REQUIRES: `parameter` is numeric and outlives this; domain.low <= domain.high.
  Scale(const Parameter& parameter, const Domain& domain);

  [[nodiscard]] bool is_discrete() const { return parameter_->is_discrete(); }
  // Coordinates of the ends of the domain, margins included.
  [[nodiscard]] double lower() const { return lower_; }
  [[nodiscard]] double upper() const { return upper_; }
  // Whether `value` lies in the domain, to within 1e-9 of a step.
  [[nodiscard]] bool contains(double value) const;

  [[nodiscard]] double coordinate(double value) const;
  // What a discrete parameter's `value` owns; the coordinate, twice, for a continuous one.
  [[nodiscard]] Cell cell(double value) const;
  // The nearest legal value of the domain.
  [[nodiscard]] double value(double coordinate) const;

  // Clipped to [0, 1].
  [[nodiscard]] double to_unit(double value) const;
  [[nodiscard]] double from_unit(double unit) const;

 private:
  const Parameter* parameter_;
  double low_;
  double high_;
  double lower_;
  double upper_;
};

}  // namespace studyhall::sampler
