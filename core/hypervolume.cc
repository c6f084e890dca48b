#include "core/hypervolume.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace studyhall {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool all_finite(std::span<const double> numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](double x) { return std::isfinite(x); });
}

// The volume between one point and the reference, over the point's objectives. An infinite edge
// beside one of length 0 makes nothing.
double box(std::span<const double> point, std::span<const double> reference) {
  double volume = 1;
  for (std::size_t k = 0; k < point.size(); ++k) {
    const double edge = reference[k] - point[k];
    if (edge == 0) return 0;
    volume *= edge;
  }
  return volume;
}

// The area that points of two objectives dominate, point by point.
class Staircase {
 public:
  explicit Staircase(std::span<const double> reference)
      : right_(reference[0]), top_(reference[1]) {}

  // The area that (x, y) adds: a sum of the strips between the steps it covers.
  double add(double x, double y) {
    auto step = steps_.lower_bound(x);
    double ceiling = step == steps_.begin() ? top_ : std::prev(step)->second;
    if (ceiling <= y || (step != steps_.end() && step->first == x && step->second <= y)) return 0;
    double area = 0;
    double from = x;
    while (step != steps_.end() && step->second >= y) {
      area += (step->first - from) * (ceiling - y);
      from = step->first;
      ceiling = step->second;
      step = steps_.erase(step);
    }
    area += ((step == steps_.end() ? right_ : step->first) - from) * (ceiling - y);
    steps_.emplace_hint(step, x, y);
    return area;
  }

 private:
  double right_;
  double top_;
  std::map<double, double> steps_;  // x -> y, falling
};

double volume(std::vector<Losses> points, std::span<const double> reference);

// REQUIRES: `points` have at least two objectives.
double area(std::span<const Losses> points, std::span<const double> reference) {
  Staircase staircase(reference);
  double sum = 0;
  for (const Losses& point : points) sum += staircase.add(point[0], point[1]);
  return sum;
}

// Slices between the points, in the order of the third objective.
double volume_of_three(std::vector<Losses> points, std::span<const double> reference) {
  std::sort(points.begin(), points.end(),
            [](const Losses& a, const Losses& b) { return a[2] < b[2]; });
  Staircase staircase(reference);
  double base = 0;
  double sum = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    base += staircase.add(points[i][0], points[i][1]);
    const double next = i + 1 < points.size() ? points[i + 1][2] : reference[2];
    sum += base * (next - points[i][2]);
  }
  return sum;
}

// The part of what each of `points` dominates that lies within what `point` dominates, over the
// first `objectives`.
std::vector<Losses> limited(std::span<const Losses> points, std::span<const double> point,
                            std::size_t objectives) {
  std::vector<Losses> result;
  result.reserve(points.size());
  for (const Losses& other : points) {
    Losses corner(objectives);
    for (std::size_t k = 0; k < objectives; ++k) corner[k] = std::max(other[k], point[k]);
    result.push_back(std::move(corner));
  }
  return result;
}

// The sum of what each point dominates alone among those that are no worse in the last objective:
// there every corner has the last objective of the point, so that one objective fewer is left.
double volume_by_points(std::vector<Losses> points, std::span<const double> reference) {
  std::vector<Losses> front;
  for (const std::size_t i : pareto_front(points)) front.push_back(std::move(points[i]));
  std::sort(front.begin(), front.end(),
            [](const Losses& a, const Losses& b) { return a.back() > b.back(); });
  front.erase(std::unique(front.begin(), front.end()), front.end());
  const std::size_t last = reference.size() - 1;
  const auto rest = reference.first(last);
  double sum = 0;
  for (std::size_t i = 0; i < front.size(); ++i) {
    const auto point = std::span<const double>(front[i]);
    const auto later = std::span<const Losses>(front).subspan(i + 1);
    const double alone = box(point.first(last), rest) - volume(limited(later, point, last), rest);
    sum += alone * (reference[last] - point[last]);
  }
  return sum;
}

// REQUIRES: finite points, none of them above the reference.
double volume(std::vector<Losses> points, std::span<const double> reference) {
  if (points.empty()) return 0;
  if (points.size() == 1) return box(points.front(), reference);
  switch (reference.size()) {
    case 1:
      return reference[0] - std::min_element(points.begin(), points.end())->front();
    case 2:
      return area(points, reference);
    case 3:
      return volume_of_three(std::move(points), reference);
    default:
      return volume_by_points(std::move(points), reference);
  }
}

// Of two objectives and in the order of the first, each point adds a rectangle up to its chosen
// neighbours.
class RectangleGreedy {
 public:
  RectangleGreedy(std::span<const Losses> points, std::span<const double> reference)
      : points_(points), corners_(points.size(), Losses(reference.begin(), reference.end())) {}

  [[nodiscard]] std::vector<double> gains() const {
    std::vector<double> gains(points_.size());
    for (std::size_t i = 0; i < gains.size(); ++i) gains[i] = box(points_[i], corners_[i]);
    return gains;
  }

  void choose(std::size_t chosen) {
    for (std::size_t i = 0; i < points_.size(); ++i) {
      double& edge = corners_[i][i < chosen ? 0 : 1];
      edge = std::min(edge, points_[chosen][i < chosen ? 0 : 1]);
    }
  }

 private:
  std::span<const Losses> points_;
  std::vector<Losses> corners_;
};

// Any number of objectives. What a point adds can only become less, so that an old gain bounds the
// new one, and only points whose bound is above the best gain are computed again.
class LazyGreedy {
 public:
  LazyGreedy(std::span<const Losses> points, std::span<const double> reference)
      : points_(points), reference_(reference), gains_(points.size()) {
    for (std::size_t i = 0; i < points.size(); ++i) gains_[i] = box(points[i], reference);
  }

  // Exact for the largest, an upper bound below it for the others.
  [[nodiscard]] const std::vector<double>& gains() const { return gains_; }

  void choose(std::size_t chosen, const std::vector<char>& is_chosen) {
    infinite_ = infinite_ || !std::isfinite(gains_[chosen]);
    chosen_.push_back(points_[chosen]);
    if (infinite_) {
      std::fill(gains_.begin(), gains_.end(), kInfinity);
      return;
    }
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < points_.size(); ++i) {
      if (!is_chosen[i]) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return gains_[a] > gains_[b]; });
    double best = 0;
    for (const std::size_t i : order) {
      if (gains_[i] < best) break;
      const double whole = box(points_[i], reference_);
      if (std::isfinite(whole)) {
        gains_[i] = whole - volume(limited(chosen_, points_[i], reference_.size()), reference_);
      }
      best = std::max(best, gains_[i]);
    }
  }

 private:
  std::span<const Losses> points_;
  std::span<const double> reference_;
  std::vector<double> gains_;
  std::vector<Losses> chosen_;
  bool infinite_ = false;
};

std::size_t best_left(const std::vector<double>& gains, const std::vector<char>& is_chosen) {
  std::size_t best = gains.size();
  for (std::size_t i = 0; i < gains.size(); ++i) {
    if (!is_chosen[i] && (best == gains.size() || gains[i] > gains[best])) best = i;
  }
  return best;
}

// REQUIRES: points are distinct and in lexicographic order, the reference is finite.
std::vector<std::size_t> greedy(std::span<const Losses> points, std::size_t count,
                                std::span<const double> reference) {
  std::vector<std::size_t> chosen;
  std::vector<char> is_chosen(points.size(), 0);
  const auto take = [&](const std::vector<double>& gains) {
    chosen.push_back(best_left(gains, is_chosen));
    is_chosen[chosen.back()] = 1;
  };
  if (reference.size() == 2) {
    RectangleGreedy rectangles(points, reference);
    while (chosen.size() < count) {
      take(rectangles.gains());
      rectangles.choose(chosen.back());
    }
    return chosen;
  }
  LazyGreedy lazy(points, reference);
  while (chosen.size() < count) {
    take(lazy.gains());
    if (chosen.size() < count) lazy.choose(chosen.back(), is_chosen);
  }
  return chosen;
}

}  // namespace

double hypervolume(std::span<const Losses> points, std::span<const double> reference) {
  std::vector<Losses> below;
  for (const Losses& point : points) {
    const bool is_below = std::equal(point.begin(), point.end(), reference.begin(),
                                     [](double loss, double bound) { return loss < bound; });
    if (!is_below) continue;
    if (!all_finite(point) || !all_finite(reference)) return kInfinity;
    below.push_back(point);
  }
  return volume(std::move(below), reference);
}

Losses reference_point(std::span<const Losses> points) {
  Losses reference = points.front();
  for (const Losses& point : points) {
    for (std::size_t k = 0; k < point.size(); ++k) reference[k] = std::max(reference[k], point[k]);
  }
  for (double& worst : reference) {
    worst = worst == 0 ? 1e-12 : std::max(1.1 * worst, 0.9 * worst);
  }
  return reference;
}

std::vector<std::size_t> hypervolume_subset(std::span<const Losses> points, std::size_t count,
                                            std::span<const double> reference) {
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (count == points.size()) return order;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return points[a] < points[b]; });
  std::vector<std::size_t> distinct;
  std::vector<std::size_t> repeated;
  for (const std::size_t i : order) {
    const bool seen = !distinct.empty() && points[distinct.back()] == points[i];
    (seen ? repeated : distinct).push_back(i);
  }
  if (distinct.size() <= count) {
    std::sort(repeated.begin(), repeated.end());
    repeated.resize(count - distinct.size());
    distinct.insert(distinct.end(), repeated.begin(), repeated.end());
    return distinct;
  }
  if (!all_finite(reference)) {
    distinct.resize(count);
    return distinct;
  }
  std::vector<Losses> sorted;
  sorted.reserve(distinct.size());
  for (const std::size_t i : distinct) sorted.push_back(points[i]);
  std::vector<std::size_t> chosen = greedy(sorted, count, reference);
  for (std::size_t& position : chosen) position = distinct[position];
  return chosen;
}

}  // namespace studyhall
