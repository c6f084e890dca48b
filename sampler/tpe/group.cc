#include "sampler/tpe/group.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

#include "sampler/truncnorm.h"

namespace studyhall::sampler::tpe {
namespace {

// What the choices other than the one observed have together in a kernel.
constexpr double kOffMass = 0.2;
constexpr double kPriorWeight = 1;
constexpr int kNormalTries = 64;

// Widths shrink as trials come in, so that the search closes in: a power of their number, rounded
// to one of 2^(1/8), so that what depends on a width is seldom computed again.
double width_at(std::size_t told, double at_25, double power, double least) {
  const double n = std::max(static_cast<double>(told), 25.0);
  const double width = std::max(least, at_25 * std::pow(n / 25, -power));
  return std::exp2(std::round(std::log2(width) * 8) / 8);
}

double least_good_width(std::size_t told) { return width_at(told, 0.08, 0.5, 0.003); }
double other_width(std::size_t told) { return width_at(told, 0.06, 0.3, 0.01); }

// A normal(mu, sigma) cut to [0, 1]. REQUIRES: mu in [0, 1], sigma <= 1.
double draw_cut_normal(double mu, double sigma, Rng& rng) {
  for (int i = 0; i < kNormalTries; ++i) {
    const double x = mu + sigma * rng.normal();
    if (x >= 0 && x <= 1) return x;
  }
  return mu;
}

// Of good trials, the best first: ln(n + 1) - ln(rank), as recombination weights of CMA-ES (Hansen,
// arXiv:1604.00772, eq. 49), their mean 1. They depend on ranks alone, so that no transform of the
// values changes a suggestion.
std::vector<double> rank_weights(std::size_t n) {
  std::vector<double> weights(n);
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    weights[i] = std::log(static_cast<double>(n + 1)) - std::log(static_cast<double>(i + 1));
    sum += weights[i];
  }
  for (double& w : weights) w *= static_cast<double>(n) / sum;
  return weights;
}

std::vector<UnitAxis> joined(std::vector<UnitAxis> first, std::vector<UnitAxis> second) {
  std::move(second.begin(), second.end(), std::back_inserter(first));
  return first;
}

}  // namespace

std::vector<double> neighbour_widths(std::span<const double> mu, double least) {
  std::vector<double> sorted(mu.begin(), mu.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> sigma;
  for (const double x : mu) {
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), x);
    const auto next = std::next(at);
    double gap = at == sorted.begin() ? 0 : x - *std::prev(at);
    if (next != sorted.end()) gap = std::max(gap, *next - x);
    if (sorted.size() == 1) gap = std::max(x, 1 - x);
    sigma.push_back(std::clamp(gap, least, 1.0));
  }
  return sigma;
}

Group::Group(std::vector<UnitAxis> free, std::vector<UnitAxis> held)
    : free_(free.size()),
      axes_(joined(std::move(free), std::move(held))),
      good_(axes_, kOffMass, other_width(0)),
      others_(axes_, kOffMass, other_width(0)),
      running_(axes_, kOffMass, other_width(0)) {
  good_places_.axes = axes_.size();
}

void Group::hold(const Slice& slice) {
  held_.clear();
  for (std::size_t a = free_; a < axes_.size(); ++a) {
    held_.push_back(axes_[a].place(slice.domains[axes_[a].position()].held));
  }
}

bool Group::place(const Observation& trial, std::vector<Place>& out) const {
  out.clear();
  for (const UnitAxis& axis : axes_) {
    const double value = trial.config[axis.position()];
    if (std::isnan(value)) return false;
    out.push_back(axis.place(value));
  }
  return true;
}

void Group::learn(const Observation* trial, std::int64_t number, const LiveSplit& split) {
  std::vector<Place> at;
  const bool present = trial != nullptr && place(*trial, at);
  const auto keep = [&](KernelSet& set, bool wanted) {
    if (set.contains(number)) set.erase(number);
    if (wanted) set.insert(number, at);
  };
  keep(others_, present && split.is_other(number));
  keep(running_, present && split.is_running(number));
}

void Group::update(const History& history, const LiveSplit& split,
                   const std::optional<std::vector<std::int64_t>>& touched) {
  const double width = other_width(split.told());
  if (touched && width == others_.sigma()) {
    for (const std::int64_t number : *touched) learn(history.find(number), number, split);
  } else {
    others_.restart(width);
    running_.restart(width);
    for (const Observation& trial : history.observations()) learn(&trial, trial.number, split);
  }
  weight_of_other_ = split.weight_of_other();

  const double least = least_good_width(split.told());
  const bool same =
      touched && least == least_width_ &&
      std::equal(split.good().begin(), split.good().end(), ranks_.begin(), ranks_.end()) &&
      std::none_of(touched->begin(), touched->end(),
                   [&](std::int64_t number) { return split.is_good(number); });
  if (same) return;
  ranks_.assign(split.good().begin(), split.good().end());
  least_width_ = least;
  learn_good(history);
}

void Group::learn_good(const History& history) {
  struct Good {
    std::int64_t number;
    double weight;
  };
  const std::vector<double> weights = rank_weights(ranks_.size());
  std::vector<Good> good;
  for (std::size_t i = 0; i < ranks_.size(); ++i) good.push_back({ranks_[i].number, weights[i]});
  std::sort(good.begin(), good.end(),
            [](const Good& a, const Good& b) { return a.number < b.number; });

  std::vector<std::int64_t> numbers;
  std::vector<Place> at;
  good_places_.places.clear();
  good_weights_.clear();
  for (const Good& trial : good) {
    if (!place(*history.find(trial.number), at)) continue;
    good_places_.places.insert(good_places_.places.end(), at.begin(), at.end());
    good_weights_.push_back(trial.weight);
    numbers.push_back(trial.number);
  }
  const double n = static_cast<double>(numbers.size() + 2);
  const double least = std::max(least_width_, 1 / (n * n));
  good_sigma_.assign(axes_.size(), {});
  std::vector<double> mu(numbers.size());
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    if (axes_[a].kind() == UnitAxis::Kind::Choice) continue;
    for (std::size_t i = 0; i < mu.size(); ++i) {
      mu[i] = static_cast<double>(good_places_.row(i)[a].unit);
    }
    good_sigma_[a] = neighbour_widths(mu, least);
  }
  good_.assign(numbers, good_places_, good_sigma_, good_weights_);
}

double Group::log_prior(std::span<const Place> point, std::size_t first) const {
  double result = std::log(kPriorWeight);
  for (std::size_t a = first; a < axes_.size(); ++a) {
    const Place& at = point[a - first];
    switch (axes_[a].kind()) {
      case UnitAxis::Kind::Line:
        break;
      case UnitAxis::Kind::Choice:
        result -= std::log(static_cast<double>(axes_[a].values()));
        break;
      case UnitAxis::Kind::Grid:
        result += std::log(axes_[a].edges()[at.index + 1U] - axes_[a].edges()[at.index]);
        break;
    }
  }
  return result;
}

std::vector<double> Group::cumulative_weights() const {
  const std::size_t n = good_.size();
  std::vector<double> logs(n + 1);
  for (std::size_t i = 0; i < n; ++i) {
    logs[i] = std::log(good_weights_[i]);
    for (std::size_t a = free_; a < axes_.size(); ++a) {
      const double sigma = axes_[a].kind() == UnitAxis::Kind::Choice ? 0 : good_sigma_[a][i];
      logs[i] += log_kernel(axes_[a], good_places_.row(i)[a], sigma, kOffMass, held_[a - free_]);
    }
  }
  logs[n] = log_prior(held_, free_);
  const double most = *std::max_element(logs.begin(), logs.end());
  std::vector<double> cumulative(n + 1);
  double sum = 0;
  for (std::size_t i = 0; i <= n; ++i) {
    sum += std::exp(logs[i] - most);
    cumulative[i] = sum;
  }
  return cumulative;
}

double Group::log_good_weight() const {
  return std::log(std::accumulate(good_weights_.begin(), good_weights_.end(), kPriorWeight));
}

double Group::log_other_weight() const {
  return std::log(weight_of_other_ * static_cast<double>(others_.size()) +
                  static_cast<double>(running_.size()) + kPriorWeight);
}

void Group::judge(const Places& points, Candidates& into) const {
  std::vector<double> good;
  std::vector<double> others;
  std::vector<double> running;
  good_.log_sums(points, good);
  others_.log_sums(points, others);
  running_.log_sums(points, running);
  const double log_weight = std::log(weight_of_other_);
  into.log_good.resize(points.size());
  into.log_other.resize(points.size());
  for (std::size_t k = 0; k < points.size(); ++k) {
    const double prior = log_prior(points.row(k), 0);
    into.log_good[k] = log_add(good[k], prior);
    into.log_other[k] = log_add(log_add(others[k] + log_weight, running[k]), prior);
  }
}

Candidates Group::draw(std::size_t count, Rng& rng) const {
  const std::size_t n = good_.size();
  const std::vector<double> cumulative = cumulative_weights();
  Candidates result;
  Places points{.axes = axes_.size(), .places = {}};
  for (std::size_t k = 0; k < count; ++k) {
    const double u = rng.uniform() * cumulative.back();
    const auto found = std::upper_bound(cumulative.begin(), cumulative.end(), u);
    const std::size_t i = std::min(static_cast<std::size_t>(found - cumulative.begin()), n);
    for (std::size_t a = 0; a < free_; ++a) {
      const double value = i < n ? draw_from_kernel(a, i, rng) : draw_from_prior(a, rng);
      result.values.push_back(value);
      points.places.push_back(axes_[a].place(value));
    }
    points.places.insert(points.places.end(), held_.begin(), held_.end());
  }
  judge(points, result);
  std::vector<double> scores(count);
  for (std::size_t k = 0; k < count; ++k) scores[k] = result.log_good[k] - result.log_other[k];
  result.order = best_first(scores);
  const double log_good = log_good_weight();
  const double log_other = log_other_weight();
  for (double& l : result.log_good) l -= log_good;
  for (double& g : result.log_other) g -= log_other;
  return result;
}

double Group::draw_from_prior(std::size_t axis, Rng& rng) const {
  const UnitAxis& a = axes_[axis];
  return a.kind() == UnitAxis::Kind::Choice ? a.value_of(rng.index(a.values()))
                                            : a.value_at(rng.uniform());
}

double Group::draw_from_kernel(std::size_t axis, std::size_t i, Rng& rng) const {
  const UnitAxis& a = axes_[axis];
  const Place& mu = good_places_.row(i)[axis];
  if (a.kind() != UnitAxis::Kind::Choice) {
    return a.value_at(draw_cut_normal(static_cast<double>(mu.unit), good_sigma_[axis][i], rng));
  }
  if (rng.uniform() < 1 - kOffMass) return a.value_of(mu.index);
  const std::size_t other = rng.index(a.values() - 1);
  return a.value_of(other < mu.index ? other : other + 1);
}

}  // namespace studyhall::sampler::tpe
