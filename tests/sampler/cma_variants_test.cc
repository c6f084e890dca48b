// sep-CMA-ES and learning rate adaptation, against the cmaes package (cma_variants_reference.py).

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "sampler/cmaes/cma.h"
#include "sampler/cmaes/learning_rate.h"
#include "tests/sampler/golden.h"

namespace studyhall::sampler::cmaes {
namespace {

using testing::load_golden;
using testing::to_matrix;
using testing::to_vector;

// 1e-9 relative to the largest entry: the programs differ in the order of sums and in the
// eigensolver, and the generations amplify that.
void expect_same(const Eigen::MatrixXd& found, const Eigen::MatrixXd& expected, const char* what) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  EXPECT_LE((found - expected).cwiseAbs().maxCoeff(), 1e-9 * expected.cwiseAbs().maxCoeff())
      << what;
}

void expect_same(const State& s, const Json& known) {
  expect_same(s.mean, to_vector(known.at("mean")), "mean");
  EXPECT_NEAR(s.sigma / known.at("sigma").get<double>(), 1, 1e-9);
  expect_same(s.p_sigma, to_vector(known.at("p_sigma")), "p_sigma");
  expect_same(s.p_c, to_vector(known.at("p_c")), "p_c");
}

double ellipsoid(const Eigen::VectorXd& x) {
  double sum = 0;
  const auto last = static_cast<double>(std::max<Eigen::Index>(1, x.size() - 1));
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    sum += std::pow(10, 3 * static_cast<double>(i) / last) * std::pow(x[i] - 0.3, 2);
  }
  return sum;
}

TEST(SeparableCma, HasTheConstantsOfTheCmaesPackage) {
  for (const Json& run : load_golden("cmaes_variants.json").at("separable")) {
    const Constants k =
        make_diagonal_constants(run.at("d").get<int>(), run.at("lambda").get<int>());
    const Json& known = run.at("constants");
    EXPECT_NEAR(k.mu_eff, known.at("mu_eff").get<double>(), 1e-13);
    EXPECT_NEAR(k.c_1, known.at("c_1").get<double>(), 1e-15);
    EXPECT_NEAR(k.c_mu, known.at("c_mu").get<double>(), 1e-15);
    EXPECT_NEAR(k.c_sigma, known.at("c_sigma").get<double>(), 1e-15);
    EXPECT_NEAR(k.d_sigma, known.at("d_sigma").get<double>(), 1e-14);
    EXPECT_NEAR(k.c_c, known.at("c_c").get<double>(), 1e-15);
    expect_same(k.weights.head(k.mu), to_vector(run.at("weights")), "weights");
    EXPECT_EQ(k.weights.tail(k.lambda - k.mu).cwiseAbs().maxCoeff(), 0);
  }
}

TEST(SeparableCma, FollowsTheCmaesPackage) {
  for (const Json& run : load_golden("cmaes_variants.json").at("separable")) {
    const int d = run.at("d").get<int>();
    const Constants k = make_diagonal_constants(d, run.at("lambda").get<int>());
    State s = initial_diagonal_state(Eigen::VectorXd::Constant(d, run.at("mean0").get<double>()),
                                     run.at("sigma0").get<double>(), Eigen::VectorXd::Ones(d));
    for (const Json& generation : run.at("generations")) {
      SCOPED_TRACE(s.g);
      tell(s, k, to_matrix(generation.at("X")).transpose(), to_vector(generation.at("f")));
      expect_same(s, generation);
      expect_same(s.D.cwiseAbs2(), to_vector(generation.at("variances")), "variances");
    }
    EXPECT_EQ(s.g, 15);
  }
}

int evaluations(int d, double target, std::uint64_t seed) {
  const Constants k = make_diagonal_constants(d, default_constants(d).lambda);
  State s =
      initial_diagonal_state(Eigen::VectorXd::Constant(d, 0.5), 0.2, Eigen::VectorXd::Ones(d));
  Rng rng = Rng::for_trial(seed, d);
  Eigen::MatrixXd X(d, k.lambda);
  Eigen::VectorXd f(k.lambda);
  for (int count = 0; count < 100'000; count += k.lambda) {
    for (int i = 0; i < k.lambda; ++i) {
      X.col(i) = ask(s, rng);
      f[i] = ellipsoid(X.col(i));
    }
    if (f.minCoeff() < target) return count + k.lambda;
    tell(s, k, X, f);
  }
  return 100'000;
}

TEST(SeparableCma, SolvesTheEllipsoidInTheEvaluationsOfTheCmaesPackage) {
  for (const Json& known : load_golden("cmaes_variants.json").at("evaluations")) {
    auto theirs = known.at("evaluations").get<std::vector<int>>();
    std::vector<int> ours;
    for (std::uint64_t seed = 0; seed < theirs.size(); ++seed) {
      ours.push_back(evaluations(known.at("d").get<int>(), known.at("target").get<double>(), seed));
    }
    std::sort(ours.begin(), ours.end());
    std::sort(theirs.begin(), theirs.end());
    const std::size_t middle = theirs.size() / 2;
    EXPECT_NEAR(ours[middle], theirs[middle], 0.1 * theirs[middle]);
  }
}

TEST(SeparableCma, KeepsNoMatrixAndDrawsWhatItHolds) {
  const int d = 3;
  State s = initial_diagonal_state(Eigen::VectorXd::Zero(d), 0.5, Eigen::Vector3d(4, 1, 0.25));
  EXPECT_EQ(s.C.size() + s.B.size(), 0);
  EXPECT_DOUBLE_EQ(s.variance(0), 4);
  EXPECT_DOUBLE_EQ(s.condition(), 16);

  const Eigen::VectorXd x = ask(s, Eigen::Vector3d(1, -1, 2));

  EXPECT_EQ(x, Eigen::VectorXd(Eigen::Vector3d(1, -0.5, 0.5)));
  EXPECT_EQ(s.inverse_root(Eigen::Vector3d(2, 1, 0.5)), Eigen::VectorXd(Eigen::Vector3d(1, 1, 1)));
}

TEST(LearningRates, FollowTheCmaesPackage) {
  for (const Json& run : load_golden("cmaes_variants.json").at("adaptive")) {
    const int d = run.at("d").get<int>();
    const Constants k = make_constants(d, run.at("lambda").get<int>());
    State s = initial_state(Eigen::VectorXd::Constant(d, run.at("mean0").get<double>()),
                            run.at("sigma0").get<double>());
    LearningRates rates = initial_learning_rates(d);
    for (const Json& generation : run.at("generations")) {
      SCOPED_TRACE(s.g);
      const State before = s;
      tell(s, k, to_matrix(generation.at("X")).transpose(), to_vector(generation.at("f")));
      adapt(rates, before, s);
      expect_same(s, generation);
      expect_same(s.C, to_matrix(generation.at("C")), "C");
      EXPECT_NEAR(rates.eta_mean, generation.at("eta_mean").get<double>(), 1e-9);
      EXPECT_NEAR(rates.eta_Sigma, generation.at("eta_Sigma").get<double>(), 1e-9);
    }
    EXPECT_LT(rates.eta_mean, 1) << "the noise asks for less than whole steps";
  }
}

TEST(LearningRates, StayWhereNothingMoves) {
  State s = initial_state(Eigen::VectorXd::Zero(2), 1);
  const State before = s;
  LearningRates rates = initial_learning_rates(2);

  adapt(rates, before, s);

  EXPECT_EQ(rates.eta_mean, 1);
  EXPECT_EQ(rates.eta_Sigma, 1);
  EXPECT_NEAR((s.C - before.C).norm(), 0, 1e-15);
  EXPECT_NEAR(s.sigma, 1, 1e-15);
}

}  // namespace
}  // namespace studyhall::sampler::cmaes
