#include "sampler/unit_cube.h"

#include <algorithm>
#include <cmath>

namespace studyhall::sampler {

Scale::Scale(const Parameter& parameter, const Domain& domain)
    : parameter_(&parameter),
      low_(domain.low),
      high_(domain.high),
      lower_(cell(low_).lower),
      upper_(cell(high_).upper) {}

bool Scale::contains(double value) const {
  const double slack = 1e-9 * parameter_->step;
  return value >= low_ - slack && value <= high_ + slack;
}

double Scale::coordinate(double value) const { return parameter_->log ? std::log(value) : value; }

Cell Scale::cell(double value) const {
  const double half = is_discrete() ? parameter_->step / 2 : 0;
  if (!parameter_->log) return {value - half, value + half};
  // A log grid whose first value is at most half a step still needs an edge above 0.
  return {std::log(std::max(value - half, value / 2)), std::log(value + half)};
}

double Scale::value(double coordinate) const {
  const double raw = parameter_->log ? std::exp(coordinate) : coordinate;
  return std::clamp(parameter_->snap(std::clamp(raw, low_, high_)), low_, high_);
}

double Scale::to_unit(double value) const {
  const double range = upper_ - lower_;
  if (range <= 0) return 0.5;
  return std::clamp((coordinate(value) - lower_) / range, 0.0, 1.0);
}

double Scale::from_unit(double unit) const { return value(lower_ + unit * (upper_ - lower_)); }

}  // namespace studyhall::sampler
