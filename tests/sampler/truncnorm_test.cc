#include "sampler/truncnorm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace studyhall::sampler {
namespace {

// 60-digit mpmath values throughout; 1e-12 leaves room for erfc's and log's last bits.
constexpr double kRelative = 1e-12;

void expect_close(double found, double expected) {
  EXPECT_LE(std::abs(found - expected), kRelative * std::abs(expected))
      << "found " << found << ", expected " << expected;
}

TEST(Truncnorm, LogCdfIsExactInBothTails) {
  struct Case {
    double x;
    double expected;
  };
  for (const Case& c : std::vector<Case>{{-100, -5005.5242086942051},
                                         {-38.5, -745.69527029041108},
                                         {-14, -101.56303440744996},
                                         {-5, -15.064998393988726},
                                         {-1, -1.8410216450092635},
                                         {1, -0.17275377902344989},
                                         {5, -2.8665161296376359e-7},
                                         {8.3, -5.2055697448902542e-17},
                                         {37, -5.7255712225245768e-300}}) {
    SCOPED_TRACE(c.x);
    expect_close(log_cdf(c.x), c.expected);
  }
}

TEST(Truncnorm, LogCdfIsContinuousWhereItsFormulaChanges) {
  for (const double x : {-14.0, 0.0}) {
    const double left = log_cdf(std::nextafter(x, -100));
    const double right = log_cdf(std::nextafter(x, 100));
    EXPECT_NEAR(left / right, 1, 1e-13);
  }
}

TEST(Truncnorm, LogMassIsExactOnWideNarrowAndFarIntervals) {
  struct Case {
    double a;
    double b;
    double expected;
  };
  for (const Case& c : std::vector<Case>{{-1, 1, -0.38171514630212607},
                                         {-1e-9, 1e-9, -20.949057189591139},
                                         {0, 1e-6, -14.734449091169114},
                                         {3, 3.00000001, -23.839619298234509},
                                         {5, 6, -15.068446096529453},
                                         {30, 31, -454.32124395634325},
                                         {37, 1e6, -689.03058557689059},
                                         {-.5, .001, -1.650982024452177}}) {
    SCOPED_TRACE(c.a);
    expect_close(log_mass(c.a, c.b), c.expected);
    expect_close(log_mass(-c.b, -c.a), c.expected);
  }
  // ln(1 - 1.24e-15): the rounding of 1 - p is all that can be asked for.
  EXPECT_NEAR(log_mass(-8, 8), -1.2441921148543576e-15, 2e-17);
  EXPECT_EQ(log_mass(1, 1), -std::numeric_limits<double>::infinity());
}

TEST(Truncnorm, LogMassAddsUpOverPieces) {
  // Pieces on both sides of the width at which the series takes over.
  for (const double width : {0.01, 0.05, 0.19, 0.21, 0.7}) {
    for (const double start : {-9.0, -3.0, -0.3, 2.0}) {
      SCOPED_TRACE(width);
      double sum = 0;
      for (int i = 0; i < 10; ++i)
        sum += std::exp(log_mass(start + i * width, start + (i + 1) * width));
      EXPECT_NEAR(std::log(sum), log_mass(start, start + 10 * width), 1e-12 * 60);
    }
  }
}

TEST(Truncnorm, LogDensityIsExactAtTheEdgesAndOutsideTheBulk) {
  struct Case {
    double x, mu, sigma, lower, upper, expected;
  };
  for (const Case& c : std::vector<Case>{{.5, .3, .1, 0, 1, -0.61500263024459738},
                                         {0, .9, .01, 0, 1, -4046.3137683472166},
                                         {1, 1, 1, 0, 1, 0.15592379365739864},
                                         {.25, .5, 1, 0, 1, 0.0097278004909495776},
                                         {.001, 0, .01, 0, 1, 4.3743788333433639},
                                         {2, -3, .5, 0, 5, -29.489022402670022},
                                         {.999, -10, .1, 0, 1, -1041.9921947460054},
                                         {-5, 9, .15, -5, 10, -4354.5773741038616},
                                         {.7, .7, 1e-6, 0, 1, 12.896572024759601}}) {
    SCOPED_TRACE(c.expected);
    expect_close(truncnorm_log_density(c.x, c.mu, c.sigma, c.lower, c.upper), c.expected);
  }
  EXPECT_EQ(truncnorm_log_density(2, 0, 1, 0, 1), -std::numeric_limits<double>::infinity());
}

TEST(Truncnorm, QuantileIsExactInBothTails) {
  struct Case {
    double q, a, b, expected;
  };
  for (const Case& c : std::vector<Case>{{.5, -1, 2, 0.1711639180178248},
                                         {1e-10, -3, 3, -2.99999997749697},
                                         {.999, 5, 6, 5.958572650387236},
                                         {.5, 30, 40, 30.02307046782731},
                                         {.25, -40, -30, -30.04612326040352},
                                         {.001, -1000, .1, -3.268902317617028}}) {
    SCOPED_TRACE(c.expected);
    expect_close(truncnorm_quantile(c.q, c.a, c.b), c.expected);
  }
}

TEST(Truncnorm, QuantileInvertsTheMassBelow) {
  for (const double a : {-60.0, -9.0, -2.0, -0.1, 0.0, 3.0, 25.0}) {
    for (const double width : {1e-6, 0.3, 4.0, 50.0}) {
      for (const double q : {1e-6, 0.01, 0.3, 0.5, 0.9, 0.9999}) {
        SCOPED_TRACE(::testing::Message() << "a " << a << " width " << width << " q " << q);
        const double b = a + width;

        const double x = truncnorm_quantile(q, a, b);

        ASSERT_GE(x, a);
        ASSERT_LE(x, b);
        // x itself is rounded to 1e-16 |x|, which the density turns into mass.
        const double mass = std::exp(log_mass(a, x) - log_mass(a, b));
        EXPECT_NEAR(mass, q, 1e-9 + 1e-15 * (1 + a * a) / width);
      }
      EXPECT_NEAR(truncnorm_quantile(0, a, a + width), a, 1e-14 * (1 + std::abs(a)));
      // Far in the tail the upper end has no mass left that doubles could tell from none.
      if (std::max(std::abs(a), std::abs(a + width)) > 8) continue;
      EXPECT_NEAR(truncnorm_quantile(1, a, a + width), a + width, 1e-12);
    }
  }
}

}  // namespace
}  // namespace studyhall::sampler
