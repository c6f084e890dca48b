#include "sampler/tpe/kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace studyhall::sampler::tpe {
namespace {

// From this many observations on the smallest width is R / 100, below which gaps do not matter.
constexpr std::size_t kFixedFloor = 98;
// Buckets are narrower than that smallest width.
constexpr std::size_t kBuckets = 128;

struct Widths {
  double least;
  double most;
  double operator()(double gap) const { return std::clamp(gap, least, most); }
};

std::vector<double> bandwidths_by_sorting(std::span<const double> mu, double lower, double upper,
                                          const Widths& widths) {
  const std::size_t n = mu.size();
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return mu[a] < mu[b]; });
  std::vector<double> sigma(n);
  for (std::size_t k = 0; k < n; ++k) {
    double left = mu[order[k]] - (k > 0 ? mu[order[k - 1]] : lower);
    double right = (k + 1 < n ? mu[order[k + 1]] : upper) - mu[order[k]];
    if (n >= 2 && k == 0) left = 0;
    if (n >= 2 && k + 1 == n) right = 0;
    sigma[order[k]] = widths(std::max(left, right));
  }
  return sigma;
}

// The same without sorting: two observations in one bucket are closer than the smallest width, so
// only a bucket's first and last can have a gap that matters, to the next bucket that has any.
std::vector<double> bandwidths_by_buckets(std::span<const double> mu, double lower, double upper,
                                          const Widths& widths) {
  constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  struct Bucket {
    std::size_t first = kNone;
    std::size_t last = kNone;
  };
  std::vector<Bucket> buckets(kBuckets);
  const double scale = static_cast<double>(kBuckets) / (upper - lower);
  for (std::size_t i = 0; i < mu.size(); ++i) {
    const double place = std::clamp((mu[i] - lower) * scale, 0.0, kBuckets - 1.0);
    Bucket& bucket = buckets[static_cast<std::size_t>(place)];
    if (bucket.first == kNone || mu[i] < mu[bucket.first]) bucket.first = i;
    if (bucket.last == kNone || mu[i] >= mu[bucket.last]) bucket.last = i;
  }
  std::erase_if(buckets, [](const Bucket& bucket) { return bucket.first == kNone; });

  std::vector<double> sigma(mu.size(), widths.least);
  for (std::size_t k = 0; k + 1 < buckets.size(); ++k) {
    const std::size_t a = buckets[k].last;
    const std::size_t b = buckets[k + 1].first;
    const double gap = widths(mu[b] - mu[a]);
    sigma[a] = std::max(sigma[a], gap);
    sigma[b] = std::max(sigma[b], gap);
  }
  return sigma;
}

}  // namespace

Axis::Axis(std::size_t position, const Parameter& parameter, const Domain& domain)
    : position_(position) {
  if (parameter.is_numeric()) {
    scale_.emplace(parameter, domain);
  } else {
    choices_ = domain.choices;
  }
}

bool Axis::contains(double value) const {
  if (scale_) return scale_->contains(value);
  return value >= 0 &&
         std::binary_search(choices_.begin(), choices_.end(), static_cast<std::size_t>(value));
}

double Axis::coordinate(double value) const {
  if (scale_) return scale_->coordinate(value);
  const auto place =
      std::lower_bound(choices_.begin(), choices_.end(), static_cast<std::size_t>(value));
  return static_cast<double>(place - choices_.begin());
}

double Axis::value(double coordinate) const {
  if (scale_) return scale_->value(coordinate);
  return static_cast<double>(choices_[static_cast<std::size_t>(coordinate)]);
}

std::vector<double> bandwidths(std::span<const double> mu, double lower, double upper) {
  const double range = upper - lower;
  const double parts = std::min(100.0, static_cast<double>(mu.size() + 2));
  const Widths widths{.least = range / parts, .most = range};
  if (mu.size() > kFixedFloor) return bandwidths_by_buckets(mu, lower, upper, widths);
  return bandwidths_by_sorting(mu, lower, upper, widths);
}

ChoiceKernel choice_kernel(std::size_t observations, std::size_t choices) {
  const double share = 1 / static_cast<double>(observations + 1);  // prior weight 1 over n_k
  const double total = 1 + share * static_cast<double>(choices);
  return {.on = (1 + share) / total, .off = share / total};
}

}  // namespace studyhall::sampler::tpe
