#include "core/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

namespace studyhall {
namespace {

using Words = std::array<std::uint32_t, 4>;

// Kolmogorov's statistic sqrt(n) * sup |F_n - F| of `sample` against the distribution function.
template <typename Cdf>
double kolmogorov(std::vector<double> sample, Cdf cdf) {
  std::sort(sample.begin(), sample.end());
  const auto n = static_cast<double>(sample.size());
  double largest = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double f = cdf(sample[i]);
    largest =
        std::max({largest, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
  }
  return std::sqrt(n) * largest;
}

// Quantile of Kolmogorov's distribution at 0.999: a true generator exceeds it once in 1,000 seeds.
constexpr double kKolmogorov999 = 1.95;

// kat_vectors of Random123 (D. E. Shaw Research), "philox 4 32 10".
TEST(Philox, GivesTheKnownAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Rng, GivesTheBlocksOfSeedNumberAndStream) {
  const std::uint64_t seed = 0x299f31d0a4093822;
  const std::int64_t number = 0x1'0000'0007;
  const std::uint32_t stream = 9;

  Rng rng = Rng::for_trial(seed, number, stream);

  for (std::uint32_t block = 0; block < 3; ++block) {
    const Words words = philox4x32({block, 7, 1, stream}, {0xa4093822, 0x299f31d0});
    EXPECT_EQ(rng.bits(), std::uint64_t{words[1]} << 32 | words[0]);
    EXPECT_EQ(rng.bits(), std::uint64_t{words[3]} << 32 | words[2]);
  }
}

TEST(Rng, GivesTheFirstNumbersOfTheKnownAnswers) {
  EXPECT_EQ(Rng::for_trial(0, 0).bits(), 0xe169c58d6627e8d5);
  // The top 53 bits of that number, 0xe169c58d6627e8d5 >> 11, over 2^53.
  EXPECT_EQ(Rng::for_trial(0, 0).uniform(), 0x1.c2d38b1acc4fdp-1);
}

TEST(Rng, RepeatsAndIsCopiedWithItsPosition) {
  Rng a = Rng::for_trial(7, 3);
  Rng b = Rng::for_trial(7, 3);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(a.bits(), b.bits());

  Rng copy = a;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(a.bits(), copy.bits());
}

TEST(Rng, StreamsOfDifferentTrialsShareNoNumber) {
  std::set<std::uint64_t> seen;
  std::size_t drawn = 0;
  for (const std::uint64_t seed : {0ULL, 1ULL, 1ULL << 32}) {
    for (const std::int64_t number : {0LL, 1LL, 2LL, 1LL << 32, 1LL << 40}) {
      for (const std::uint32_t stream : {0U, 1U}) {
        Rng rng = Rng::for_trial(seed, number, stream);
        for (int i = 0; i < 100; ++i, ++drawn) seen.insert(rng.bits());
      }
    }
  }
  // 3,000 draws of 64 bits coincide by chance with probability 2.4e-13.
  EXPECT_EQ(seen.size(), drawn);
}

TEST(Rng, UniformIsAMultipleOfTwoToTheMinus53) {
  Rng rng = Rng::for_trial(1, 1);
  std::vector<double> sample;
  for (int i = 0; i < 20'000; ++i) {
    const double u = rng.uniform();
    EXPECT_GE(u, 0);
    EXPECT_LT(u, 1);
    EXPECT_EQ(std::ldexp(u, 53), std::floor(std::ldexp(u, 53)));
    sample.push_back(u);
  }
  EXPECT_LT(kolmogorov(sample, [](double x) { return x; }), kKolmogorov999);
}

TEST(Rng, FirstNumbersOfConsecutiveTrialsAreUniformAndIndependent) {
  std::vector<double> sample;
  for (std::int64_t number = 0; number < 20'000; ++number) {
    sample.push_back(Rng::for_trial(42, number).uniform());
  }
  double covariance = 0;
  for (std::size_t i = 1; i < sample.size(); ++i) {
    covariance += (sample[i] - 0.5) * (sample[i - 1] - 0.5);
  }
  const auto n = static_cast<double>(sample.size() - 1);

  EXPECT_LT(kolmogorov(sample, [](double x) { return x; }), kKolmogorov999);
  // Each product has standard deviation 1/12: four standard deviations of the mean.
  EXPECT_LT(std::abs(covariance / n), 4.0 / 12 / std::sqrt(n));
}

TEST(Rng, UniformOfARangeStaysBelowItsHighEnd) {
  Rng rng = Rng::for_trial(1, 2);
  const double next = std::nextafter(1.0, 2.0);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(rng.uniform(1, next), 1);
    const double x = rng.uniform(-3, 5);
    EXPECT_TRUE(x >= -3 && x < 5);
    const double huge =
        rng.uniform(std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max());
    EXPECT_TRUE(std::isfinite(huge));
  }
  EXPECT_EQ(rng.uniform(2, 2), 2);
}

TEST(Rng, IndexIsUniform) {
  // Chi-squared with n - 1 degrees of freedom: quantile at 0.999 from tables (9: 27.88; 2: 13.82).
  for (const auto& [n, bound] :
       std::vector<std::pair<std::size_t, double>>{{10, 27.88}, {3, 13.82}}) {
    Rng rng = Rng::for_trial(5, 5);
    std::vector<double> counts(n);
    const int draws = 30'000;
    for (int i = 0; i < draws; ++i) counts.at(rng.index(n)) += 1;

    const double expected = draws / static_cast<double>(n);
    double chi_squared = 0;
    for (const double count : counts) {
      chi_squared += (count - expected) * (count - expected) / expected;
    }
    EXPECT_LT(chi_squared, bound);
  }
}

TEST(Rng, IndexHasNoBiasForLargeRanges) {
  // With n = 3 * 2^62 a plain remainder would fall below 2^62 half of the time, not a third.
  const std::size_t n = 3ULL << 62;
  Rng rng = Rng::for_trial(5, 6);
  int low = 0;
  const int draws = 10'000;
  for (int i = 0; i < draws; ++i) {
    const std::size_t k = rng.index(n);
    ASSERT_LT(k, n);
    low += k < (1ULL << 62) ? 1 : 0;
  }
  EXPECT_NEAR(low, draws / 3.0, 4 * std::sqrt(draws * 2.0 / 9));  // four standard deviations
  EXPECT_EQ(rng.index(1), 0U);
}

TEST(Rng, NormalIsStandardNormal) {
  Rng rng = Rng::for_trial(6, 6);
  std::vector<double> sample;
  double products = 0;
  for (int i = 0; i < 20'000; ++i) {
    sample.push_back(rng.normal());
    if (i > 0) products += sample[sample.size() - 1] * sample[sample.size() - 2];
  }

  EXPECT_LT(kolmogorov(sample, [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2)); }),
            kKolmogorov999);
  EXPECT_LT(std::abs(products / 20'000), 4 / std::sqrt(20'000));
}

TEST(Rng, NormalIsBoxMullerOfTwoUniforms) {
  Rng normal = Rng::for_trial(8, 1);
  Rng uniform = Rng::for_trial(8, 1);
  for (int i = 0; i < 100; ++i) {
    const double u = 1 - uniform.uniform();
    const double v = uniform.uniform();
    EXPECT_DOUBLE_EQ(normal.normal(), std::sqrt(-2 * std::log(u)) * std::cos(2 * M_PI * v));
  }
}

TEST(ExperimentSeed, DiffersBetweenTrialsAndStudies) {
  std::set<std::uint32_t> seeds;
  for (std::int64_t number = 0; number < 200'000; ++number) {
    seeds.insert(experiment_seed(7, number));
  }
  EXPECT_EQ(seeds.size(), 200'000U);  // by chance alone about 9 pairs would coincide
  EXPECT_LE(*seeds.rbegin(), 0x7FFFFFFFU);

  int same = 0;
  for (std::int64_t number = 0; number < 1000; ++number) {
    same += experiment_seed(7, number) == experiment_seed(8, number) ? 1 : 0;
    EXPECT_EQ(experiment_seed(7, number), experiment_seed(7, number));
  }
  EXPECT_LE(same, 1);
}

TEST(ExperimentSeed, IsUniform) {
  std::vector<double> sample;
  for (std::int64_t number = 0; number < 20'000; ++number) {
    sample.push_back(experiment_seed(7, number) / 0x1p31);
  }
  EXPECT_LT(kolmogorov(sample, [](double x) { return x; }), kKolmogorov999);
}

}  // namespace
}  // namespace studyhall
