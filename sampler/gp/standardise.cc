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

}  // namespace

Standard::Standard(std::span<const double> values, double compress) {
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

  if (compress > 0) bend_ = compress * std::max(-place(least_), kLeastSpread);
  const auto n = static_cast<double>(values.size());
  for (const double value : values) mean_ += place(std::clamp(value, least_, most_)) / n;
  double variance = 0;
  for (const double value : values) {
    variance += std::pow(place(std::clamp(value, least_, most_)) - mean_, 2) / n;
  }
  sd_ = std::max(std::sqrt(variance), kLeastSd);
  if (least_ == most_) sd_ = 1;
}

double Standard::place(double value) const {
  const double p = (value / 2 - middle_) / span_;
  return bend_ > 0 && p > 0 ? bend_ * std::log1p(p / bend_) : p;
}

double Standard::operator()(double value) const {
  const double finite = std::isfinite(value) ? value : std::clamp(value, least_, most_);
  return std::clamp((place(finite) - mean_) / sd_, -kFarthest, kFarthest);
}

double Standard::inverse(double z) const {
  const double place = mean_ + sd_ * z;
  const double p = bend_ > 0 && place > 0 ? bend_ * std::expm1(place / bend_) : place;
  return 2 * (p * span_ + middle_);
}

}  // namespace studyhall::sampler::gp
