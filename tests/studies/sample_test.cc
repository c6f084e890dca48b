#include "studies/heat_signature/experiment/sample.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

namespace studyhall::heat_signature {
namespace {

bool is_inside(const Point& point) {
  return point.x >= kMargin && point.x <= kWidth - kMargin && point.y >= kMargin &&
         point.y <= kHeight - kMargin;
}

TEST(DrawSamples, StaysInTheContestsRanges) {
  for (const Sample& sample : draw_samples(5, 200)) {
    const Case& observed = sample.observed;
    SCOPED_TRACE(sample.number);
    EXPECT_TRUE(observed.diffusivity == 0.05 || observed.diffusivity == 0.1);
    EXPECT_TRUE(sample.noise_sd == 0 || sample.noise_sd == 0.1 || sample.noise_sd == 0.15);
    EXPECT_GE(observed.steps, 800);
    EXPECT_LE(observed.steps, 1200);
    EXPECT_EQ(observed.steps % kReadEvery, 0);
    EXPECT_GE(observed.sensors.size(), 2U);
    EXPECT_LE(observed.sensors.size(), 6U);
    for (const Point& sensor : observed.sensors) EXPECT_TRUE(is_inside(sensor));
    ASSERT_EQ(sample.sources.size(), static_cast<std::size_t>(observed.sources));
    for (const Source& source : sample.sources) {
      EXPECT_TRUE(is_inside(source.at));
      EXPECT_GE(source.intensity, 0.5);
      EXPECT_LE(source.intensity, 2.0);
      for (const Point& sensor : observed.sensors) {
        EXPECT_GE(distance(source.at, sensor), kMinSeparation);
      }
    }
    if (observed.sources == 2) {
      EXPECT_GE(distance(sample.sources[0].at, sample.sources[1].at), kMinSeparation);
    }
  }
}

TEST(DrawSamples, SpreadsEachPropertyEvenly) {
  std::map<int, int> sources, noises, sensors, edges;
  std::map<double, int> diffusivities;
  int steps_low = 0;
  for (const Sample& sample : draw_samples(9, 150)) {
    const Case& observed = sample.observed;
    ++sources[observed.sources];
    ++noises[static_cast<int>(std::lround(100 * sample.noise_sd))];
    ++sensors[static_cast<int>(observed.sensors.size())];
    ++edges[observed.edge == Edge::Neumann ? 1 : 0];
    ++diffusivities[observed.diffusivity];
    steps_low += observed.steps < 1000 ? 1 : 0;
  }

  EXPECT_EQ(sources, (std::map<int, int>{{1, 60}, {2, 90}}));
  EXPECT_EQ(noises, (std::map<int, int>{{0, 50}, {10, 50}, {15, 50}}));
  EXPECT_EQ(sensors, (std::map<int, int>{{2, 30}, {3, 30}, {4, 30}, {5, 30}, {6, 30}}));
  EXPECT_EQ(edges, (std::map<int, int>{{0, 75}, {1, 75}}));
  EXPECT_EQ(diffusivities, (std::map<double, int>{{0.05, 75}, {0.1, 75}}));
  EXPECT_NEAR(steps_low, 75, 2);
}

TEST(DrawSamples, SameSeedGivesTheSameSamplesAndAnotherSeedOthers) {
  const std::vector<Sample> first = draw_samples(3, 20);
  const std::vector<Sample> again = draw_samples(3, 20);
  const std::vector<Sample> other = draw_samples(4, 20);

  std::set<double> places;
  for (std::size_t k = 0; k < first.size(); ++k) {
    EXPECT_EQ(first[k].sources[0].at.x, again[k].sources[0].at.x);
    EXPECT_EQ(first[k].observed.sensors[1].y, again[k].observed.sensors[1].y);
    EXPECT_NE(first[k].sources[0].at.x, other[k].sources[0].at.x);
    places.insert(first[k].sources[0].at.x);
  }
  EXPECT_EQ(places.size(), first.size());
}

TEST(Observe, AddsNoiseOfTheStatedSizeToTheTruth) {
  std::vector<Sample> samples = draw_samples(8, 30);
  std::map<double, std::pair<double, double>> squares;  // by noise sd: sum of squares, count
  for (Sample& sample : samples) {
    Sample quiet = sample;
    quiet.noise_sd = 0;
    observe(sample, 8);
    observe(quiet, 8);
    auto& [sum, count] = squares[sample.noise_sd];
    const Eigen::MatrixXd noise = sample.observed.readings - quiet.observed.readings;
    ASSERT_EQ(noise.rows(), sample.observed.steps / kReadEvery);
    ASSERT_EQ(noise.cols(), static_cast<Eigen::Index>(sample.observed.sensors.size()));
    sum += noise.squaredNorm();
    count += static_cast<double>(noise.size());
  }

  for (const auto& [noise_sd, sums] : squares) {
    // About 10,000 readings each: the relative standard error of the sd is 0.7 %.
    EXPECT_NEAR(std::sqrt(sums.first / sums.second), noise_sd, 0.03 * noise_sd);
  }
  EXPECT_EQ(squares.size(), 3U);
}

}  // namespace
}  // namespace studyhall::heat_signature
