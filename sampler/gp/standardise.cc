#include "sampler/gp/standardise.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <vector>

namespace studyhall::sampler::gp {
namespace {

constexpr double kLeastSd = 1e-10;  // of values in [-1, 1]: below, they are equal
constexpr double kLeastSpread = 1e-3;
constexpr double kFarthest = 1e3;

double median_size(std::vector<double> values) {
  for (double& value : values) value = std::abs(value);
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

Standard::Standard(std::span<const double> values, Bend bend) {
  std::vector<double> finite;
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite),
               [](double value) { return std::isfinite(value); });
  if (finite.empty()) finite.push_back(0);
  std::sort(finite.begin(), finite.end());
  least_ = finite.front();
  most_ = finite.back();
  middle_ = finite[finite.size() / 2] / 2;
  span_ = std::max(most_ / 2 - middle_, middle_ - least_ / 2);
  // Equal values: what is far from them is told by their own size.
  if (!(span_ > 0)) span_ = std::max(std::abs(middle_), std::numeric_limits<double>::min());

  if (bend.kind == Bend::Kind::AboveMedian) {
    bend_ = bend.scale * std::max(-place(least_), kLeastSpread);
  } else if (bend.kind == Bend::Kind::AboutZero) {
    const double largest = std::max(std::abs(least_), std::abs(most_));
    const double size = bend.scale * std::max(median_size(finite), kLeastSpread * largest);
    bend_ =
        std::clamp(size, std::numeric_limits<double>::min(), std::numeric_limits<double>::max());
  }
  kind_ = bend.kind;
  const auto n = static_cast<double>(values.size());
  for (const double value : values) mean_ += place(std::clamp(value, least_, most_)) / n;
  double variance = 0;
  for (const double value : values) {
    variance += std::pow(place(std::clamp(value, least_, most_)) - mean_, 2) / n;
  }
  sd_ = std::max(std::sqrt(variance), kLeastSd);
  // Of equal values 0 shall stay far from where it is not one of them.
  if (least_ == most_) sd_ = kind_ == Bend::Kind::AboutZero && mean_ != 0 ? std::abs(mean_) : 1;
}

double Standard::place(double value) const {
  if (kind_ == Bend::Kind::AboutZero) {
    return std::copysign(std::log1p(std::abs(value) / bend_), value);
  }
  const double p = (value / 2 - middle_) / span_;
  return kind_ == Bend::Kind::AboveMedian && p > 0 ? bend_ * std::log1p(p / bend_) : p;
}

double Standard::operator()(double value) const {
  const double finite = std::isfinite(value) ? value : std::clamp(value, least_, most_);
  return std::clamp((place(finite) - mean_) / sd_, -kFarthest, kFarthest);
}

double Standard::inverse(double z) const {
  const double place = mean_ + sd_ * z;
  if (kind_ == Bend::Kind::AboutZero) {
    return std::copysign(bend_ * std::expm1(std::abs(place)), place);
  }
  const bool is_bent = kind_ == Bend::Kind::AboveMedian && place > 0;
  const double p = is_bent ? bend_ * std::expm1(place / bend_) : place;
  return 2 * (p * span_ + middle_);
}

}  // namespace studyhall::sampler::gp
