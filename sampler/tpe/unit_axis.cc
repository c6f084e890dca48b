#include "sampler/tpe/unit_axis.h"

#include <algorithm>
#include <cmath>

namespace studyhall::sampler::tpe {
namespace {

// Values of a numeric domain; 0 for a continuous one.
std::uint64_t cells(const Parameter& parameter, const Domain& domain) {
  if (!parameter.is_discrete()) return 0;
  return static_cast<std::uint64_t>(std::llround((domain.high - domain.low) / parameter.step)) + 1;
}

}  // namespace

UnitAxis::UnitAxis(std::size_t position, const Parameter& parameter, const Domain& domain)
    : axis_(position, parameter, domain) {
  if (axis_.is_choice()) {
    kind_ = parameter.ordered && axis_.choices() <= kMostCells ? Kind::Grid : Kind::Choice;
    values_ = axis_.choices();
    if (kind_ == Kind::Choice) return;
    for (std::size_t k = 0; k <= values_; ++k) {
      edges_.push_back(static_cast<double>(k) / static_cast<double>(values_));
    }
    for (std::size_t k = 0; k < values_; ++k) {
      grid_.push_back(axis_.value(static_cast<double>(k)));
      units_.push_back(static_cast<float>((edges_[k] + edges_[k + 1]) / 2));
    }
    return;
  }
  const std::uint64_t count = cells(parameter, domain);
  if (count == 0 || count > kMostCells) return;
  kind_ = Kind::Grid;
  values_ = static_cast<std::size_t>(count);
  const Scale& scale = axis_.scale();
  const double range = scale.upper() - scale.lower();
  edges_.push_back(0);
  for (std::size_t k = 0; k < values_; ++k) {
    const double raw = domain.low + static_cast<double>(k) * parameter.step;
    grid_.push_back(std::clamp(parameter.snap(raw), domain.low, domain.high));
    edges_.push_back((scale.cell(grid_.back()).upper - scale.lower()) / range);
    units_.push_back(static_cast<float>(scale.to_unit(grid_.back())));
  }
  edges_.back() = 1;
}

Place UnitAxis::place(double value) const {
  if (kind_ == Kind::Line) return {.unit = static_cast<float>(axis_.scale().to_unit(value))};
  if (kind_ == Kind::Choice) {
    return {.index = static_cast<std::uint16_t>(axis_.coordinate(value))};
  }
  const auto after = std::lower_bound(grid_.begin(), grid_.end(), value);
  auto nearest = after;
  if (after == grid_.end() ||
      (after != grid_.begin() && value - *std::prev(after) < *after - value)) {
    nearest = std::prev(after);
  }
  const auto index = static_cast<std::size_t>(nearest - grid_.begin());
  return {.unit = units_[index], .index = static_cast<std::uint16_t>(index)};
}

double UnitAxis::value_at(double unit) const {
  if (kind_ == Kind::Line) return axis_.scale().from_unit(unit);
  const auto after = std::upper_bound(edges_.begin() + 1, edges_.end() - 1, unit);
  return grid_[static_cast<std::size_t>(after - edges_.begin()) - 1];
}

double UnitAxis::value_of(std::size_t choice) const {
  return axis_.value(static_cast<double>(choice));
}

}  // namespace studyhall::sampler::tpe
