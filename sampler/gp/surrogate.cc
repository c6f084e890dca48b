#include "sampler/gp/surrogate.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <numeric>
#include <span>

#include "sampler/gp/fit.h"

namespace studyhall::sampler::gp {
namespace {

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

// Ascending: all of the first `size`, or half of kMostPoints by interest and the latest others.
std::vector<std::size_t> choose(const Series& series, std::size_t size) {
  std::vector<std::size_t> all(size);
  std::iota(all.begin(), all.end(), std::size_t{0});
  if (size <= kMostPoints) return all;
  std::vector<bool> taken(size, false);
  std::vector<std::size_t> by_interest = all;
  std::stable_sort(by_interest.begin(), by_interest.end(), [&](std::size_t a, std::size_t b) {
    return series[a].interest < series[b].interest;
  });
  for (std::size_t i = 0; i < kMostPoints / 2; ++i) taken[by_interest[i]] = true;
  std::size_t left = kMostPoints - kMostPoints / 2;
  for (std::size_t i = size; i-- > 0 && left > 0;) {
    if (taken[i]) continue;
    taken[i] = true;
    --left;
  }
  std::erase_if(all, [&](std::size_t i) { return !taken[i]; });
  return all;
}

}  // namespace

std::size_t fit_size(std::size_t n) {
  std::size_t size = std::min<std::size_t>(n, 30);
  if (n <= 30) return size;
  for (std::size_t next = size; next <= n; next += next / 15) size = next;
  return size;
}

bool Surrogate::extends(const Encoding& encoding, const Series& series) const {
  if (!posterior_ || fitted_ != fit_size(series.size()) || targets_.size() > series.size() ||
      !std::ranges::equal(posterior_->columns(), encoding.columns())) {
    return false;
  }
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    if (!same_bits(targets_[i], series[i].target)) return false;
  }
  const Eigen::MatrixXd& X = posterior_->points();
  for (Eigen::Index i = 0; i < X.rows(); ++i) {
    const Config& config = *series[members_[static_cast<std::size_t>(i)]].config;
    if (X.row(i) != encoding.encode(config)) return false;
  }
  return true;
}

void Surrogate::fit(const Encoding& encoding, const Series& series, std::size_t size) {
  fitted_ = size;
  members_ = choose(series, size);
  std::vector<double> chosen;
  for (const std::size_t i : members_) chosen.push_back(series[i].target);
  standard_.emplace(chosen, bend_);

  const auto n = static_cast<Eigen::Index>(members_.size());
  Eigen::MatrixXd X(n, encoding.width());
  Eigen::VectorXd y(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    X.row(i) = encoding.encode(*series[members_[static_cast<std::size_t>(i)]].config);
    y[i] = (*standard_)(chosen[static_cast<std::size_t>(i)]);
  }
  posterior_.emplace(std::vector(encoding.columns().begin(), encoding.columns().end()),
                     fit_kernel(encoding.columns(), encoding.axes(), X, y));
  for (Eigen::Index i = 0; i < n; ++i) posterior_->observe(X.row(i), y[i]);
  targets_.clear();
  for (std::size_t i = 0; i < size; ++i) targets_.push_back(series[i].target);
}

Eigen::VectorXd Surrogate::observed() const {
  Eigen::VectorXd z(std::ssize(members_));
  for (Eigen::Index i = 0; i < z.size(); ++i) {
    z[i] = (*standard_)(targets_[members_[static_cast<std::size_t>(i)]]);
  }
  return z;
}

void Surrogate::learn(const Encoding& encoding, const Series& series) {
  if (!extends(encoding, series)) fit(encoding, series, fit_size(series.size()));
  for (std::size_t i = targets_.size(); i < series.size(); ++i) {
    targets_.push_back(series[i].target);
    members_.push_back(i);
    posterior_->observe(encoding.encode(*series[i].config), (*standard_)(series[i].target));
  }
  posterior_->prepare();
}

}  // namespace studyhall::sampler::gp
