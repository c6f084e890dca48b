#include "studies/heat_signature/experiment/sample.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>

#include "core/rng.h"

namespace studyhall::heat_signature {
namespace {

// Streams of one sample's random numbers.
constexpr std::uint32_t kNoiseStream = 1;
constexpr std::uint32_t kPlaceStream = 2;
// Trial numbers of Rng::for_trial below zero: the shuffles of a whole group.
constexpr std::int64_t kFirstGroup = -1;

constexpr std::array<double, 2> kDiffusivities{0.05, 0.1};
constexpr std::array<double, 3> kNoises{0.0, 0.1, 0.15};
constexpr std::size_t kFewestSensors = 2;
constexpr std::size_t kSensorCounts = 5;
constexpr int kFewestSteps = 800;
constexpr int kMostSteps = 1200;

// For n samples, n numbers on [0, 1): one in each slice [k/n, (k+1)/n), in random order.
std::vector<double> spread(std::size_t n, Rng& rng) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t k = n; k > 1; --k) std::swap(order[k - 1], order[rng.index(k)]);
  std::vector<double> values(n);
  for (std::size_t k = 0; k < n; ++k) {
    values[k] = (static_cast<double>(order[k]) + rng.uniform()) / static_cast<double>(n);
  }
  return values;
}

std::size_t pick(double fraction, std::size_t choices) {
  return static_cast<std::size_t>(fraction * static_cast<double>(choices));
}

Point place(double fraction_x, double fraction_y) {
  return {kMargin + fraction_x * (kWidth - 2 * kMargin),
          kMargin + fraction_y * (kHeight - 2 * kMargin)};
}

bool is_clear(const Point& point, const Sample& sample) {
  for (const Source& source : sample.sources) {
    if (distance(point, source.at) < kMinSeparation) return false;
  }
  for (const Point& sensor : sample.observed.sensors) {
    if (distance(point, sensor) < kMinSeparation) return false;
  }
  return true;
}

// The point itself if it is clear of what is already placed, else the first clear one of a
// sequence.
Point clear_of(Point point, const Sample& sample, Rng& rng) {
  while (!is_clear(point, sample)) point = place(rng.uniform(), rng.uniform());
  return point;
}

// Samples first, ..., first + n - 1, all with the same number of sources.
std::vector<Sample> draw_group(std::uint64_t seed, int first, std::size_t n, int sources) {
  Rng rng = Rng::for_trial(seed, kFirstGroup - sources);
  const std::vector<double> diffusivity = spread(n, rng);
  const std::vector<double> edge = spread(n, rng);
  const std::vector<double> noise = spread(n, rng);
  const std::vector<double> sensors = spread(n, rng);
  const std::vector<double> steps = spread(n, rng);
  std::vector<std::vector<double>> place_x, place_y, intensity;
  for (int k = 0; k < sources; ++k) {
    place_x.push_back(spread(n, rng));
    place_y.push_back(spread(n, rng));
    intensity.push_back(spread(n, rng));
  }

  std::vector<Sample> group(n);
  for (std::size_t i = 0; i < n; ++i) {
    Sample& sample = group[i];
    Case& observed = sample.observed;
    sample.number = first + static_cast<int>(i);
    sample.noise_sd = kNoises[pick(noise[i], kNoises.size())];
    observed.diffusivity = kDiffusivities[pick(diffusivity[i], kDiffusivities.size())];
    observed.edge = pick(edge[i], 2) == 0 ? Edge::Dirichlet : Edge::Neumann;
    constexpr std::size_t kLengths = (kMostSteps - kFewestSteps) / kReadEvery + 1;
    observed.steps = kFewestSteps + kReadEvery * static_cast<int>(pick(steps[i], kLengths));
    observed.sources = sources;

    Rng places = Rng::for_trial(seed, sample.number, kPlaceStream);
    for (std::size_t k = 0; k < place_x.size(); ++k) {
      const Point at = clear_of(place(place_x[k][i], place_y[k][i]), sample, places);
      const double strength = kMinIntensity + (kMaxIntensity - kMinIntensity) * intensity[k][i];
      sample.sources.push_back({at, strength});
    }
    const std::size_t sensor_count = kFewestSensors + pick(sensors[i], kSensorCounts);
    const std::vector<double> sensor_x = spread(sensor_count, places);
    const std::vector<double> sensor_y = spread(sensor_count, places);
    for (std::size_t k = 0; k < sensor_count; ++k) {
      const Point at = place(sensor_x[k], sensor_y[k]);
      observed.sensors.push_back(clear_of(at, sample, places));
    }
  }
  return group;
}

}  // namespace

std::vector<Sample> draw_samples(std::uint64_t seed, int count) {
  const int one_source = static_cast<int>(std::lround(0.4 * count));
  std::vector<Sample> samples = draw_group(seed, 0, static_cast<std::size_t>(one_source), 1);
  std::vector<Sample> two =
      draw_group(seed, one_source, static_cast<std::size_t>(count - one_source), 2);
  for (Sample& sample : two) samples.push_back(std::move(sample));
  // The two groups alternate, so that what is known half-way is typical.
  const auto position = [&](const Sample& sample) {
    const bool in_first = sample.number < one_source;
    const int index = in_first ? sample.number : sample.number - one_source;
    return (index + 0.5) / (in_first ? one_source : count - one_source);
  };
  std::stable_sort(samples.begin(), samples.end(),
                   [&](const auto& a, const auto& b) { return position(a) < position(b); });
  return samples;
}

void observe(Sample& sample, std::uint64_t seed) {
  Case& observed = sample.observed;
  Plate plate({.nx = kFineX,
               .ny = kFineY,
               .diffusivity = observed.diffusivity,
               .edge = observed.edge,
               .dt = kTimeStep});
  observed.readings =
      plate.run(plate.heating(sample.sources), observed.sensors, observed.steps, kReadEvery);
  Rng rng = Rng::for_trial(seed, sample.number, kNoiseStream);
  for (double& reading : observed.readings.reshaped()) reading += sample.noise_sd * rng.normal();
}

}  // namespace studyhall::heat_signature
