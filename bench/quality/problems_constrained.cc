// Metrics that must stay within bounds, most of them active at the optimum.

#include <cmath>
#include <numbers>

#include "bench/quality/problems.h"
#include "bench/quality/surrogates.h"
#include "bench/quality/test_functions.h"

namespace studyhall::bench {
namespace {

using std::numbers::pi;

double square(double v) { return v * v; }

TestProblem gomez_levy() {
  TestProblem problem;
  problem.name = "gomez_levy";
  problem.source =
      "Gomez, Levy: The tunnelling method for solving the constrained global "
      "optimization problem with several non-connected feasible regions (1982)";
  problem.study = parse_json(R"({"params": {
    "x": {"type": "float", "low": -1, "high": 0.75}, "y": {"type": "float", "low": -1, "high": 1}},
    "constraints": [{"metric": "g", "max": 1.5}]})",
                             problem.name);
  problem.optimum = -1.0316284534898774;
  problem.minimiser = {{"x", 0.08984200893527233}, {"y", -0.712656403019058}};
  problem.evaluate = [](Point x) {
    const double g = -std::sin(4 * pi * x[0]) + 2 * square(std::sin(2 * pi * x[1]));
    return Outcome{six_hump_camel(x), {g}};
  };
  return problem;
}

// Optimum: the published one, with the digits of SciPy's SLSQP from there.
TestProblem townsend() {
  TestProblem problem;
  problem.name = "townsend";
  problem.source = "Townsend: Constrained optimization in Chebfun (2014), with the modified bound";
  problem.holdout = true;
  problem.study = parse_json(R"({"params": {
    "x": {"type": "float", "low": -2.25, "high": 2.25},
    "y": {"type": "float", "low": -2.5, "high": 1.75}},
    "constraints": [{"metric": "outside", "max": 0}]})",
                             problem.name);
  problem.optimum = -2.02398836233;
  problem.minimiser = {{"x", 2.005292711530954}, {"y", 1.1944528911731789}};
  problem.evaluate = [](Point x) {
    const double t = std::atan2(x[0], x[1]);
    const double edge =
        square(2 * std::cos(t) - std::cos(2 * t) / 2 - std::cos(3 * t) / 4 - std::cos(4 * t) / 8) +
        square(2 * std::sin(t));
    const double value = -square(std::cos((x[0] - 0.1) * x[1])) - x[0] * std::sin(3 * x[0] + x[1]);
    return Outcome{value, {square(x[0]) + square(x[1]) - edge}};
  };
  return problem;
}

// Shear stress, bending stress, weld against bar, side cost, deflection, buckling load.
TestProblem welded_beam() {
  TestProblem problem;
  problem.name = "welded_beam";
  problem.source =
      "Coello, Mezura-Montes: Constraint-handling in genetic algorithms through the use "
      "of dominance-based tournament selection (2002), A.1";
  problem.study = parse_json(R"({"params": {
    "h": {"type": "float", "low": 0.125, "high": 2}, "l": {"type": "float", "low": 0.1, "high": 10},
    "t": {"type": "float", "low": 0.1, "high": 10}, "b": {"type": "float", "low": 0.1, "high": 2}},
    "constraints": [{"metric": "shear", "max": 13600}, {"metric": "bending", "max": 30000},
                    {"metric": "weld_over_bar", "max": 0}, {"metric": "side_cost", "max": 5},
                    {"metric": "deflection", "max": 0.25}, {"metric": "buckling", "min": 6000}]})",
                             problem.name);
  problem.optimum = 1.724852309;
  problem.minimiser = {
      {"h", 0.205729640}, {"l", 3.470488666}, {"t", 9.036623910}, {"b", 0.205729640}};
  problem.evaluate = [](Point x) {
    constexpr double kLoad = 6000;
    constexpr double kLength = 14;
    constexpr double kE = 30e6;
    constexpr double kG = 12e6;
    const double h = x[0];
    const double l = x[1];
    const double t = x[2];
    const double b = x[3];
    const double arm = std::sqrt(l * l / 4 + square((h + t) / 2));
    const double inertia = 2 * std::sqrt(2.0) * h * l * (l * l / 12 + square((h + t) / 2));
    const double direct = kLoad / (std::sqrt(2.0) * h * l);
    const double torsion = kLoad * (kLength + l / 2) * arm / inertia;
    const double shear = std::sqrt(square(direct) + direct * torsion * l / arm + square(torsion));
    const double bending = 6 * kLoad * kLength / (b * t * t);
    const double side_cost = 0.10471 * h * h + 0.04811 * t * b * (kLength + l);
    const double deflection = 4 * kLoad * std::pow(kLength, 3) / (kE * std::pow(t, 3) * b);
    const double buckling = 4.013 * kE * std::sqrt(t * t * std::pow(b, 6) / 36) / square(kLength) *
                            (1 - t / (2 * kLength) * std::sqrt(kE / (4 * kG)));
    return Outcome{1.10471 * h * h * l + 0.04811 * t * b * (kLength + l),
                   {shear, bending, h - b, side_cost, deflection, buckling}};
  };
  return problem;
}

TestProblem pressure_vessel() {
  TestProblem problem;
  problem.name = "pressure_vessel";
  problem.source = "Coello, Mezura-Montes (2002), A.2: plates in sixteenths of an inch";
  problem.holdout = true;
  problem.study = parse_json(R"({"params": {
    "shell":  {"type": "float", "low": 0.0625, "high": 6.1875, "step": 0.0625},
    "head":   {"type": "float", "low": 0.0625, "high": 6.1875, "step": 0.0625},
    "radius": {"type": "float", "low": 10, "high": 200},
    "length": {"type": "float", "low": 10, "high": 200}},
    "constraints": [{"metric": "shell_lack", "max": 0}, {"metric": "head_lack", "max": 0},
                    {"metric": "volume", "min": 1296000}]})",
                             problem.name);
  problem.optimum = 6059.714335048436;
  problem.minimiser = {{"shell", 0.8125},
                       {"head", 0.4375},
                       {"radius", 42.0984455958549},
                       {"length", 176.636595842439}};
  problem.evaluate = [](Point x) {
    const double r = x[2];
    const double cost = 0.6224 * x[0] * r * x[3] + 1.7781 * x[1] * r * r +
                        3.1661 * x[0] * x[0] * x[3] + 19.84 * x[0] * x[0] * r;
    const double volume = pi * r * r * x[3] + 4.0 / 3.0 * pi * r * r * r;
    return Outcome{cost, {0.0193 * r - x[0], 0.00954 * r - x[1], volume}};
  };
  return problem;
}

TestProblem himmelblau() {
  TestProblem problem;
  problem.name = "himmelblau_g04";
  problem.source =
      "g04 of Liang et al.: Problem Definitions and Evaluation Criteria for the CEC 2006 "
      "Special Session on Constrained Real-Parameter Optimization";
  problem.study = parse_json(R"({"params": {
    "x1": {"type": "float", "low": 78, "high": 102}, "x2": {"type": "float", "low": 33, "high": 45},
    "x3": {"type": "float", "low": 27, "high": 45}, "x4": {"type": "float", "low": 27, "high": 45},
    "x5": {"type": "float", "low": 27, "high": 45}},
    "constraints": [{"metric": "g1", "min": 0, "max": 92}, {"metric": "g2", "min": 90, "max": 110},
                    {"metric": "g3", "min": 20, "max": 25}]})",
                             problem.name);
  problem.optimum = -30665.53867178332;
  problem.minimiser = {
      {"x1", 78}, {"x2", 33}, {"x3", 29.9952560256815985}, {"x4", 45}, {"x5", 36.7758129057882073}};
  problem.evaluate = [](Point x) {
    const double g1 =
        85.334407 + 0.0056858 * x[1] * x[4] + 0.0006262 * x[0] * x[3] - 0.0022053 * x[2] * x[4];
    const double g2 =
        80.51249 + 0.0071317 * x[1] * x[4] + 0.0029955 * x[0] * x[1] + 0.0021813 * square(x[2]);
    const double g3 =
        9.300961 + 0.0047026 * x[2] * x[4] + 0.0012547 * x[0] * x[2] + 0.0019085 * x[2] * x[3];
    return Outcome{
        5.3578547 * square(x[2]) + 0.8356891 * x[0] * x[4] + 37.293239 * x[0] - 40792.141,
        {g1, g2, g3}};
  };
  return problem;
}

// Optimum: every combination of the integers and choices with the thresholds on a fine grid, the
// best ones polished by SciPy's SLSQP.
TestProblem heat_runtime() {
  TestProblem problem;
  problem.name = "heat_runtime";
  problem.source = "ours: surrogates.h";
  problem.optimum = 0.15899253265063318;
  problem.minimiser = Json{{"threshold_1src", 0.42},
                           {"threshold_2src", 0.5380257460312867},
                           {"fallback_sigma", 0.1},
                           {"fallback_fevals", 16},
                           {"init_strategy", "triangulation"},
                           {"fevals_1src", 17},
                           {"fevals_2src", 39},
                           {"refine_iters", 3},
                           {"refine_top", 2}};
  problem.study = {{"params", heat_params()},
                   {"require", Json::array({"fallback_fevals <= fevals_1src + 6"})},
                   {"constraints", Json::array({{{"metric", "runtime_min"}, {"max", 50}}})}};
  problem.evaluate = [](Point x) { return Outcome{1.25 - heat_score(x), {heat_minutes(x)}}; };
  return problem;
}

// Optimum: `bench_quality optimum`; SciPy's SLSQP from every number of trees, depth and booster
// finds the same.
TestProblem boosting_runtime() {
  TestProblem problem;
  problem.name = "boosting_runtime";
  problem.source = "ours: surrogates.h";
  problem.optimum = 0.18497855519191944;
  problem.minimiser = Json{{"learning_rate", 0.12524843225595528},
                           {"n_estimators", 690},
                           {"max_depth", 3},
                           {"min_child_weight", 49},
                           {"subsample", 0.789365665750998},
                           {"colsample_bytree", 0.3},
                           {"reg_lambda", 0.009114232602989124},
                           {"booster", "gbtree"}};
  problem.holdout = true;
  problem.study = {{"params", boosting_params()},
                   {"constraints", Json::array({{{"metric", "runtime_min"}, {"max", 12}}})}};
  problem.evaluate = [](Point x) { return Outcome{boosting_loss(x), {boosting_minutes(x)}}; };
  return problem;
}

}  // namespace

std::vector<TestProblem> constrained_problems() {
  std::vector<TestProblem> out{gomez_levy(), townsend(),     welded_beam(),     pressure_vessel(),
                               himmelblau(), heat_runtime(), boosting_runtime()};
  for (TestProblem& problem : out) problem.group = "constrained";
  return out;
}

}  // namespace studyhall::bench
