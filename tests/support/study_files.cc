#include "tests/support/study_files.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/study_spec.h"

namespace studyhall::testing {

namespace {

constexpr std::string_view kFull = R"json({
  "$schema": "study.schema.json",
  "name": "heat_signature",
  "direction": "maximize",
  "seed": 7,
  "params": {
    "threshold_1src": {"type": "float", "low": 0.28, "high": 0.42, "default": 0.35},
    "threshold_2src": {"type": "float", "low": 0.38, "high": 0.55, "default": 0.45},
    "fallback_sigma": {"type": "float", "low": 0.05, "high": 0.5, "log": true, "default": 0.2},
    "init_strategy": {"type": "categorical", "choices": ["smart", "random", "triangulation", "grid"], "default": "smart"},
    "refine_iters": {"type": "int", "low": 2, "high": 5, "default": 3},
    "refine_top": {"type": "int", "low": 1, "high": 3, "default": 2},
    "fallback_fevals": {"type": "int", "low": 14, "high": 24, "step": 2, "default": 18},
    "fevals_1src": {"type": "int", "low": 8, "high": 24, "log": true, "default": 20},
    "fevals_2src": {"type": "float", "low": 32, "high": 44, "step": 0.5, "default": 36},
    "size": {"type": "categorical", "choices": ["s", "m", "l"], "ordered": true, "when": {"init_strategy": ["grid"]}}
  },
  "require": ["fallback_fevals <= fevals_1src + 6"],
  "constraints": [{"metric": "runtime_min", "max": 60, "min": 0}],
  "workers": {
    "W1": {"focus": ["threshold_1src", "threshold_2src", "fallback_sigma"], "sampler": "cmaes", "fixed": {"refine_top": 2}},
    "W2": {"focus": {"init_strategy": {"choices": ["smart", "grid"]}, "refine_iters": {}}, "sampler": {"name": "random"}},
    "W3": {"focus": {"fevals_1src": {"low": 10, "high": 20}, "fevals_2src": {}}}
  },
  "focus_share": 0.8,
  "sampler": {"name": "tpe", "multivariate": false, "startup": 12, "candidates": 32},
  "pruner": {"name": "none"},
  "confirm": {"replicates": 0},
  "limits": {"trials": 200, "failures": 50, "running": 4},
  "target": 1.25,
  "experiment": {
    "agent": "command",
    "dir": ".",
    "command": ["./run", "--threshold", "{threshold_1src}", "--out={workspace}/result.json"],
    "env": {"OMP_NUM_THREADS": "1"},
    "pass_env": ["PATH"],
    "score": {"command": ["./evaluate", "{trial}"], "file": "result.json", "value": "/score", "metrics": {"runtime_min": "/time_min"}},
    "time_limit_min": 120,
    "retries": 2,
    "workspace": {"kind": "directory", "keep": "all"}
  }
})json";

}  // namespace

Json smallest_study_file() {
  return parse_json(R"({"name": "s", "direction": "minimize",
                        "params": {"x": {"type": "float", "low": 0, "high": 1}}})",
                    "test");
}

Json full_study_file() { return parse_json(kFull, "test"); }

Json claude_study_file() {
  Json file = full_study_file();
  Json& experiment = file["experiment"];
  experiment["agent"] = "claude";
  experiment.erase("command");
  experiment["prompt"] = "prompt.md";
  experiment["claude"] = {
      {"model", "opus"}, {"max_turns", 40}, {"max_cost_usd", 6.5}, {"tools", {"Bash", "Read"}}};
  return file;
}

std::vector<Problem> study_file_problems(const Json& file) {
  try {
    (void)parse_study_spec(file);
    return {};
  } catch (const Error& error) {
    if (error.code() != ErrorCode::Invalid) throw;
    std::vector<Problem> problems;
    for (const Json& item : error.details()) {
      problems.push_back({item["path"].get<std::string>(), item["message"].get<std::string>()});
    }
    return problems;
  }
}

bool has_problem(const std::vector<Problem>& problems, std::string_view path,
                 std::string_view text) {
  return std::any_of(problems.begin(), problems.end(), [&](const Problem& problem) {
    return problem.path == path && problem.message.find(text) != std::string::npos;
  });
}

std::string list_problems(const std::vector<Problem>& problems) {
  std::string out;
  for (const Problem& problem : problems) out += problem.path + ": " + problem.message + "\n";
  return out;
}

Json parse(std::string_view text) { return parse_json(text, "test"); }

Json with(std::string_view pointer, const Json& value, Json file) {
  file[Json::json_pointer(std::string(pointer))] = value;
  return file;
}

void expect_refused(const std::vector<BadCase>& cases, const Json& file) {
  for (const BadCase& bad : cases) {
    const auto problems = study_file_problems(with(bad.pointer, parse(bad.value), file));
    EXPECT_TRUE(has_problem(problems, bad.path, bad.message))
        << bad.pointer << " = " << bad.value << "\nwanted " << bad.path << ": " << bad.message
        << "\ngot\n"
        << list_problems(problems);
  }
}

}  // namespace studyhall::testing
