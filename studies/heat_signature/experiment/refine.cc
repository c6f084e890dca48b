#include "studies/heat_signature/experiment/refine.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <array>
#include <cmath>

namespace studyhall::heat_signature {
namespace {

constexpr double kDifference = 0.01;    // plate lengths between simulations for a derivative
constexpr double kFirstDamping = 0.01;  // relative to the diagonal of J'J
constexpr double kDampingFactor = 10;
constexpr double kLongestStep = 0.3;  // of a source, plate lengths

// match[k]: the source of b that source k of a is compared with.
std::array<std::size_t, kMaxSources> nearest_match(const Candidate& a, const Candidate& b) {
  if (a.sources.size() == 1) return {0, 0};
  const auto between = [&](std::size_t i, std::size_t j) {
    return distance(a.sources[i].at, b.sources[j].at);
  };
  const double straight = std::max(between(0, 0), between(1, 1));
  const double crossed = std::max(between(0, 1), between(1, 0));
  if (straight <= crossed) return {0, 1};
  return {1, 0};
}

// A point of the linearisation: responses of all sources and their derivatives.
struct Linear {
  Eigen::MatrixXd J;         // [n, 3 * sources]: d/dx, d/dy, d/dintensity of each source
  Eigen::VectorXd residual;  // [n], readings minus model
};

Linear linearise(Model& model, const Candidate& candidate, const Eigen::MatrixXd& responses) {
  const auto sources = static_cast<Eigen::Index>(candidate.sources.size());
  Linear linear;
  linear.J.resize(responses.rows(), 3 * sources);
  linear.residual = model.readings();
  for (Eigen::Index k = 0; k < sources; ++k) {
    const Source& source = candidate.sources[static_cast<std::size_t>(k)];
    // Towards the middle of the plate, so that the difference stays inside.
    const double dx = source.at.x < kWidth / 2 ? kDifference : -kDifference;
    const double dy = source.at.y < kHeight / 2 ? kDifference : -kDifference;
    const Eigen::VectorXd by_x = model.response({source.at.x + dx, source.at.y});
    const Eigen::VectorXd by_y = model.response({source.at.x, source.at.y + dy});
    linear.J.col(3 * k) = source.intensity / dx * (by_x - responses.col(k));
    linear.J.col(3 * k + 1) = source.intensity / dy * (by_y - responses.col(k));
    linear.J.col(3 * k + 2) = responses.col(k);
    linear.residual -= source.intensity * responses.col(k);
  }
  return linear;
}

Positions stepped(const Candidate& candidate, const Linear& linear, double damping) {
  Eigen::MatrixXd H = linear.J.transpose() * linear.J;
  const Eigen::VectorXd diagonal = H.diagonal();
  H.diagonal() += damping * diagonal + Eigen::VectorXd::Constant(H.rows(), 1e-12);
  const Eigen::VectorXd delta = H.ldlt().solve(linear.J.transpose() * linear.residual);
  Positions positions;
  for (std::size_t k = 0; k < candidate.sources.size(); ++k) {
    Eigen::Vector2d move = delta.segment<2>(3 * static_cast<Eigen::Index>(k));
    if (move.norm() > kLongestStep) move *= kLongestStep / move.norm();
    const Point& from = candidate.sources[k].at;
    positions.push_back(clamp_to_plate({from.x + move[0], from.y + move[1]}));
  }
  return positions;
}

// Pushes the source that is displaced most away from each of `others` that is too close.
Positions keep_distinct(Positions positions, std::span<const Candidate> others) {
  Candidate candidate;
  for (const Point& point : positions) candidate.sources.push_back({point, 0});
  for (const Candidate& other : others) {
    if (displacement(candidate, other) >= kDistinct) continue;
    const auto match = nearest_match(candidate, other);
    std::size_t farthest = 0;
    for (std::size_t k = 1; k < candidate.sources.size(); ++k) {
      if (distance(candidate.sources[k].at, other.sources[match[k]].at) >
          distance(candidate.sources[farthest].at, other.sources[match[farthest]].at)) {
        farthest = k;
      }
    }
    const Point& centre = other.sources[match[farthest]].at;
    Point& moved = candidate.sources[farthest].at;
    const double length = distance(moved, centre);
    if (length <= 0) continue;
    const double factor = kDistinct * (1 + 1e-9) / length;
    moved = clamp_to_plate(
        {centre.x + factor * (moved.x - centre.x), centre.y + factor * (moved.y - centre.y)});
  }
  return positions_of(candidate);
}

}  // namespace

double displacement(const Candidate& a, const Candidate& b) {
  const auto match = nearest_match(a, b);
  double largest = 0;
  for (std::size_t k = 0; k < a.sources.size(); ++k) {
    largest = std::max(largest, distance(a.sources[k].at, b.sources[match[k]].at));
  }
  return largest;
}

bool is_distinct(const Candidate& candidate, std::span<const Candidate> others) {
  return std::all_of(others.begin(), others.end(), [&](const Candidate& other) {
    return displacement(candidate, other) >= kDistinct;
  });
}

Candidate refine(Model& model, const Candidate& start, int iterations,
                 std::span<const Candidate> others) {
  Candidate best = start;
  Eigen::MatrixXd responses = model.responses(positions_of(best));
  Linear linear = linearise(model, best, responses);
  double damping = kFirstDamping;
  for (int k = 0; k < iterations; ++k) {
    const Positions positions = keep_distinct(stepped(best, linear, damping), others);
    const Eigen::MatrixXd there = model.responses(positions);
    const Candidate candidate = model.fit(positions, there);
    if (candidate.rmse >= best.rmse || !is_distinct(candidate, others)) {
      damping *= kDampingFactor;
      continue;
    }
    best = candidate;
    responses = there;
    damping /= kDampingFactor;
    if (k + 1 < iterations) linear = linearise(model, best, responses);
  }
  return best;
}

}  // namespace studyhall::heat_signature
