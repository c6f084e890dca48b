// Reals, integers and choices together.

#include <array>
#include <cmath>

#include "bench/quality/problems.h"
#include "bench/quality/surrogates.h"
#include "bench/quality/test_functions.h"

namespace studyhall::bench {
namespace {

// The optima of the three surrogates: `bench_quality optimum`, best of all its starts.
TestProblem boosting() {
  TestProblem problem;
  problem.name = "boosting";
  problem.source = "ours: surrogates.h";
  problem.optimum = 0.18021396848373228;
  problem.minimiser = Json{{"learning_rate", 0.09999999999999998},
                           {"n_estimators", 1000},
                           {"max_depth", 3},
                           {"min_child_weight", 61},
                           {"subsample", 0.7999999932994969},
                           {"colsample_bytree", 0.7403959151652972},
                           {"reg_lambda", 0.6011873170497338},
                           {"booster", "dart"}};
  problem.study = {{"params", boosting_params()}};
  problem.evaluate = [](Point x) { return Outcome{boosting_loss(x), {}}; };
  return problem;
}

TestProblem network() {
  TestProblem problem;
  problem.name = "network";
  problem.source = "ours: surrogates.h";
  problem.optimum = 0.11929601052168955;
  problem.minimiser = Json{{"learning_rate", 0.043484586807917135},
                           {"optimizer", "sgd"},
                           {"batch_size", 64},
                           {"layers", 6},
                           {"width", 81},
                           {"dropout", 0.0695937067853907},
                           {"weight_decay", 0.00012979889814112043},
                           {"activation", "gelu"},
                           {"warmup_steps", 900}};
  problem.study = {{"params", network_params()}};
  problem.evaluate = [](Point x) { return Outcome{network_loss(x), {}}; };
  return problem;
}

// What lies above an hour costs score here; heat_runtime has it as a constraint.
TestProblem heat() {
  TestProblem problem;
  problem.name = "heat";
  problem.source = "ours: surrogates.h";
  problem.optimum = 0.13804295676193265;
  problem.minimiser = Json{{"threshold_1src", 0.42},
                           {"threshold_2src", 0.44787086693397277},
                           {"fallback_sigma", 0.09999999879539428},
                           {"fallback_fevals", 17},
                           {"init_strategy", "triangulation"},
                           {"fevals_1src", 16},
                           {"fevals_2src", 39},
                           {"refine_iters", 3},
                           {"refine_top", 2}};
  problem.study = {{"params", heat_params()},
                   {"require", Json::array({"fallback_fevals <= fevals_1src + 6"})}};
  problem.evaluate = [](Point x) {
    return Outcome{1.25 - heat_score(x) + 0.006 * std::max(0.0, heat_minutes(x) - 55), {}};
  };
  return problem;
}

TestProblem mixint_ellipsoid() {
  TestProblem problem;
  problem.name = "mixint_ellipsoid_8d";
  problem.source = "Tusar, Brockhoff, Hansen: Mixed-Integer Benchmark Problems (GECCO 2019)";
  problem.holdout = true;
  problem.study = parse_json(R"({"params": {
    "k0": {"type": "int", "low": 0, "high": 1}, "k1": {"type": "int", "low": 0, "high": 3},
    "k2": {"type": "int", "low": 0, "high": 7}, "k3": {"type": "int", "low": 0, "high": 15},
    "x4": {"type": "float", "low": -5, "high": 5}, "x5": {"type": "float", "low": -5, "high": 5},
    "x6": {"type": "float", "low": -5, "high": 5}, "x7": {"type": "float", "low": -5, "high": 5}}})",
                             problem.name);
  problem.minimiser = {{"k0", 1}, {"k1", 1},    {"k2", 5}, {"k3", 4},
                       {"x4", 1}, {"x5", -2.5}, {"x6", 3}, {"x7", -0.5}};
  problem.evaluate = [rotation = Rotation(8, 41)](Point x) {
    constexpr std::array<double, 8> kBest{1, 1, 5, 4, 1, -2.5, 3, -0.5};
    constexpr std::array<double, 4> kLast{1, 3, 7, 15};
    std::array<double, 8> z{};
    std::array<double, 8> centre{};
    for (std::size_t i = 0; i < 8; ++i) {
      const double scale = i < 4 ? 10 / kLast[i] : 1;
      z[i] = scale * x[i];
      centre[i] = scale * kBest[i];
    }
    return Outcome{ellipsoid(rotation.apply(z, centre), 1e4), {}};
  };
  return problem;
}

TestProblem griewank_choices() {
  TestProblem problem;
  problem.name = "griewank_choices";
  problem.source = "Griewank, moved and raised by two choices";
  problem.holdout = true;
  problem.study = {{"params", box(4, -5, 5)}};
  problem.study["params"]["a"] = {{"type", "categorical"}, {"choices", {"p", "q", "r", "s"}}};
  problem.study["params"]["b"] = {{"type", "categorical"}, {"choices", {"p", "q", "r", "s"}}};
  problem.minimiser = {{"x0", 3}, {"x1", 2}, {"x2", -1}, {"x3", 1.5}, {"a", "r"}, {"b", "q"}};
  problem.evaluate = [](Point x) {
    constexpr std::array<double, 4> kMoveA{-2, 0, 1, 3};
    constexpr std::array<double, 4> kMoveB{2.5, -1, 0.5, -3};
    constexpr double kRaise[4][4] = {
        {0.6, 0.5, 0.9, 0.2}, {0.7, 0.15, 0.4, 0.8}, {0.3, 0.0, 0.25, 0.6}, {0.5, 0.45, 0.1, 0.9}};
    const auto a = static_cast<std::size_t>(x[4]);
    const auto b = static_cast<std::size_t>(x[5]);
    const std::array<double, 4> z{4 * (x[0] - kMoveA[a] - 2), 4 * (x[1] - kMoveB[b] - 3),
                                  4 * (x[2] + kMoveA[a]), 4 * (x[3] + kMoveB[b] - 0.5)};
    return Outcome{griewank(z) + kRaise[a][b], {}};
  };
  return problem;
}

TestProblem two_switches() {
  TestProblem problem;
  problem.name = "two_switches";
  problem.source =
      "after func2C of Ru et al.: Bayesian Optimisation over Multiple Continuous and "
      "Categorical Inputs (ICML 2020)";
  problem.study = {{"params", box(2, -2, 2)}};
  for (const char* name : {"first", "second"})
    problem.study["params"][name] = {{"type", "categorical"},
                                     {"choices", {"rosenbrock", "camel", "beale"}}};
  // Each of the three is least in the domain for the camel, twice the same one.
  problem.optimum = 2 * -1.0316284534898774;
  problem.minimiser = {{"x0", 0.08984200893527233},
                       {"x1", -0.712656403019058},
                       {"first", "camel"},
                       {"second", "camel"}};
  problem.evaluate = [](Point x) {
    const auto part = [at = x.first(2)](double which) {
      return which == 0 ? rosenbrock(at) / 100 : which == 1 ? six_hump_camel(at) : beale(at) / 10;
    };
    return Outcome{part(x[2]) + part(x[3]), {}};
  };
  return problem;
}

}  // namespace

std::vector<TestProblem> mixed_problems() {
  std::vector<TestProblem> out{boosting(),         network(),          heat(),
                               mixint_ellipsoid(), griewank_choices(), two_switches()};
  for (TestProblem& problem : out) problem.group = "mixed";
  return out;
}

}  // namespace studyhall::bench
