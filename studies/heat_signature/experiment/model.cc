#include "studies/heat_signature/experiment/model.h"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

namespace studyhall::heat_signature {
namespace {

double clamp_intensity(double q) { return std::clamp(q, kMinIntensity, kMaxIntensity); }

// q' G q - 2 q' b: the squared misfit without its constant term.
double misfit(const Eigen::Matrix2d& G, const Eigen::Vector2d& b, const Eigen::Vector2d& q) {
  return q.dot(G * q) - 2 * q.dot(b);
}

// Minimises misfit over the square of legal intensities: the free minimum if it is inside, else the
// best of the four sides.
Eigen::Vector2d fit_two(const Eigen::Matrix2d& G, const Eigen::Vector2d& b) {
  const double determinant = G.determinant();
  if (determinant > 1e-12 * G(0, 0) * G(1, 1)) {
    Eigen::Vector2d free = G.inverse() * b;
    if (free[0] >= kMinIntensity && free[0] <= kMaxIntensity && free[1] >= kMinIntensity &&
        free[1] <= kMaxIntensity) {
      return free;
    }
  }
  Eigen::Vector2d best = Eigen::Vector2d::Constant(kMinIntensity);
  for (const int held : {0, 1}) {
    const int moved = 1 - held;
    for (const double bound : {kMinIntensity, kMaxIntensity}) {
      Eigen::Vector2d q;
      q[held] = bound;
      q[moved] = clamp_intensity((b[moved] - G(0, 1) * bound) / G(moved, moved));
      if (misfit(G, b, q) < misfit(G, b, best)) best = q;
    }
  }
  return best;
}

}  // namespace

Point clamp_to_plate(Point point) {
  return {std::clamp(point.x, kMargin, kWidth - kMargin),
          std::clamp(point.y, kMargin, kHeight - kMargin)};
}

Positions positions_of(const Candidate& candidate) {
  Positions positions;
  for (const Source& source : candidate.sources) positions.push_back(source.at);
  return positions;
}

Eigen::VectorXd fit_intensities(const Eigen::MatrixXd& responses, const Eigen::VectorXd& y) {
  assert(responses.cols() == 1 || responses.cols() == 2);
  if (responses.cols() == 2) {
    const Eigen::Matrix2d G = responses.transpose() * responses;
    const Eigen::Vector2d b = responses.transpose() * y;
    return fit_two(G, b);
  }
  const double q = responses.col(0).dot(y) / responses.col(0).squaredNorm();
  return Eigen::VectorXd::Constant(1, clamp_intensity(q));
}

Model::Model(const Case& observed)
    : observed_(observed),
      plate_({.nx = kCoarseX,
              .ny = kCoarseY,
              .diffusivity = observed.diffusivity,
              .edge = observed.edge,
              .dt = kTimeStep * kReadEvery}),
      y_(observed.readings.reshaped()) {}

Eigen::VectorXd Model::response(const Point& at) {
  const std::array<Source, 1> source{{{at, 1.0}}};
  const int steps = observed_.steps / kReadEvery;
  return plate_.run(plate_.heating(source), observed_.sensors, steps, 1).reshaped();
}

Eigen::MatrixXd Model::responses(std::span<const Point> positions) {
  Eigen::MatrixXd columns(y_.size(), static_cast<Eigen::Index>(positions.size()));
  for (Eigen::Index k = 0; k < columns.cols(); ++k) {
    columns.col(k) = response(positions[static_cast<std::size_t>(k)]);
  }
  return columns;
}

Candidate Model::evaluate(std::span<const Point> positions) {
  return fit(positions, responses(positions));
}

Candidate Model::fit(std::span<const Point> positions, const Eigen::MatrixXd& responses) const {
  const Eigen::VectorXd q = fit_intensities(responses, y_);
  Candidate candidate;
  for (Eigen::Index k = 0; k < q.size(); ++k) {
    candidate.sources.push_back({positions[static_cast<std::size_t>(k)], q[k]});
  }
  const double squares = (responses * q - y_).squaredNorm();
  candidate.rmse = std::sqrt(squares / static_cast<double>(y_.size()));
  return candidate;
}

}  // namespace studyhall::heat_signature
