// The estimator's own, coarser plate: what the sensors of a case would show for given sources.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <vector>

#include "studies/heat_signature/experiment/plate.h"
#include "studies/heat_signature/experiment/sample.h"

namespace studyhall::heat_signature {

inline constexpr int kCoarseX = 26;
inline constexpr int kCoarseY = 13;

// Where the sources may be: one point for each.
using Positions = std::vector<Point>;

// Into the part of the plate where a source can be.
Point clamp_to_plate(Point point);

// A possible answer.
struct Candidate {
  std::vector<Source> sources;
  double rmse = 0;  // of what the sensors would show against the readings, root mean square
};
Positions positions_of(const Candidate& candidate);

// Intensities in [kMinIntensity, kMaxIntensity] that bring responses * intensities nearest to y in
// least squares; exact, including where a bound is active. responses: [n, 1 or 2], column k is the
// response to source k at intensity 1; y: [n].
Eigen::VectorXd fit_intensities(const Eigen::MatrixXd& responses, const Eigen::VectorXd& y);

// The temperature is linear in the intensities: a simulation of each source at intensity 1 is
// enough to fit them all by least squares, so only positions are searched.
class Model {
 public:
  explicit Model(const Case& observed);

  [[nodiscard]] const Case& observed() const { return observed_; }
  // All readings in one vector, sensor by sensor: [n].
  [[nodiscard]] const Eigen::VectorXd& readings() const { return y_; }

  // Readings for one source of intensity 1: [n]. One simulation.
  Eigen::VectorXd response(const Point& at);
  // The same for each source: [n, positions.size()].
  Eigen::MatrixXd responses(std::span<const Point> positions);
  // The best candidate with sources there. positions.size() simulations.
  Candidate evaluate(std::span<const Point> positions);
  // The same from known responses; no simulation.
  [[nodiscard]] Candidate fit(std::span<const Point> positions,
                              const Eigen::MatrixXd& responses) const;

  // Time steps simulated so far: what the estimate cost.
  [[nodiscard]] std::int64_t steps() const { return plate_.steps_made(); }

 private:
  const Case& observed_;
  Plate plate_;
  Eigen::VectorXd y_;
};

}  // namespace studyhall::heat_signature
