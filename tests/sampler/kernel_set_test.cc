#include "sampler/tpe/kernel_set.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "core/rng.h"
#include "sampler/tpe/log_sum.h"
#include "sampler/truncnorm.h"
#include "tests/support/spaces.h"

namespace studyhall::sampler::tpe {
namespace {

using testing::make_categorical;
using testing::make_float;
using testing::make_int;
using testing::make_ordered;
using testing::make_space;

SearchSpace mixed_space() {
  Parameter rate = make_float("rate", 1e-4, 1);
  rate.log = true;
  Parameter units = make_int("units", 1, 100);
  units.log = true;
  return make_space({make_float("x", -5, 5), rate, make_int("n", 0, 20), units,
                     make_categorical("c", {"a", "b", "c"}),
                     make_ordered("size", {"s", "m", "l", "xl"})});
}

std::vector<UnitAxis> axes_of(const SearchSpace& space) {
  const Slice slice = whole_space(space);
  std::vector<UnitAxis> axes;
  for (std::size_t p = 0; p < space.size(); ++p) {
    axes.emplace_back(p, space.params()[p], slice.domains[p]);
  }
  return axes;
}

std::vector<Place> places_of(const std::vector<UnitAxis>& axes, const Config& config) {
  std::vector<Place> places;
  for (const UnitAxis& axis : axes) places.push_back(axis.place(config[axis.position()]));
  return places;
}

Config random_config(const std::vector<UnitAxis>& axes, Rng& rng) {
  Config config;
  for (const UnitAxis& axis : axes) {
    config.push_back(axis.kind() == UnitAxis::Kind::Choice ? axis.value_of(rng.index(axis.values()))
                                                           : axis.value_at(rng.uniform()));
  }
  return config;
}

// One kernel's density at a point in double precision from the definition.
double log_product_kernel(const std::vector<UnitAxis>& axes, std::span<const Place> at,
                          std::span<const Place> point, double sigma, double off_mass) {
  double sum = 0;
  for (std::size_t a = 0; a < axes.size(); ++a) {
    const auto mu = static_cast<double>(at[a].unit);
    const double inside = log_mass(-mu / sigma, (1 - mu) / sigma);
    switch (axes[a].kind()) {
      case UnitAxis::Kind::Line:
        sum += truncnorm_log_density(static_cast<double>(point[a].unit), mu, sigma, 0, 1);
        break;
      case UnitAxis::Kind::Grid:
        sum += log_mass((axes[a].edges()[point[a].index] - mu) / sigma,
                        (axes[a].edges()[point[a].index + 1U] - mu) / sigma) -
               inside;
        break;
      case UnitAxis::Kind::Choice:
        sum += std::log(at[a].index == point[a].index
                            ? 1 - off_mass
                            : off_mass / static_cast<double>(axes[a].values() - 1));
        break;
    }
  }
  return sum;
}

double log_sum_of(const std::vector<double>& terms) {
  const double most = *std::max_element(terms.begin(), terms.end());
  double sum = 0;
  for (const double term : terms) sum += std::exp(term - most);
  return most + std::log(sum);
}

class KernelSums : public ::testing::TestWithParam<double> {};
INSTANTIATE_TEST_SUITE_P(Widths, KernelSums, ::testing::Values(0.01, 0.06, 0.3, 1.0));

TEST_P(KernelSums, EqualTheDefinitionToFourDigits) {
  const SearchSpace space = mixed_space();
  const std::vector<UnitAxis> axes = axes_of(space);
  Rng rng = Rng::for_trial(5, 0);
  KernelSet kernels(axes, 0.3, GetParam());
  std::vector<std::vector<Place>> at;
  for (std::int64_t i = 0; i < 300; ++i) {
    at.push_back(places_of(axes, random_config(axes, rng)));
    kernels.insert(i, at.back());
  }
  Places points{.axes = axes.size(), .places = {}};
  for (int k = 0; k < 50; ++k) {
    const std::vector<Place> point = places_of(axes, random_config(axes, rng));
    points.places.insert(points.places.end(), point.begin(), point.end());
  }

  std::vector<double> sums;
  kernels.log_sums(points, sums);

  for (std::size_t k = 0; k < points.size(); ++k) {
    std::vector<double> terms;
    for (const auto& place : at) {
      terms.push_back(log_product_kernel(axes, place, points.row(k), GetParam(), 0.3));
    }
    const double expected = log_sum_of(terms);
    EXPECT_NEAR(sums[k], expected, 1e-4 + 1e-6 * std::abs(expected)) << k;
  }
}

TEST(LogKernel, IsADensityOnEveryAxis) {
  const SearchSpace space = mixed_space();
  Rng rng = Rng::for_trial(10, 0);
  for (const UnitAxis& axis : axes_of(space)) {
    for (const double sigma : {0.02, 0.3, 1.0}) {
      const bool choice = axis.kind() == UnitAxis::Kind::Choice;
      const Place mu = axis.place(choice ? axis.value_of(rng.index(axis.values()))
                                         : axis.value_at(rng.uniform()));
      double sum = 0;
      if (axis.kind() == UnitAxis::Kind::Line) {
        constexpr int kPoints = 4000;  // Simpson's rule
        for (int k = 0; k <= kPoints; ++k) {
          const double weight = k == 0 || k == kPoints ? 1 : k % 2 == 1 ? 4 : 2;
          const Place at{.unit = static_cast<float>(k) / kPoints};
          sum += weight / (3.0 * kPoints) * std::exp(log_kernel(axis, mu, sigma, 0.3, at));
        }
      } else {
        for (std::size_t k = 0; k < axis.values(); ++k) {
          const Place at{.index = static_cast<std::uint16_t>(k)};
          sum += std::exp(log_kernel(axis, mu, sigma, 0.3, at));
        }
      }
      EXPECT_NEAR(sum, 1, axis.kind() == UnitAxis::Kind::Line ? 1e-5 : 1e-12) << axis.position();
    }
  }
}

TEST(KernelSet, DoesNotDependOnTheOrderOfItsChanges) {
  const SearchSpace space = mixed_space();
  const std::vector<UnitAxis> axes = axes_of(space);
  Rng rng = Rng::for_trial(6, 0);
  std::vector<std::vector<Place>> at;
  for (int i = 0; i < 40; ++i) at.push_back(places_of(axes, random_config(axes, rng)));
  Places points{.axes = axes.size(), .places = at[7]};

  KernelSet straight(axes, 0.3, 0.1);
  for (std::int64_t i = 0; i < 40; i += 2) straight.insert(i, at[static_cast<std::size_t>(i)]);
  KernelSet winding(axes, 0.3, 0.1);
  for (std::int64_t i = 39; i >= 0; --i) winding.insert(i, at[static_cast<std::size_t>(i)]);
  for (std::int64_t i = 1; i < 40; i += 2) winding.erase(i);

  std::vector<double> a;
  std::vector<double> b;
  straight.log_sums(points, a);
  winding.log_sums(points, b);
  EXPECT_EQ(a, b);
  EXPECT_FALSE(winding.contains(1));
  EXPECT_TRUE(winding.contains(2));
}

TEST(KernelSet, HasNoMassWithoutKernels) {
  const SearchSpace space = mixed_space();
  const std::vector<UnitAxis> axes = axes_of(space);
  KernelSet kernels(axes, 0.3, 0.1);
  Rng rng = Rng::for_trial(7, 0);
  std::vector<double> sums;
  kernels.log_sums({.axes = axes.size(), .places = places_of(axes, random_config(axes, rng))},
                   sums);
  EXPECT_EQ(sums, std::vector<double>{-std::numeric_limits<double>::infinity()});
}

TEST(LogCellMasses, SumToOneAndAreTheNormals) {
  const std::vector<double> edges = {0, 0.05, 0.3, 0.31, 0.7, 1};
  for (const double mu : {0.0, 0.3, 0.999, 1.0}) {
    for (const double sigma : {0.003, 0.1, 1.0}) {
      const std::vector<double> found = log_cell_masses(edges, mu, sigma);
      double sum = 0;
      for (std::size_t k = 0; k < found.size(); ++k) {
        sum += std::exp(found[k]);
        const double expected = log_mass((edges[k] - mu) / sigma, (edges[k + 1] - mu) / sigma) -
                                log_mass(-mu / sigma, (1 - mu) / sigma);
        if (expected > -600) {
          EXPECT_NEAR(found[k], expected, 1e-9 * std::max(1.0, -expected));
        }
      }
      EXPECT_NEAR(sum, 1, 1e-12);
    }
  }
}

TEST(LogSumExp, EqualsTheSumInDoublePrecision) {
  Rng rng = Rng::for_trial(8, 0);
  for (const std::size_t n : {1U, 7U, 8U, 9U, 100U, 2048U, 2049U}) {
    std::vector<float> terms;
    std::vector<double> exact;
    for (std::size_t i = 0; i < n; ++i) {
      terms.push_back(static_cast<float>(-120 * rng.uniform() * rng.uniform() - 300));
      exact.push_back(static_cast<double>(terms.back()));
    }
    EXPECT_NEAR(log_sum_exp(terms.data(), n), log_sum_of(exact), 2e-6) << n;
  }
}

TEST(LogSum, HasTheSameBitsWithAndWithoutAvx2) {
  if (best_instructions() == Instructions::Plain) GTEST_SKIP() << "this processor has no AVX2";
  Rng rng = Rng::for_trial(9, 0);
  const auto draw = [&] { return static_cast<float>(rng.uniform()); };
  for (const std::size_t n : {1U, 5U, 8U, 127U, 128U, 129U, 1003U}) {
    std::vector<float> mu(n);
    std::vector<float> inverse(n);
    std::vector<std::uint16_t> row(n);
    std::vector<float> table(64);
    for (std::size_t i = 0; i < n; ++i) {
      mu[i] = draw();
      inverse[i] = 1 / (0.003F + draw());
      row[i] = static_cast<std::uint16_t>(rng.index(table.size() - 1));
    }
    for (float& entry : table) entry = -9 * draw();
    const auto terms = [&](Instructions with) {
      std::vector<float> term(n, 0.5F);
      subtract_half_squares(0.3F, mu.data(), inverse.data(), n, term.data(), with);
      add_looked_up(table.data(), row.data(), n, term.data(), with);
      add_looked_up(table.data(), row.data(), table.data() + 1, row.data(), n - n / 2, term.data(),
                    with);
      add_where_equal(mu[n / 2], mu.data(), 1.25F, n, term.data(), with);
      return term;
    };
    const std::vector<float> plain = terms(Instructions::Plain);
    EXPECT_EQ(plain, terms(Instructions::Avx2)) << n;
    EXPECT_EQ(log_sum_exp(plain.data(), n, Instructions::Plain),
              log_sum_exp(plain.data(), n, Instructions::Avx2))
        << n;
  }
}

TEST(UnitAxis, PlacesAndValuesAreInverse) {
  const SearchSpace space = mixed_space();
  for (const UnitAxis& axis : axes_of(space)) {
    if (axis.kind() != UnitAxis::Kind::Grid) continue;
    for (std::size_t k = 0; k < axis.values(); ++k) {
      const double inside = (axis.edges()[k] + axis.edges()[k + 1]) / 2;
      const double value = axis.value_at(inside);
      EXPECT_EQ(axis.place(value).index, k);
      EXPECT_TRUE(space.params()[axis.position()].contains(value));
      EXPECT_EQ(axis.value_at(static_cast<double>(axis.unit_of(k))), value);
    }
    EXPECT_EQ(axis.edges().front(), 0);
    EXPECT_EQ(axis.edges().back(), 1);
  }
}

}  // namespace
}  // namespace studyhall::sampler::tpe
