// Finite spaces, of a few hundred to some thousand configurations (one of ten million). Tables are
// a function of a seed; optima are found by looking at every configuration.

#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "bench/quality/problems.h"
#include "bench/quality/surrogates.h"
#include "bench/quality/test_functions.h"
#include "core/error.h"
#include "core/rng.h"
#include "core/slice.h"

namespace studyhall::bench {
namespace {

constexpr std::size_t kOps = 5;

// What each of `edges` choices among kOps is worth alone and together with its neighbours.
struct Tables {
  Tables(std::size_t edges, double together, std::uint64_t seed) {
    Rng rng = Rng::for_trial(seed, 0);
    for (std::size_t e = 0; e < edges; ++e) {
      for (double& v : single.emplace_back()) v = rng.uniform();
      for (auto& row : pair.emplace_back())
        for (double& v : row) v = together * rng.uniform();
    }
  }
  std::vector<std::array<double, kOps>> single;  // [edges]
  std::vector<std::array<std::array<double, kOps>, kOps>>
      pair;  // [edges], with the next; last: unused
};

double chain_value(const Tables& tables, Point x) {
  double sum = 0;
  for (std::size_t e = 0; e < x.size(); ++e) {
    const auto here = static_cast<std::size_t>(x[e]);
    sum += tables.single[e][here];
    if (e + 1 < x.size()) sum += tables.pair[e][here][static_cast<std::size_t>(x[e + 1])];
  }
  return sum;
}

Json op_params(std::size_t edges) {
  Json params = Json::object();
  for (std::size_t e = 0; e < edges; ++e)
    params["edge" + std::to_string(e)] = {{"type", "categorical"},
                                          {"choices", {"none", "skip", "conv1", "conv3", "pool"}}};
  return params;
}

void find_optimum(TestProblem& problem) {
  const auto spec = parse_study_spec(study_file(problem, {{"name", "random"}}, 0));
  const auto all = enumerate(spec->space, whole_space(spec->space), 1'000'000);
  if (!all) throw Error(ErrorCode::Internal, problem.name + ": too large to enumerate");
  problem.optimum = std::numeric_limits<double>::infinity();
  for (const Config& config : *all) {
    const double value = problem.evaluate(config).value;
    if (value >= problem.optimum) continue;
    problem.optimum = value;
    problem.minimiser = spec->space.to_json(config);
  }
}

TestProblem cell() {
  TestProblem problem;
  problem.name = "cell_5x5";
  problem.source = "ours, in the shape of NAS-Bench-201 (Dong, Yang, ICLR 2020): 3,125 cells";
  problem.study = {{"params", op_params(5)}};
  problem.evaluate = [tables = Tables(5, 1.0, 51)](Point x) {
    return Outcome{chain_value(tables, x), {}};
  };
  find_optimum(problem);
  return problem;
}

// 5^10 configurations: the optimum by dynamic programming along the chain.
TestProblem chain() {
  constexpr std::size_t kEdges = 10;
  TestProblem problem;
  problem.name = "chain_10x5";
  problem.source = "ours: ten choices, each with an interaction with the next";
  problem.holdout = true;
  problem.study = {{"params", op_params(kEdges)}};
  const Tables tables(kEdges, 0.7, 52);
  // best[e][op]: of edges e and later when edge e has op; next: the op of edge e + 1 then.
  std::array<std::array<double, kOps>, kEdges> best{};
  std::array<std::array<std::size_t, kOps>, kEdges> next{};
  for (std::size_t e = kEdges; e-- > 0;) {
    for (std::size_t op = 0; op < kOps; ++op) {
      double rest = e + 1 == kEdges ? 0 : std::numeric_limits<double>::infinity();
      for (std::size_t to = 0; e + 1 < kEdges && to < kOps; ++to) {
        const double value = tables.pair[e][op][to] + best[e + 1][to];
        if (value >= rest) continue;
        rest = value;
        next[e][op] = to;
      }
      best[e][op] = tables.single[e][op] + rest;
    }
  }
  std::size_t op = 0;
  for (std::size_t other = 1; other < kOps; ++other)
    if (best[0][other] < best[0][op]) op = other;
  Config config;
  for (std::size_t e = 0; e < kEdges; op = next[e][op], ++e)
    config.push_back(static_cast<double>(op));
  problem.optimum = chain_value(tables, config);
  const auto spec = parse_study_spec(study_file(problem, {{"name", "random"}}, 0));
  problem.minimiser = spec->space.to_json(config);
  problem.evaluate = [tables](Point x) { return Outcome{chain_value(tables, x), {}}; };
  return problem;
}

TestProblem lattice() {
  TestProblem problem;
  problem.name = "lattice_36x36";
  problem.source = "Ackley on 1,296 points, rounded down to steps of a half";
  problem.study = parse_json(R"({"params": {
    "row": {"type": "int", "low": 0, "high": 35}, "column": {"type": "int", "low": 0, "high": 35}}})",
                             problem.name);
  problem.evaluate = [](Point x) {
    const std::array<double, 2> z{(x[0] - 25) * 0.6, (x[1] - 8) * 0.6};
    return Outcome{std::floor(2 * ackley(z)) / 2, {}};
  };
  find_optimum(problem);
  return problem;
}

TestProblem network_table() {
  TestProblem problem;
  problem.name = "network_table";
  problem.source = "surrogates.h on a grid of 1,080";
  problem.study = parse_json(R"({"params": {
    "learning_rate": {"type": "categorical", "choices": [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 1e-1], "ordered": true},
    "optimizer":     {"type": "categorical", "choices": ["sgd", "adam", "rmsprop"]},
    "layers":        {"type": "int", "low": 1, "high": 4},
    "width":         {"type": "categorical", "choices": [16, 64, 128, 256, 1024], "ordered": true},
    "dropout":       {"type": "float", "low": 0, "high": 0.4, "step": 0.2}}})",
                             problem.name);
  problem.evaluate = [](Point x) {
    constexpr std::array<double, 6> kRate{1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 1e-1};
    constexpr std::array<double, 5> kWidth{16, 64, 128, 256, 1024};
    const std::array<double, 9> full{kRate[static_cast<std::size_t>(x[0])],
                                     x[1],
                                     128,
                                     x[2],
                                     kWidth[static_cast<std::size_t>(x[3])],
                                     x[4],
                                     1e-4,
                                     0,
                                     500};
    return Outcome{network_loss(full), {}};
  };
  find_optimum(problem);
  return problem;
}

TestProblem knapsack() {
  TestProblem problem;
  problem.name = "knapsack_12";
  problem.source = "ours: twelve things, a limit that \"require\" states, a bonus for pairs";
  problem.holdout = true;
  problem.study["params"] = Json::object();
  constexpr std::array<double, 12> kWeight{4, 7, 2, 9, 5, 3, 8, 6, 2, 5, 7, 4};
  constexpr std::array<double, 12> kWorth{6, 9, 2, 13, 6, 4, 9, 8, 3, 7, 10, 4};
  std::string total;
  for (std::size_t i = 0; i < kWeight.size(); ++i) {
    const std::string name = "take" + std::to_string(i);
    problem.study["params"][name] = {{"type", "int"}, {"low", 0}, {"high", 1}};
    total += (i == 0 ? "" : " + ") + std::to_string(static_cast<int>(kWeight[i])) + " * " + name;
  }
  problem.study["require"] = Json::array({total + " <= 30"});
  problem.evaluate = [=](Point x) {
    double worth = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      worth += kWorth[i] * x[i];
      worth += 2.5 * x[i] * x[(i + 5) % x.size()];
    }
    return Outcome{-worth, {}};
  };
  find_optimum(problem);
  return problem;
}

}  // namespace

std::vector<TestProblem> discrete_problems() {
  std::vector<TestProblem> out{cell(), chain(), lattice(), network_table(), knapsack()};
  for (TestProblem& problem : out) problem.group = "discrete";
  return out;
}

}  // namespace studyhall::bench
