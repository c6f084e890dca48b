#include "sampler/qmc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "histories.h"
#include "tests/support/spaces.h"

namespace studyhall::sampler {
namespace {

using testing::open_task;
using testing::same_config;

std::vector<std::vector<double>> first_points(std::size_t dimensions, std::size_t count,
                                              std::uint64_t seed, std::uint32_t scramble = 0) {
  SobolPoints points(dimensions);
  std::vector<std::vector<double>> result;
  for (std::size_t i = 0; i < count; ++i) result.push_back(points.point(i, seed, scramble));
  return result;
}

TEST(SobolPoints, HitEachOfTwoToTheKPartsOfEveryAxisOnce) {
  for (const std::uint64_t seed : {0u, 1u, 12345u}) {
    for (const std::size_t count : {1u, 2u, 16u, 256u}) {
      const auto points = first_points(40, count, seed);
      for (std::size_t d = 0; d < 40; ++d) {
        std::set<double> parts;
        for (const auto& point : points) {
          ASSERT_GE(point[d], 0);
          ASSERT_LT(point[d], 1);
          parts.insert(std::floor(point[d] * static_cast<double>(count)));
        }
        EXPECT_EQ(parts.size(), count) << "axis " << d << ", seed " << seed;
      }
    }
  }
}

// The first two dimensions are a (0, m, 2)-net in base 2: of 2^m points, every box with sides 2^-a
// and 2^-(m-a) has one. Scrambling keeps that.
TEST(SobolPoints, AreANetInTheFirstTwoDimensions) {
  const auto points = first_points(2, 256, 7);
  for (int a = 0; a <= 8; ++a) {
    std::set<std::pair<double, double>> boxes;
    for (const auto& point : points) {
      boxes.emplace(std::floor(std::ldexp(point[0], a)), std::floor(std::ldexp(point[1], 8 - a)));
    }
    EXPECT_EQ(boxes.size(), 256u) << a;
  }
}

// Warnock's formula for the L2 star discrepancy, squared.
double discrepancy(const std::vector<std::vector<double>>& points) {
  const auto n = static_cast<double>(points.size());
  const auto dimensions = static_cast<double>(points.front().size());
  double single = 0;
  double pairs = 0;
  for (const auto& x : points) {
    double product = 1;
    for (const double coordinate : x) product *= 1 - coordinate * coordinate;
    single += product;
    for (const auto& y : points) {
      double corner = 1;
      for (std::size_t d = 0; d < x.size(); ++d) corner *= 1 - std::max(x[d], y[d]);
      pairs += corner;
    }
  }
  return std::pow(3, -dimensions) - std::pow(2, 1 - dimensions) / n * single + pairs / (n * n);
}

TEST(SobolPoints, HaveALowerDiscrepancyThanRandomPoints) {
  for (const std::size_t dimensions : {2u, 5u}) {
    std::vector<std::vector<double>> random;
    Rng rng = Rng::for_trial(3, 0);
    for (int i = 0; i < 256; ++i) {
      random.emplace_back();
      for (std::size_t d = 0; d < dimensions; ++d) random.back().push_back(rng.uniform());
    }
    const double sobol = discrepancy(first_points(dimensions, 256, 5));
    EXPECT_LT(sobol, discrepancy(random) / 4) << dimensions;
  }
}

// A single nested scramble leaves each point uniform: over many scrambles the mean of a coordinate
// is 1/2 and that of its square 1/3, to within 5 standard errors of 2000 draws.
TEST(SobolPoints, AreEachUniformOverTheScrambles) {
  SobolPoints points(3);
  for (const std::uint64_t index : {0u, 1u, 5u}) {
    double sum = 0;
    double squares = 0;
    for (std::uint32_t scramble = 0; scramble < 2000; ++scramble) {
      const double x = points.point(index, 9, scramble)[2];
      sum += x;
      squares += x * x;
    }
    EXPECT_NEAR(sum / 2000, 0.5, 5 * std::sqrt(1.0 / 12 / 2000));
    EXPECT_NEAR(squares / 2000, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / 2000));
  }
}

TEST(SobolPoints, DifferBySeedAndComeInAnyOrder) {
  EXPECT_NE(first_points(4, 8, 1), first_points(4, 8, 2));
  EXPECT_NE(first_points(4, 8, 1, 0), first_points(4, 8, 1, 1));
  EXPECT_NE(first_points(4, 8, 1), first_points(4, 8, std::uint64_t{1} << 32 | 1));

  const auto expected = first_points(4, 8, 1);
  SobolPoints points(4);
  for (const std::size_t i : {7u, 0u, 3u, 3u, 1u, 0u}) {
    EXPECT_EQ(points.point(i, 1, 0), expected[i]);
  }
}

// The configurations that a study of `count` trials gets from the sampler, each told at once.
std::vector<Config> run(const SearchSpace& space, const Slice& slice, History& history,
                        std::size_t count, std::uint64_t seed) {
  QmcSampler sampler;
  Task task = open_task(space, slice);
  task.seed = seed;
  std::vector<Config> configs;
  for (std::size_t i = 0; i < count; ++i) {
    const auto number = static_cast<std::int64_t>(history.observations().size());
    Rng rng = Rng::for_trial(seed, number);
    auto suggestion = sampler.suggest(task, history, rng);
    if (!suggestion) break;
    Observation trial = testing::complete(number, suggestion->config, 0);
    trial.sampler = suggestion->sampler;
    trial.slice = slice.key;
    history.apply(trial);
    configs.push_back(suggestion->config);
  }
  return configs;
}

TEST(Qmc, FillsEveryParameterEvenly) {
  const SearchSpace space = testing::make_space(
      {testing::make_log_float("lr", 1e-4, 1), testing::make_categorical("c", {"a", "b", "c", "d"}),
       testing::make_int("i", 1, 8), testing::make_float("x", -1, 1)});
  const Slice slice = whole_space(space);
  History history({Direction::Minimize});

  const auto configs = run(space, slice, history, 64, 11);

  ASSERT_EQ(configs.size(), 64u);
  std::vector<int> decades(4);
  std::vector<int> choices(4);
  std::vector<int> integers(8);
  for (const Config& config : configs) {
    ++decades[static_cast<std::size_t>(std::floor(std::log10(config[0]) + 4))];
    ++choices[static_cast<std::size_t>(config[1])];
    ++integers[static_cast<std::size_t>(config[2]) - 1];
  }
  EXPECT_EQ(decades, std::vector<int>(4, 16));
  EXPECT_EQ(choices, std::vector<int>(4, 16));
  EXPECT_EQ(integers, std::vector<int>(8, 8));
}

// Two workers ask in turn. If a trial's number were its index, each would see half of the first
// parameter only.
TEST(Qmc, FillsEachOfTwoSlicesThoughTheirTrialsAlternate) {
  const SearchSpace space = testing::box_space(2);
  Slice first = whole_space(space);
  first.key = "W1";
  Slice second = whole_space(space);
  second.key = "W2";
  History history({Direction::Minimize});

  std::set<double> cells;
  for (int i = 0; i < 16; ++i) {
    const Config config = run(space, first, history, 1, 3).front();
    run(space, second, history, 1, 3);
    cells.insert(std::floor(config[0] * 16));
  }

  EXPECT_EQ(cells.size(), 16u);
}

TEST(Qmc, KeepsHeldParametersAndGoesOnWhereAPointIsNotAdmissible) {
  const SearchSpace space = testing::make_space(
      {testing::make_float("x", 0, 1), testing::make_float("y", 0, 1)}, {"x + y <= 0.25"});
  Slice slice = whole_space(space);
  History history({Direction::Minimize});

  for (const Config& config : run(space, slice, history, 50, 1)) {
    EXPECT_LE(config[0] + config[1], 0.25);
  }
  EXPECT_EQ(history.observations().size(), 50u);

  slice.domains[1].free = false;
  slice.domains[1].held = 0.125;
  for (const Config& config : run(space, slice, history, 20, 1)) {
    EXPECT_EQ(config[1], 0.125);
    EXPECT_LE(config[0], 0.125);
  }
}

TEST(Qmc, GivesUpWhereNothingIsLeft) {
  const SearchSpace space = testing::small_finite_space();
  const Slice slice = whole_space(space);
  const History history({Direction::Minimize});
  Task task = open_task(space, slice);
  task.admissible = [](const Config&) { return false; };
  Rng rng = Rng::for_trial(1, 0);

  QmcSampler sampler;
  EXPECT_FALSE(sampler.suggest(task, history, rng));
  EXPECT_FALSE(sampler.ends());
}

TEST(Qmc, DoesNotDependOnTheTrialsRandomNumbers) {
  const SearchSpace space = testing::mixed_space();
  const Slice slice = whole_space(space);
  const History history({Direction::Minimize});
  Rng one = Rng::for_trial(1, 0);
  Rng other = Rng::for_trial(2, 5);

  const auto a = QmcSampler().suggest(open_task(space, slice), history, one);
  const auto b = QmcSampler().suggest(open_task(space, slice), history, other);

  EXPECT_TRUE(same_config(a->config, b->config));
}

}  // namespace
}  // namespace studyhall::sampler
