#include "sampler/cmaes/axes.h"

#include <algorithm>
#include <cmath>

namespace studyhall::sampler::cmaes {

double Axis::to_unit(double value) const {
  if (scale_) {
    if (!scale_->is_discrete()) return scale_->to_unit(value);
    const Cell cell = scale_->cell(value);
    const double range = scale_->upper() - scale_->lower();
    return std::clamp(((cell.lower + cell.upper) / 2 - scale_->lower()) / range, 0.0, 1.0);
  }
  const auto found =
      std::lower_bound(choices_.begin(), choices_.end(), static_cast<std::size_t>(value));
  const auto index = std::min(std::distance(choices_.begin(), found), std::ssize(choices_) - 1);
  return (static_cast<double>(index) + 0.5) / static_cast<double>(choices_.size());
}

double Axis::from_unit(double unit) const {
  const double inside = std::clamp(unit, 0.0, 1.0);
  if (scale_) return scale_->from_unit(inside);
  const auto index = static_cast<std::size_t>(inside * static_cast<double>(choices_.size()));
  return static_cast<double>(choices_[std::min(index, choices_.size() - 1)]);
}

Cell Axis::cell(double unit) const {
  if (scale_) {
    const Cell cell = scale_->cell(from_unit(unit));
    const double range = scale_->upper() - scale_->lower();
    return {std::clamp((cell.lower - scale_->lower()) / range, 0.0, 1.0),
            std::clamp((cell.upper - scale_->lower()) / range, 0.0, 1.0)};
  }
  const auto size = static_cast<double>(choices_.size());
  const double index = std::min(std::floor(std::clamp(unit, 0.0, 1.0) * size), size - 1);
  return {index / size, (index + 1) / size};
}

int Choice::index_of(double value) const {
  const auto found = std::find(values.begin(), values.end(), value);
  return found == values.end() ? -1 : static_cast<int>(found - values.begin());
}

Coordinates coordinates(const SearchSpace& space, const Slice& slice) {
  Coordinates result;
  for (std::size_t p = 0; p < space.size(); ++p) {
    const Parameter& parameter = space.params()[p];
    const Domain& domain = slice.domains[p];
    if (!domain.free) continue;
    if (parameter.is_numeric()) {
      if (!(domain.low < domain.high)) continue;
      if (parameter.is_discrete() && domain.high - domain.low < 1.5 * parameter.step) {
        result.choices.push_back({.position = p, .values = {domain.low, domain.high}});
      } else {
        result.axes.emplace_back(p, Scale(parameter, domain));
      }
    } else if (parameter.ordered && domain.choices.size() > 2) {
      result.axes.emplace_back(p, domain.choices);
    } else if (domain.choices.size() > 1) {
      result.choices.push_back(
          {.position = p, .values = {domain.choices.begin(), domain.choices.end()}});
    }
  }
  return result;
}

}  // namespace studyhall::sampler::cmaes
