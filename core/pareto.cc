#include "core/pareto.h"

#include <algorithm>
#include <numeric>

namespace studyhall {

namespace {

// Positions of the points in lexicographic order, so that none dominates an earlier one.
std::vector<std::size_t> lexicographic(std::span<const Losses> points) {
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return points[a] < points[b]; });
  return order;
}

// The points of one rank that came so far, in lexicographic order. Of two objectives the last has
// the smallest second one and speaks for all.
class Front {
 public:
  [[nodiscard]] bool dominates(const Losses& point) const {
    return std::any_of(members_.rbegin(), members_.rend(),
                       [&](const Losses* member) { return studyhall::dominates(*member, point); });
  }
  void add(const Losses& point) {
    if (point.size() <= 2) members_.clear();
    members_.push_back(&point);
  }

 private:
  std::vector<const Losses*> members_;
};

}  // namespace

Losses losses(std::span<const double> values, std::span<const Direction> directions) {
  Losses result(values.begin(), values.end());
  for (std::size_t k = 0; k < result.size(); ++k) {
    if (directions[k] == Direction::Maximize) result[k] = -result[k];
  }
  return result;
}

bool dominates(std::span<const double> a, std::span<const double> b) {
  bool smaller = false;
  for (std::size_t k = 0; k < a.size(); ++k) {
    if (a[k] > b[k]) return false;
    smaller = smaller || a[k] < b[k];
  }
  return smaller;
}

std::vector<std::size_t> non_domination_ranks(std::span<const Losses> points) {
  std::vector<std::size_t> ranks(points.size());
  std::vector<Front> fronts;
  const Losses* before = nullptr;
  std::size_t rank = 0;
  for (const std::size_t i : lexicographic(points)) {
    if (before == nullptr || *before != points[i]) {
      // What a member of a front dominates, one of each front before dominates as well.
      const auto front =
          std::partition_point(fronts.begin(), fronts.end(),
                               [&](const Front& better) { return better.dominates(points[i]); });
      rank = static_cast<std::size_t>(front - fronts.begin());
      if (front == fronts.end()) fronts.emplace_back();
      fronts[rank].add(points[i]);
      before = &points[i];
    }
    ranks[i] = rank;
  }
  return ranks;
}

std::vector<std::size_t> pareto_front(std::span<const Losses> points) {
  std::vector<std::size_t> positions;
  Front front;
  for (const std::size_t i : lexicographic(points)) {
    if (front.dominates(points[i])) continue;
    front.add(points[i]);
    positions.push_back(i);
  }
  std::sort(positions.begin(), positions.end());
  return positions;
}

}  // namespace studyhall
