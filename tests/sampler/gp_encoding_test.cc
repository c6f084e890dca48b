#include "sampler/gp/encoding.h"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <cmath>
#include <limits>
#include <vector>

#include "sampler/gp/kernel.h"
#include "sampler/gp/standardise.h"
#include "sampler/random.h"
#include "tests/support/spaces.h"

namespace studyhall::sampler::gp {
namespace {

using testing::make_categorical;
using testing::make_float;
using testing::make_int;
using testing::make_log_float;
using testing::make_ordered;
using testing::make_space;
using testing::with_default;

double distance(const Encoding& encoding, const Config& a, const Config& b) {
  const Eigen::VectorXd w = Eigen::VectorXd::Ones(encoding.axes());
  return squared_distances(encoding.columns(), w, encoding.encode(a), encoding.encode(b))[0];
}

TEST(GpEncoding, PutsNumbersAndOrderedChoicesOnTheUnitIntervalAndComparesOtherChoices) {
  const SearchSpace space =
      make_space({make_log_float("lr", 1e-4, 1), make_int("layers", 1, 4),
                  make_ordered("size", {"s", "m", "l", "xl"}),
                  make_categorical("c", {"a", "b", "z"}), make_float("fixed", 2, 2)});
  const Encoding encoding(space);

  ASSERT_EQ(encoding.axes(), 4);
  EXPECT_EQ(encoding.column_of(4), std::nullopt);
  const Config at = {1e-2, 1, 2, 0, 2};
  EXPECT_NEAR(encoding.encode(at)[0], 0.5, 1e-12);
  EXPECT_NEAR(encoding.encode(at)[1], 0.125, 1e-12);
  EXPECT_NEAR(encoding.encode(at)[2], 0.625, 1e-12);
  EXPECT_NEAR(distance(encoding, at, {1, 1, 2, 0, 2}), 0.25, 1e-12);
  EXPECT_NEAR(distance(encoding, at, {1e-2, 3, 2, 0, 2}), 0.25, 1e-12);
  EXPECT_NEAR(distance(encoding, at, {1e-2, 1, 0, 0, 2}), 0.25, 1e-12);
  for (const double other : {1.0, 2.0}) {
    EXPECT_EQ(distance(encoding, at, {1e-2, 1, 2, other, 2}), 1);
  }
}

std::vector<Parameter> conditional_parameters() {
  std::vector<Parameter> params = {make_categorical("model", {"svm", "tree", "net"})};
  params.push_back(
      testing::when(with_default(make_float("depth", 0, 10), 4.0), params, "model", {"tree"}));
  params.push_back(
      testing::when(make_categorical("act", {"relu", "tanh"}), params, "model", {"net"}));
  return params;
}

TEST(GpEncoding, TellsAParameterThatIsOffFromEveryValueOfIt) {
  const SearchSpace space = make_space(conditional_parameters());
  const Encoding encoding(space);
  const Config svm = {0, kInactive, kInactive};
  const Config net = {2, kInactive, 1};

  // The model differs by 1, the choice by 1, the depth is off in both.
  EXPECT_NEAR(distance(encoding, svm, net), 2, 1e-12);
  // The model differs by 1, the depth by at least a quarter, even where it is the default.
  EXPECT_NEAR(distance(encoding, svm, {1, 4, kInactive}), 1.25, 1e-12);
  EXPECT_NEAR(distance(encoding, svm, {1, 9, kInactive}), 1.5, 1e-12);
  EXPECT_NEAR(distance(encoding, {1, 4, kInactive}, {1, 9, kInactive}), 0.25, 1e-12);
}

TEST(GpKernel, IsPositiveDefiniteOnConditionalSpaces) {
  const SearchSpace space = make_space(conditional_parameters());
  const Encoding encoding(space);
  Rng rng = Rng::for_trial(3, 0);
  constexpr Eigen::Index kCount = 60;
  Eigen::MatrixXd X(kCount, encoding.width());
  for (Eigen::Index i = 0; i < kCount; ++i) {
    X.row(i) = encoding.encode(draw_uniform(space, whole_space(space), rng));
  }
  const Eigen::Vector3d w(0.3, 20, 2);
  Eigen::MatrixXd K(kCount, kCount);
  for (Eigen::Index i = 0; i < kCount; ++i) {
    K.col(i) = matern(squared_distances(encoding.columns(), w, X, X.row(i)));
  }

  const Eigen::VectorXd eigenvalues =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(K).eigenvalues();

  EXPECT_GT(eigenvalues[0], -1e-12);
  EXPECT_EQ(K, K.transpose());
}

TEST(GpKernel, SumsAxisDistancesToTheSameSquares) {
  const SearchSpace space = make_space(conditional_parameters());
  const Encoding encoding(space);
  Rng rng = Rng::for_trial(4, 0);
  Eigen::MatrixXd X(10, encoding.width());
  for (Eigen::Index i = 0; i < 10; ++i) {
    X.row(i) = encoding.encode(draw_uniform(space, whole_space(space), rng));
  }
  const Eigen::Vector3d w(0.3, 20, 2);

  const Eigen::VectorXd squared = axis_distances(encoding.columns(), encoding.axes(), X) * w;

  for (Eigen::Index i = 1, pair = 0; i < 10; ++i) {
    const Eigen::ArrayXd row = squared_distances(encoding.columns(), w, X, X.row(i));
    for (Eigen::Index k = 0; k < i; ++k, ++pair) EXPECT_NEAR(squared[pair], row[k], 1e-12);
  }
}

TEST(GpStandard, HasMeanZeroAndVarianceOneAtAnySize) {
  for (const double size : {1e-300, 1e-9, 1.0, 1e300}) {
    const std::vector<double> y = {3 * size, -1 * size, 4 * size, 1 * size, -5 * size};
    const Standard standard(y);
    double mean = 0;
    double square = 0;
    for (const double value : y) {
      mean += standard(value) / 5;
      square += standard(value) * standard(value) / 5;
    }
    EXPECT_NEAR(mean, 0, 1e-12) << size;
    EXPECT_NEAR(square, 1, 1e-12) << size;
    EXPECT_LT(standard(-5 * size), standard(-1 * size));
  }
}

// Median 2, least 0: above the median 2 + 2 ln(1 + (y - 2) / 2) stands for y.
TEST(GpStandard, CompressesWhatIsAboveTheMedian) {
  const Standard linear(std::vector<double>{0, 1, 2, 2 + 2 * std::log(2), 2 + 2 * std::log(51)});
  const Standard compressed(std::vector<double>{0, 1, 2, 4, 102}, {Bend::Kind::AboveMedian, 1});

  EXPECT_NEAR(compressed(0), linear(0), 1e-12);
  EXPECT_NEAR(compressed(1), linear(1), 1e-12);
  EXPECT_NEAR(compressed(4), linear(2 + 2 * std::log(2)), 1e-12);
  EXPECT_NEAR(compressed(102), linear(2 + 2 * std::log(51)), 1e-12);
}

// The median of the sizes is 2, so that s = 6.
TEST(GpStandard, BendsAboutZeroOnBothSides) {
  const auto bilog = [](double y) { return std::copysign(std::log1p(std::abs(y) / 6), y); };
  const std::vector<double> values{-1000, -2, 0, 0.5, 54};
  std::vector<double> bent;
  for (const double y : values) bent.push_back(bilog(y));
  const Standard linear(bent);
  const Standard standard(values, {Bend::Kind::AboutZero, 3});

  for (const double y : {-2000.0, -1000.0, -2.0, -1e-9, 0.0, 0.5, 7.0, 54.0, 1e9}) {
    EXPECT_NEAR(standard(y), linear(bilog(y)), 1e-12) << y;
    EXPECT_NEAR(standard.inverse(standard(y)), y, 1e-9 * std::max(1.0, std::abs(y))) << y;
  }
}

TEST(GpStandard, BendsValuesOfAnySize) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<std::vector<double>> cases{
      {0, 0, 0, 1e300}, {0, 0, 0}, {1e308, -1e308, 5e-324}, {kInfinity, -1, 2}, {1e-320, 2e-320}};
  for (const std::vector<double>& values : cases) {
    const Standard standard(values, {Bend::Kind::AboutZero, 3});
    for (const double y : values) EXPECT_TRUE(std::isfinite(standard(y))) << y;
    EXPECT_LE(standard(0), standard(1));
  }
  // A violated constraint that never changed is still violated.
  EXPECT_LT(Standard(std::vector<double>(3, 7.0), {Bend::Kind::AboutZero, 3})(0), -0.5);
}

TEST(GpStandard, TakesInfinitiesForTheNearestFiniteValue) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Standard standard(std::vector<double>{1, 2, kInfinity, -kInfinity, 4});

  EXPECT_EQ(standard(kInfinity), standard(4));
  EXPECT_EQ(standard(-kInfinity), standard(1));
  EXPECT_TRUE(std::isfinite(Standard(std::vector<double>{kInfinity, -kInfinity})(kInfinity)));
}

TEST(GpStandard, KeepsEqualValuesAtZeroAndOthersFinite) {
  for (const double value : {0.0, 7.0, -1e308, 1e-310}) {
    const Standard standard(std::vector<double>(60, value));
    EXPECT_EQ(standard(value), 0);
    EXPECT_TRUE(std::isfinite(standard(1e308)));
    EXPECT_TRUE(std::isfinite(standard(-1e308)));
  }
  // A violated constraint that never changed is still violated.
  EXPECT_LT(Standard(std::vector<double>(3, 7.0))(0), -0.5);
}

}  // namespace
}  // namespace studyhall::sampler::gp
