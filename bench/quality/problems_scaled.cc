// Numbers that are not plain reals: logarithmic ranges, integers, steps. Published functions over
// the parameters' own scale; svm_valley is ours, after the error surface of C and gamma in Hsu,
// Chang, Lin, "A Practical Guide to Support Vector Classification" (2003), figure 2.

#include <array>
#include <cmath>

#include "bench/quality/problems.h"
#include "bench/quality/test_functions.h"

namespace studyhall::bench {
namespace {

TestProblem log_ellipsoid() {
  TestProblem problem;
  problem.name = "log_ellipsoid_4d";
  problem.source = "ellipsoid of BBOB f10 over the logarithms";
  problem.study = parse_json(R"({"params": {
    "learning_rate": {"type": "float", "low": 1e-6, "high": 1, "log": true},
    "weight_decay":  {"type": "float", "low": 1e-8, "high": 0.1, "log": true},
    "epsilon":       {"type": "float", "low": 1e-10, "high": 0.01, "log": true},
    "temperature":   {"type": "float", "low": 0.01, "high": 100, "log": true}}})",
                             problem.name);
  problem.minimiser = {
      {"learning_rate", 3e-3}, {"weight_decay", 1e-6}, {"epsilon", 2e-5}, {"temperature", 0.4}};
  problem.evaluate = [rotation = Rotation(4, 31)](Point x) {
    const std::array<double, 4> centre{std::log10(3e-3), std::log10(1e-6), std::log10(2e-5),
                                       std::log10(0.4)};
    std::array<double, 4> logs{};
    for (std::size_t i = 0; i < 4; ++i) logs[i] = std::log10(x[i]);
    return Outcome{ellipsoid(rotation.apply(logs, centre), 100), {}};
  };
  return problem;
}

TestProblem int_rastrigin() {
  constexpr std::array<int, 6> kCentre{7, -12, 3, 15, -5, -9};
  TestProblem problem;
  problem.name = "int_rastrigin_6d";
  problem.source = "Rastrigin over integers, a local minimum at every fourth";
  problem.study["params"] = Json::object();
  for (std::size_t i = 0; i < kCentre.size(); ++i) {
    const std::string name = "x" + std::to_string(i);
    problem.study["params"][name] = {{"type", "int"}, {"low", -20}, {"high", 20}};
    problem.minimiser[name] = kCentre[i];
  }
  problem.evaluate = [=](Point x) {
    std::array<double, 6> z{};
    for (std::size_t i = 0; i < z.size(); ++i) z[i] = (x[i] - kCentre[i]) / 4;
    return Outcome{rastrigin(z), {}};
  };
  return problem;
}

TestProblem step_levy() {
  constexpr std::array<double, 5> kCentre{2.25, -4.5, 6.75, 0.5, -7.25};
  TestProblem problem;
  problem.name = "step_levy_5d";
  problem.source = "Levy on a grid of quarters";
  problem.holdout = true;
  problem.study["params"] = Json::object();
  for (std::size_t i = 0; i < kCentre.size(); ++i) {
    const std::string name = "x" + std::to_string(i);
    problem.study["params"][name] = {{"type", "float"}, {"low", -10}, {"high", 10}, {"step", 0.25}};
    problem.minimiser[name] = kCentre[i];
  }
  problem.evaluate = [=](Point x) {
    std::array<double, 5> z{};
    for (std::size_t i = 0; i < z.size(); ++i) z[i] = x[i] - kCentre[i] + 1;
    return Outcome{levy(z), {}};
  };
  return problem;
}

TestProblem log_int_rosenbrock() {
  constexpr std::array<int, 4> kCentre{64, 16, 256, 8};
  TestProblem problem;
  problem.name = "log_int_rosenbrock_4d";
  problem.source = "Rosenbrock over the logarithms of integers";
  problem.study["params"] = Json::object();
  for (std::size_t i = 0; i < kCentre.size(); ++i) {
    const std::string name = "x" + std::to_string(i);
    problem.study["params"][name] = {{"type", "int"}, {"low", 1}, {"high", 4096}, {"log", true}};
    problem.minimiser[name] = kCentre[i];
  }
  problem.evaluate = [=](Point x) {
    std::array<double, 4> z{};
    for (std::size_t i = 0; i < z.size(); ++i) z[i] = std::log2(x[i] / kCentre[i]) / 3 + 1;
    return Outcome{rosenbrock(z), {}};
  };
  return problem;
}

TestProblem svm_valley() {
  TestProblem problem;
  problem.name = "svm_valley_4d";
  problem.source = "ours: a curved valley on a plateau, two of four parameters hardly matter";
  problem.holdout = true;
  problem.study = parse_json(R"({"params": {
    "c":         {"type": "float", "low": 1e-3, "high": 1e5, "log": true},
    "gamma":     {"type": "float", "low": 1e-7, "high": 10, "log": true},
    "tolerance": {"type": "float", "low": 1e-6, "high": 0.1, "log": true},
    "cache_mb":  {"type": "int", "low": 50, "high": 1000, "step": 50}}})",
                             problem.name);
  problem.minimiser = {{"c", 100}, {"gamma", 0.01}, {"tolerance", 1e-6}, {"cache_mb", 200}};
  problem.evaluate = [](Point x) {
    const double c = std::log10(x[0]);
    const double g = std::log10(x[1]);
    const double across = c + g - 0.15 * (g + 2) * (g + 2);
    const double along = g + 2;
    const double plateau = 1 - std::exp(-across * across / 2 - along * along / 8);
    const double loose = std::log10(x[2]) + 6;
    return Outcome{0.4 * plateau + 0.0004 * loose * loose * loose, {}};
  };
  return problem;
}

}  // namespace

std::vector<TestProblem> scaled_problems() {
  std::vector<TestProblem> out{log_ellipsoid(), int_rastrigin(), step_levy(), log_int_rosenbrock(),
                               svm_valley()};
  for (TestProblem& problem : out) problem.group = "scaled";
  return out;
}

}  // namespace studyhall::bench
