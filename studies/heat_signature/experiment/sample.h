// The cases that the estimator is scored on: plates with hidden sources.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "studies/heat_signature/experiment/plate.h"

namespace studyhall::heat_signature {

inline constexpr double kTimeStep = 0.004;  // of the plate that is observed
inline constexpr int kReadEvery = 4;        // its sensors are read every so many steps
inline constexpr double kMargin = 0.1;      // sources and sensors keep this distance from the edge
inline constexpr double kMinIntensity = 0.5;
inline constexpr double kMaxIntensity = 2.0;
inline constexpr int kMaxSources = 2;
// Two sources, or a source and a sensor, are never closer.
inline constexpr double kMinSeparation = 0.15;

// What the estimator is told.
struct Case {
  double diffusivity = 0;  // 0.05 or 0.1
  Edge edge = Edge::Neumann;
  int steps = 0;               // of kTimeStep: a multiple of kReadEvery, 800 to 1200
  std::vector<Point> sensors;  // 2 to 6
  int sources = 1;             // how many, 1 or 2
  // Row k: what the sensors showed at time (k + 1) * kReadEvery * kTimeStep.
  // [steps / kReadEvery, sensors.size()]
  Eigen::MatrixXd readings;
};

// What it is not told, beside the case.
struct Sample {
  int number = 0;
  std::vector<Source> sources;
  double noise_sd = 0;  // 0, 0.1 or 0.15, of each reading
  Case observed;
};

// `count` samples without their readings; all of them a function of (seed, count). 40 % (rounded)
// have one source. Each other property is spread evenly over the samples with one source and over
// those with two (a Latin hypercube: every slice of a range is drawn from equally often), so that
// another seed gives other samples of the same difficulty.
std::vector<Sample> draw_samples(std::uint64_t seed, int count);

// Fills in the readings: a plate of kFineX x kFineY cells, stepped by kTimeStep, plus noise that is
// a function of (seed, sample.number).
void observe(Sample& sample, std::uint64_t seed);
inline constexpr int kFineX = 52;
inline constexpr int kFineY = 26;

}  // namespace studyhall::heat_signature
