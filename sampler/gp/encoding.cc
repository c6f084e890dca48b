#include "sampler/gp/encoding.h"

#include <cmath>

#include "core/slice.h"

namespace studyhall::sampler::gp {
namespace {

constexpr double kOff = 0.5;

Domain whole_range(const Parameter& parameter) {
  Domain domain;
  domain.low = parameter.low;
  domain.high = parameter.high;
  return domain;
}

// The middle of the share of [0, 1] that belongs to an ordered choice.
double place_of_choice(const Parameter& parameter, double choice) {
  return (choice + 0.5) / static_cast<double>(parameter.choices.size());
}

}  // namespace

Encoding::Encoding(const SearchSpace& space)
    : space_(&space), column_of_(space.size()), scales_(space.size()) {
  for (std::size_t p = 0; p < space.size(); ++p) {
    const Parameter& parameter = space.params()[p];
    if (parameter.cardinality() == 1U) continue;
    const bool is_choice = !parameter.is_numeric() && !parameter.ordered;
    column_of_[p] = width();
    columns_.push_back({.axis = axes_, .parameter = p, .is_choice = is_choice});
    if (!parameter.when.empty() && !is_choice) {
      columns_.push_back({.axis = axes_, .parameter = p, .is_switch = true});
    }
    if (parameter.is_numeric()) scales_[p].emplace(parameter, whole_range(parameter));
    ++axes_;
  }
}

Eigen::RowVectorXd Encoding::encode(std::span<const double> config) const {
  Eigen::RowVectorXd x(width());
  for (Eigen::Index c = 0; c < width(); ++c) {
    const Column& column = columns_[static_cast<std::size_t>(c)];
    const std::size_t p = column.parameter;
    const Parameter& parameter = space_->params()[p];
    const bool off = std::isnan(config[p]);
    if (column.is_switch) {
      x[c] = off ? kOff : 0;
    } else if (column.is_choice) {
      x[c] = off ? -1 : config[p];
    } else {
      const double value = off ? parameter.default_or_middle() : config[p];
      x[c] = scales_[p] ? scales_[p]->to_unit(value) : place_of_choice(parameter, value);
    }
  }
  return x;
}

}  // namespace studyhall::sampler::gp
