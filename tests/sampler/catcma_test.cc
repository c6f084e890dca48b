#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "sampler/cmaes/mixed.h"
#include "tests/sampler/golden.h"
#include "tests/support/spaces.h"

namespace studyhall::sampler::cmaes {
namespace {

using testing::make_categorical;
using testing::make_float;
using testing::make_int;
using testing::make_space;

Eigen::VectorXd vector_of(const Json& json) {
  Eigen::VectorXd vector(std::ssize(json));
  for (Eigen::Index i = 0; i < vector.size(); ++i) {
    vector[i] = json[static_cast<std::size_t>(i)].get<double>();
  }
  return vector;
}

void expect_near(const Eigen::VectorXd& found, const Json& expected, double relative) {
  const Eigen::VectorXd wanted = vector_of(expected);
  ASSERT_EQ(found.size(), wanted.size());
  for (Eigen::Index i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i], wanted[i], relative * (1e-3 + std::abs(wanted[i]))) << i;
  }
}

TEST(Categorical, FollowsTheCmaesPackage) {
  const Json golden = testing::load_golden("catcmawm.json");
  for (const Json& known : golden["categorical"]) {
    const auto values = known["values"].get<std::vector<int>>();
    const double margin = margin_of(static_cast<int>(values.size()));
    Categorical distribution = uniform_categorical(values, margin);
    for (const Json& generation : known["generations"]) {
      tell(distribution, vector_of(known["weights"]),
           generation["drawn"].get<std::vector<std::vector<int>>>());
      for (std::size_t c = 0; c < values.size(); ++c) {
        expect_near(distribution.q[c], generation["q"][c], 1e-9);
      }
      expect_near(distribution.s, generation["s"], 1e-9);
      EXPECT_NEAR(distribution.Delta, generation["Delta"].get<double>(), 1e-9);
      EXPECT_NEAR(distribution.gamma, generation["gamma"].get<double>(), 1e-9);
    }
  }
}

TEST(Categorical, StaysWhereNothingWasActive) {
  Categorical distribution = uniform_categorical(std::vector<int>{3}, 0.1);
  const std::vector<std::vector<int>> nothing = {{-1}, {-1}};
  tell(distribution, Eigen::VectorXd::Constant(2, 0.5), nothing);
  for (const double q : distribution.q[0]) EXPECT_DOUBLE_EQ(q, 1.0 / 3);
}

TEST(Categorical, DrawsByItsProbabilities) {
  Categorical distribution = uniform_categorical(std::vector<int>{3}, 0);
  distribution.q[0] << 0.5, 0.2, 0.3;
  Rng rng = Rng::for_trial(1, 0);
  Eigen::Vector3d counts = Eigen::Vector3d::Zero();
  for (int i = 0; i < 10'000; ++i) counts[draw(distribution, rng)[0]] += 1;
  // Standard deviations 50, 40, 46.
  EXPECT_LT((counts / 10'000 - distribution.q[0]).cwiseAbs().maxCoeff(), 0.025);
}

TEST(Margin, FollowsTheCmaesPackage) {
  const Json golden = testing::load_golden("catcmawm.json");
  for (const Json& known : golden["margin"]) {
    std::vector<Parameter> params;
    for (const int n : known["values"].get<std::vector<int>>()) {
      params.push_back(make_int("p" + std::to_string(params.size()), 0, n - 1));
    }
    const SearchSpace space = make_space(params);
    const Coordinates at = coordinates(space, whole_space(space));
    const auto d = std::ssize(at.axes);
    State s = initial_state(vector_of(known["before"]["mean"]), known["sigma"].get<double>());
    for (Eigen::Index i = 0; i < d; ++i) {
      s.C.row(i) = vector_of(known["C"][static_cast<std::size_t>(i)]);
    }
    Margin margin{.A = vector_of(known["before"]["A"]),
                  .p_left = vector_of(known["before"]["p"]),
                  .least = known["alpha"].get<double>()};

    correct(margin, s, at.axes, known["left"].get<std::vector<bool>>());

    // The package takes differences of distribution functions, which costs it digits.
    expect_near(s.mean, known["after"]["mean"], 1e-6);
    expect_near(margin.A, known["after"]["A"], 1e-6);
    expect_near(margin.p_left, known["after"]["p"], 1e-6);
  }
}

// Candidates drawn and told, as the package does it: how many until `target`.
int evaluations(int n, double target, std::uint64_t seed) {
  std::vector<Parameter> params;
  for (int i = 0; i < n; ++i) {
    const std::string k = std::to_string(i);
    params.push_back(make_float("x" + k, 0, 1));
    params.push_back(make_int("z" + k, 0, 9));
    params.push_back(make_categorical("c" + k, {"a", "b", "c", "d", "e"}));
  }
  const SearchSpace space = make_space(params);
  const Coordinates at = coordinates(space, whole_space(space));
  Mixed mixed = initial_mixed(at, Eigen::VectorXd::Constant(2 * n, 0.5), 1.0 / 12, 0);
  Rng rng = Rng::for_trial(seed, 0);
  for (int count = 0;;) {
    std::vector<std::pair<double, Candidate>> generation;
    while (std::ssize(generation) < mixed.constants.lambda) {
      Candidate candidate = ask(mixed, at, rng);
      candidate.number = ++count;
      double value = 0;
      for (std::size_t a = 0; a < candidate.unit.size(); ++a) {
        value += std::pow(candidate.unit[a] - (at.axes[a].is_discrete() ? 0.75 : 0.3), 2);
      }
      for (const int chosen : candidate.chosen) value += chosen == 0 ? 0 : 1;
      if (value < target || count == 10'000) return count;
      generation.emplace_back(value, std::move(candidate));
    }
    std::stable_sort(generation.begin(), generation.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Candidate> ordered;
    for (auto& [value, candidate] : generation) ordered.push_back(std::move(candidate));
    tell(mixed, at, ordered);
  }
}

TEST(Mixed, SolvesTheMixedSphereInTheEvaluationsOfTheCmaesPackage) {
  const Json golden = testing::load_golden("catcmawm.json");
  for (const Json& known : golden["sphere"]) {
    auto theirs = known["evaluations"].get<std::vector<int>>();
    std::vector<int> ours;
    for (std::uint64_t seed = 0; seed < 25; ++seed) {
      ours.push_back(evaluations(known["n"].get<int>(), known["target"].get<double>(), seed));
    }
    std::sort(ours.begin(), ours.end());
    std::sort(theirs.begin(), theirs.end());
    EXPECT_LT(ours[12], 1.1 * theirs[12]);
    EXPECT_LT(ours[24], 1.5 * theirs[24]);
  }
}

}  // namespace
}  // namespace studyhall::sampler::cmaes
