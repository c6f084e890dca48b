#include "sampler/tpe/parzen.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/rng.h"
#include "core/slice.h"
#include "sampler/random.h"
#include "sampler/tpe/split.h"
#include "tests/support/spaces.h"

namespace studyhall::sampler::tpe {
namespace {

using testing::make_categorical;
using testing::make_float;
using testing::make_int;
using testing::make_log_float;
using testing::make_stepped_float;

Parameter make_log_int(std::string name, int low, int high) {
  Parameter parameter = make_int(std::move(name), low, high);
  parameter.log = true;
  return parameter;
}

SearchSpace six_kinds() {
  return testing::make_space({make_float("a", -5, 10), make_log_float("b", 1e-5, .1),
                              make_int("c", 0, 20), make_log_int("d", 1, 256),
                              make_stepped_float("e", 0, 1, .25),
                              make_categorical("f", {"x", "y", "z"})});
}

std::vector<Axis> all_axes(const SearchSpace& space, const Slice& slice) {
  std::vector<Axis> axes;
  for (std::size_t p = 0; p < space.size(); ++p) {
    axes.emplace_back(p, space.params()[p], slice.domains[p]);
  }
  return axes;
}

// Of the rows `observations` of parameter values.
Mixture mixture_of(std::span<const Axis> axes,
                   const std::vector<std::vector<double>>& observations) {
  std::vector<std::vector<double>> columns(axes.size());
  for (std::size_t a = 0; a < axes.size(); ++a) {
    for (const auto& row : observations) columns[a].push_back(axes[a].coordinate(row[a]));
  }
  return Mixture(axes, std::move(columns), default_weights(observations.size()));
}

std::vector<double> part(const std::vector<double>& row, std::size_t first, std::size_t count) {
  const std::span<const double> values = std::span(row).subspan(first, count);
  return {values.begin(), values.end()};
}

Points points_of(const std::vector<std::vector<double>>& rows) {
  Points points{.axes = rows.front().size(), .values = {}};
  for (const auto& row : rows) {
    for (const double value : row) points.values.push_back(value);
  }
  return points;
}

// The density as it is defined, one kernel at a time, in long double.
double plain_log_density(std::span<const Axis> axes,
                         const std::vector<std::vector<double>>& observations,
                         std::span<const double> x) {
  const auto phi_between = [](long double a, long double b) {
    const long double root = std::sqrt(2.0L);
    if (a > 0) return 0.5L * (std::erfc(a / root) - std::erfc(b / root));
    return 0.5L * (std::erfc(-b / root) - std::erfc(-a / root));
  };
  const std::size_t n = observations.size();
  const std::vector<double> weights = default_weights(n);
  const long double total = std::accumulate(weights.begin(), weights.end(), 1.0L);
  std::vector<long double> densities(n + 1, 1.0L / total);
  for (std::size_t i = 0; i < n; ++i) densities[i] = weights[i] / total;

  for (std::size_t a = 0; a < axes.size(); ++a) {
    if (axes[a].is_choice()) {
      const ChoiceKernel kernel = choice_kernel(n, axes[a].choices());
      for (std::size_t i = 0; i < n; ++i) {
        densities[i] *= observations[i][a] == x[a] ? kernel.on : kernel.off;
      }
      densities[n] /= static_cast<long double>(axes[a].choices());
      continue;
    }
    const Scale& scale = axes[a].scale();
    std::vector<double> mu;
    for (const auto& row : observations) mu.push_back(scale.coordinate(row[a]));
    std::vector<double> sigma = bandwidths(mu, scale.lower(), scale.upper());
    mu.push_back((scale.lower() + scale.upper()) / 2);
    sigma.push_back(scale.upper() - scale.lower());
    for (std::size_t i = 0; i <= n; ++i) {
      const long double s = sigma[i];
      const auto z = [&](double coordinate) { return (coordinate - mu[i]) / s; };
      const long double inside = phi_between(z(scale.lower()), z(scale.upper()));
      if (axes[a].is_grid()) {
        const Cell cell = scale.cell(x[a]);
        densities[i] *= phi_between(z(cell.lower), z(cell.upper)) / inside;
      } else {
        const long double u = z(scale.coordinate(x[a]));
        densities[i] *= std::exp(-0.5L * u * u) / (s * std::sqrt(2 * std::acos(-1.0L)) * inside);
      }
    }
  }
  return static_cast<double>(std::log(std::accumulate(densities.begin(), densities.end(), 0.0L)));
}

TEST(Parzen, IsOptunasOnAKnownCase) {
  const SearchSpace space = six_kinds();
  const Slice slice = whole_space(space);
  const std::vector<Axis> axes = all_axes(space, slice);
  const std::vector<std::vector<double>> observations = {{-4, 1e-4, 0, 1, 0, 0},
                                                         {.5, 3e-3, 3, 16, .25, 1},
                                                         {3, 2e-2, 3, 200, .5, 1},
                                                         {3, 1e-5, 20, 256, 1, 2},
                                                         {9, 5e-4, 7, 3, .5, 1}};
  const std::vector<double> x1 = {1, 1e-3, 5, 2, .75, 2};
  const std::vector<double> x2 = {-5, 1e-5, 0, 1, 0, 1};
  // The density of axes [first, first + count) alone, at x1 and x2.
  const auto densities = [&](std::size_t first, std::size_t count) {
    std::vector<std::vector<double>> rows;
    for (const auto& row : observations) rows.push_back(part(row, first, count));
    const Points points = points_of({part(x1, first, count), part(x2, first, count)});
    return mixture_of(std::span(axes).subspan(first, count), rows).log_density(points);
  };

  const std::vector<double> joint = densities(0, 6);
  EXPECT_NEAR(joint[0], -13.816292638894428, 1e-12 * 14);
  EXPECT_NEAR(joint[1], -10.66373642359513, 1e-12 * 11);
  const double alone[6][2] = {
      {-2.4910610176051273, -2.994522703380226},  {-2.0734873652396373, -2.311302306883963},
      {-2.6485511996150444, -2.4265348576842785}, {-2.4273391955014425, -1.7305090436229071},
      {-1.7510387348166472, -1.554966747894393},  {-1.349926716949016, -0.7308875085427924}};
  for (std::size_t a = 0; a < axes.size(); ++a) {
    SCOPED_TRACE(a);
    const std::vector<double> found = densities(a, 1);
    EXPECT_NEAR(found[0], alone[a][0], 1e-12 * 3);
    EXPECT_NEAR(found[1], alone[a][1], 1e-12 * 3);
  }
}

std::vector<std::vector<double>> draws(const SearchSpace& space, const Slice& slice, std::size_t n,
                                       std::int64_t seed) {
  Rng rng = Rng::for_trial(41, seed);
  std::vector<std::vector<double>> rows;
  for (std::size_t i = 0; i < n; ++i) rows.push_back(draw_uniform(space, slice, rng));
  return rows;
}

// Components that cannot matter are skipped: the sum must not show it.
TEST(Parzen, EqualsThePlainSumOfKernels) {
  const SearchSpace space = six_kinds();
  const Slice slice = whole_space(space);
  const std::vector<Axis> axes = all_axes(space, slice);
  const std::vector<std::vector<double>> probes = draws(space, slice, 30, 1);
  for (const std::size_t n : {0u, 1u, 2u, 30u, 127u, 128u, 700u}) {
    SCOPED_TRACE(n);
    const std::vector<std::vector<double>> observations = draws(space, slice, n, 2);
    const Mixture mixture = mixture_of(axes, observations);

    const std::vector<double> found = mixture.log_density(points_of(probes));

    for (std::size_t k = 0; k < probes.size(); ++k) {
      const double expected = plain_log_density(axes, observations, probes[k]);
      EXPECT_NEAR(found[k], expected, 1e-12 * (1 + std::abs(expected)));
    }
  }
}

TEST(Parzen, DiscreteMassAddsUpToOne) {
  const SearchSpace space =
      testing::make_space({make_stepped_float("g", .1, .9, .1), make_log_int("l", 1, 60),
                           make_int("i", 0, 100, 5), make_categorical("c", {1, 2, 3, 4})});
  const Slice slice = whole_space(space);
  for (std::size_t p = 0; p < space.size(); ++p) {
    const Axis axis(p, space.params()[p], slice.domains[p]);
    for (const std::size_t n : {0u, 1u, 7u, 300u}) {
      SCOPED_TRACE(::testing::Message() << space.params()[p].name << " " << n);
      std::vector<std::vector<double>> observations;
      for (const auto& row : draws(space, slice, n, 3)) observations.push_back({row[p]});
      const std::span<const Axis> axes(&axis, 1);
      const Mixture mixture = mixture_of(axes, observations);
      Points points{.axes = 1, .values = {}};
      const std::uint64_t count = *space.params()[p].cardinality();
      for (std::uint64_t k = 0; k < count; ++k) {
        points.values.push_back(axis.is_choice() ? static_cast<double>(k)
                                                 : space.params()[p].grid_value(k));
      }

      const std::vector<double> log_masses = mixture.log_density(points);

      double sum = 0;
      for (const double log_mass : log_masses) sum += std::exp(log_mass);
      EXPECT_NEAR(sum, 1, 1e-12);
    }
  }
}

TEST(Parzen, ContinuousDensityIntegratesToOne) {
  const SearchSpace space =
      testing::make_space({make_float("a", -5, 10), make_log_float("b", 1e-5, .1)});
  const Slice slice = whole_space(space);
  for (std::size_t p = 0; p < space.size(); ++p) {
    const Axis axis(p, space.params()[p], slice.domains[p]);
    for (const std::size_t n : {0u, 1u, 20u, 400u}) {
      SCOPED_TRACE(::testing::Message() << space.params()[p].name << " " << n);
      std::vector<std::vector<double>> observations;
      for (const auto& row : draws(space, slice, n, 4)) observations.push_back({row[p]});
      const Mixture mixture = mixture_of(std::span<const Axis>(&axis, 1), observations);
      constexpr int kSteps = 4000;
      const double width = (axis.scale().upper() - axis.scale().lower()) / kSteps;
      Points points{.axes = 1, .values = {}};
      for (int i = 0; i <= kSteps; ++i) {
        points.values.push_back(axis.value(axis.scale().lower() + i * width));
      }

      const std::vector<double> logs = mixture.log_density(points);

      // Simpson's rule; the narrowest kernel is 40 steps wide.
      double sum = 0;
      for (int i = 0; i <= kSteps; ++i) {
        const int weight = i == 0 || i == kSteps ? 1 : (i % 2 == 1 ? 4 : 2);
        sum += weight * std::exp(logs[static_cast<std::size_t>(i)]);
      }
      EXPECT_NEAR(sum * width / 3, 1, 1e-7);
    }
  }
}

// The draws of each parameter against the masses that log_density states.
TEST(Parzen, DrawsFollowTheDensity) {
  const SearchSpace space =
      testing::make_space({make_int("i", 0, 9), make_log_int("l", 1, 12),
                           make_stepped_float("g", 0, 1, .1), make_categorical("c", {1, 2, 3})});
  const Slice slice = whole_space(space);
  constexpr std::size_t kDraws = 20000;
  for (std::size_t p = 0; p < space.size(); ++p) {
    SCOPED_TRACE(space.params()[p].name);
    const Axis axis(p, space.params()[p], slice.domains[p]);
    std::vector<std::vector<double>> observations;
    for (const auto& row : draws(space, slice, 6, 5)) observations.push_back({row[p]});
    const Mixture mixture = mixture_of(std::span<const Axis>(&axis, 1), observations);
    Points grid{.axes = 1, .values = {}};
    for (std::uint64_t k = 0; k < *space.params()[p].cardinality(); ++k) {
      grid.values.push_back(axis.is_choice() ? static_cast<double>(k)
                                             : space.params()[p].grid_value(k));
    }
    const std::vector<double> logs = mixture.log_density(grid);
    Rng rng = Rng::for_trial(6, static_cast<std::int64_t>(p));

    const Points drawn = mixture.draw(kDraws, rng);

    double chi_square = 0;
    for (std::size_t k = 0; k < grid.size(); ++k) {
      const double expected = std::exp(logs[k]) * static_cast<double>(kDraws);
      const auto found =
          static_cast<double>(std::count(drawn.values.begin(), drawn.values.end(), grid.values[k]));
      chi_square += (found - expected) * (found - expected) / expected;
    }
    // Mean k - 1, sd sqrt(2 (k - 1)): above 35 has probability below 1e-4 for up to 12 cells.
    EXPECT_LT(chi_square, 35);
  }
}

TEST(Parzen, ContinuousDrawsFollowTheDensity) {
  const SearchSpace space = testing::make_space({make_float("a", 0, 1)});
  const Slice slice = whole_space(space);
  const std::vector<Axis> axes = all_axes(space, slice);
  const Mixture mixture = mixture_of(axes, {{.1}, {.15}, {.9}});
  Rng rng = Rng::for_trial(7, 0);
  constexpr std::size_t kDraws = 20000;
  constexpr int kBins = 20;
  constexpr int kPerBin = 50;

  const Points drawn = mixture.draw(kDraws, rng);

  Points middles{.axes = 1, .values = {}};
  for (int i = 0; i < kBins * kPerBin; ++i) middles.values.push_back((i + 0.5) / kBins / kPerBin);
  const std::vector<double> logs = mixture.log_density(middles);
  double chi_square = 0;
  for (int bin = 0; bin < kBins; ++bin) {
    double mass = 0;
    for (int i = 0; i < kPerBin; ++i) {
      mass += std::exp(logs[static_cast<std::size_t>(bin * kPerBin + i)]) / kBins / kPerBin;
    }
    const double expected = mass * static_cast<double>(kDraws);
    const auto found =
        static_cast<double>(std::count_if(drawn.values.begin(), drawn.values.end(), [&](double x) {
          return x >= static_cast<double>(bin) / kBins && x < (bin + 1.0) / kBins;
        }));
    chi_square += (found - expected) * (found - expected) / expected;
  }
  // 19 degrees of freedom: above 50 has probability 1e-4.
  EXPECT_LT(chi_square, 50);
}

}  // namespace
}  // namespace studyhall::sampler::tpe
