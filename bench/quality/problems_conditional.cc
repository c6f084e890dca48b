// Trees: a choice brings parameters of its own. All but the first are ours, sums of a level for
// each choice and of terms that are at least 0, so that the least value can be read off.

#include <algorithm>
#include <array>
#include <cmath>

#include "bench/quality/problems.h"
#include "bench/quality/test_functions.h"

namespace studyhall::bench {
namespace {

double square(double v) { return v * v; }

TestProblem jenatton() {
  TestProblem problem;
  problem.name = "jenatton_tree";
  problem.source =
      "Jenatton et al.: Bayesian Optimization with Tree-structured Dependencies (ICML 2017)";
  problem.study = parse_json(R"({"params": {
    "x1": {"type": "categorical", "choices": [0, 1]},
    "x2": {"type": "categorical", "choices": [0, 1], "when": {"x1": [0]}},
    "x3": {"type": "categorical", "choices": [0, 1], "when": {"x1": [1]}},
    "x4": {"type": "float", "low": -1, "high": 1, "when": {"x2": [0]}},
    "x5": {"type": "float", "low": -1, "high": 1, "when": {"x2": [1]}},
    "x6": {"type": "float", "low": -1, "high": 1, "when": {"x3": [0]}},
    "x7": {"type": "float", "low": -1, "high": 1, "when": {"x3": [1]}},
    "r8": {"type": "float", "low": 0, "high": 1, "when": {"x1": [0]}},
    "r9": {"type": "float", "low": 0, "high": 1, "when": {"x1": [1]}}}})",
                             problem.name);
  problem.optimum = 0.1;
  problem.minimiser = {{"x1", 0}, {"x2", 0}, {"x4", 0}, {"r8", 0}};
  problem.evaluate = [](Point x) {
    const double leaf = x[0] == 0 ? (x[1] == 0 ? x[3] : x[4]) : (x[2] == 0 ? x[5] : x[6]);
    return Outcome{leaf * leaf + 0.1 + (x[0] == 0 ? x[7] : x[8]), {}};
  };
  return problem;
}

// The best choice has the narrowest valley.
TestProblem model_choice() {
  TestProblem problem;
  problem.name = "model_choice";
  problem.source = "ours: four classifiers";
  problem.study = parse_json(R"({"params": {
    "model":           {"type": "categorical", "choices": ["svm", "forest", "knn", "linear"]},
    "svm_c":           {"type": "float", "low": 1e-3, "high": 1e3, "log": true, "when": {"model": ["svm"]}},
    "svm_gamma":       {"type": "float", "low": 1e-4, "high": 10, "log": true, "when": {"model": ["svm"]}},
    "forest_trees":    {"type": "int", "low": 10, "high": 1000, "log": true, "when": {"model": ["forest"]}},
    "forest_depth":    {"type": "int", "low": 2, "high": 30, "when": {"model": ["forest"]}},
    "forest_features": {"type": "float", "low": 0.1, "high": 1, "when": {"model": ["forest"]}},
    "knn_k":           {"type": "int", "low": 1, "high": 100, "log": true, "when": {"model": ["knn"]}},
    "knn_weights":     {"type": "categorical", "choices": ["uniform", "distance"], "when": {"model": ["knn"]}},
    "linear_alpha":    {"type": "float", "low": 1e-5, "high": 10, "log": true, "when": {"model": ["linear"]}}}})",
                             problem.name);
  problem.optimum = 0.085;
  problem.minimiser = {{"model", "svm"}, {"svm_c", 10}, {"svm_gamma", 0.1}};
  problem.evaluate = [](Point x) {
    const auto log10 = [&](std::size_t i) { return std::log10(x[i]); };
    if (x[0] == 0) {
      const double across = log10(1) + log10(2);
      const double along = log10(2) + 1;
      return Outcome{0.085 + 0.3 * (1 - std::exp(-square(across) - square(along) / 3)), {}};
    }
    if (x[0] == 1)
      return Outcome{0.1 + 0.02 * square(3 - log10(3)) + 0.00025 * square(x[4] - 18) +
                         0.12 * square(x[5] - 0.35),
                     {}};
    if (x[0] == 2)
      return Outcome{0.16 + 0.05 * square(log10(6) - 0.9) + (x[7] == 0 ? 0.015 : 0), {}};
    return Outcome{0.22 + 0.01 * square(log10(8) + 1), {}};
  };
  return problem;
}

TestProblem layers() {
  TestProblem problem;
  problem.name = "layers";
  problem.source = "ours: as many widths as layers, and an optimizer";
  problem.study = parse_json(R"({"params": {
    "layers":    {"type": "int", "low": 1, "high": 4},
    "units1":    {"type": "int", "low": 4, "high": 256, "log": true},
    "units2":    {"type": "int", "low": 4, "high": 256, "log": true, "when": {"layers": [2, 3, 4]}},
    "units3":    {"type": "int", "low": 4, "high": 256, "log": true, "when": {"layers": [3, 4]}},
    "units4":    {"type": "int", "low": 4, "high": 256, "log": true, "when": {"layers": [4]}},
    "optimizer": {"type": "categorical", "choices": ["sgd", "adam"]},
    "sgd_rate":  {"type": "float", "low": 1e-5, "high": 1, "log": true, "when": {"optimizer": ["sgd"]}},
    "momentum":  {"type": "float", "low": 0, "high": 0.99, "when": {"optimizer": ["sgd"]}},
    "adam_rate": {"type": "float", "low": 1e-5, "high": 1, "log": true, "when": {"optimizer": ["adam"]}}}})",
                             problem.name);
  problem.optimum = 0.05;
  problem.minimiser = {{"layers", 3},  {"units1", 128},       {"units2", 64},
                       {"units3", 16}, {"optimizer", "adam"}, {"adam_rate", 1e-3}};
  problem.evaluate = [](Point x) {
    constexpr std::array<double, 4> kLevel{0.12, 0.03, 0, 0.02};
    constexpr double kUnits[4][4] = {
        {64, 0, 0, 0}, {128, 32, 0, 0}, {128, 64, 16, 0}, {64, 64, 32, 16}};
    const auto last = static_cast<std::size_t>(x[0]) - 1;
    double sum = 0.05 + kLevel[last];
    for (std::size_t i = 0; i <= last; ++i)
      sum += 0.012 * square(std::log2(x[i + 1] / kUnits[last][i]));
    if (x[5] == 1) return Outcome{sum + 0.05 * square(std::log10(x[8]) + 3), {}};
    const double effective = std::log10(x[6] / (1 - x[7]));
    return Outcome{sum + 0.01 + 0.04 * square(effective + 0.5), {}};
  };
  return problem;
}

TestProblem pipeline() {
  TestProblem problem;
  problem.name = "pipeline";
  problem.source = "ours: scaler, reducer, model; conditions on conditions";
  problem.holdout = true;
  problem.study = parse_json(R"({"params": {
    "scaler":         {"type": "categorical", "choices": ["none", "standard", "quantile"]},
    "reducer":        {"type": "categorical", "choices": ["none", "pca", "select"]},
    "pca_components": {"type": "int", "low": 2, "high": 50, "when": {"reducer": ["pca"]}},
    "pca_whiten":     {"type": "categorical", "choices": [false, true], "when": {"reducer": ["pca"]}},
    "select_k":       {"type": "int", "low": 1, "high": 50, "log": true, "when": {"reducer": ["select"]}},
    "model":          {"type": "categorical", "choices": ["svm", "boost"]},
    "c":              {"type": "float", "low": 1e-3, "high": 1e3, "log": true, "when": {"model": ["svm"]}},
    "kernel":         {"type": "categorical", "choices": ["linear", "rbf", "poly"], "when": {"model": ["svm"]}},
    "gamma":          {"type": "float", "low": 1e-4, "high": 10, "log": true, "when": {"kernel": ["rbf"]}},
    "degree":         {"type": "int", "low": 2, "high": 5, "when": {"kernel": ["poly"]}},
    "rate":           {"type": "float", "low": 1e-3, "high": 1, "log": true, "when": {"model": ["boost"]}},
    "trees":          {"type": "int", "low": 20, "high": 500, "step": 20, "when": {"model": ["boost"]}}}})",
                             problem.name);
  problem.optimum = 0.07;
  problem.minimiser = {{"scaler", "quantile"}, {"reducer", "pca"}, {"pca_components", 20},
                       {"pca_whiten", true},   {"model", "svm"},   {"c", 10},
                       {"kernel", "rbf"},      {"gamma", 0.01}};
  problem.evaluate = [](Point x) {
    double sum = 0.07;
    if (x[1] == 0) sum += 0.03;
    if (x[1] == 1) sum += 0.04 * square(std::log2(x[2] / 20)) / 4 + (x[3] == 0 ? 0.012 : 0);
    if (x[1] == 2) sum += 0.01 + 0.01 * square(std::log2(x[4] / 12));
    if (x[5] == 1) {
      // Trees do not mind the scale.
      return Outcome{sum + 0.015 + 0.03 * square(std::log10(x[10] * x[11]) - 1.2) +
                         0.01 * square(std::max(0.0, std::log10(x[10]) + 1)),
                     {}};
    }
    sum += std::array<double, 3>{0.09, 0.01, 0}[static_cast<std::size_t>(x[0])];
    const double c = std::log10(x[6]);
    if (x[7] == 0) return Outcome{sum + 0.05 + 0.01 * square(c), {}};
    if (x[7] == 2) return Outcome{sum + 0.02 + 0.01 * square(c - 0.5) + 0.01 * (x[9] - 2), {}};
    const double gamma = std::log10(x[8]);
    return Outcome{
        sum + 0.12 * (1 - std::exp(-0.5 * square(c + gamma + 1) - 0.15 * square(gamma + 2))), {}};
  };
  return problem;
}

}  // namespace

std::vector<TestProblem> conditional_problems() {
  std::vector<TestProblem> out{jenatton(), model_choice(), layers(), pipeline()};
  for (TestProblem& problem : out) problem.group = "conditional";
  return out;
}

}  // namespace studyhall::bench
