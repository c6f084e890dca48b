#include "studies/heat_signature/experiment/refine.h"

#include <Eigen/Cholesky>
#include <cmath>

#include "studies/heat_signature/experiment/distinct.h"

namespace studyhall::heat_signature {
namespace {

constexpr double kDifference = 0.01;    // plate lengths between simulations for a derivative
constexpr double kFirstDamping = 0.01;  // relative to the diagonal of J'J
constexpr double kDampingFactor = 10;
constexpr double kLongestStep = 0.3;  // of a source, plate lengths

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
  for (const Candidate& candidate : others) {
    const Positions other = positions_of(candidate);
    const double length = displacement(positions, other);
    if (length >= kDistinct || length <= 0) continue;
    const auto match = nearest_match(positions, other);
    const auto is_farthest = [&](std::size_t k) {
      return distance(positions[k], other[match[k]]) == length;
    };
    const std::size_t k = is_farthest(0) ? 0 : 1;
    const Point& centre = other[match[k]];
    const double factor = kDistinct * (1 + 1e-9) / length;
    positions[k] = clamp_to_plate({centre.x + factor * (positions[k].x - centre.x),
                                   centre.y + factor * (positions[k].y - centre.y)});
  }
  return positions;
}

}  // namespace

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
