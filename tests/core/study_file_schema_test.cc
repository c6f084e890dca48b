#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>

#include "core/study_spec.h"
#include "tests/support/study_files.h"
#include "tests/support/temp_dir.h"

namespace studyhall {
namespace {

using testing::claude_study_file;
using testing::full_study_file;
using testing::smallest_study_file;
using testing::study_file_problems;

struct Change {
  std::string pointer;
  std::string value;  // empty: removed
};

Json changed(Json file, const Change& change) {
  const Json::json_pointer pointer(change.pointer);
  if (change.value.empty()) {
    file[pointer.parent_pointer()].erase(pointer.back());
  } else {
    file[pointer] = parse_json(change.value, "test");
  }
  return file;
}

// What the schema and the parser must both accept or both refuse: everything but the rules that
// relate one field to another's value.
std::vector<Json> files_to_judge() {
  const std::vector<Change> of_full = {
      {"/name", ""},
      {"/name", "\"a b\""},
      {"/name", "\".a\""},
      {"/name", "\"-\""},
      {"/name", "\"a.b-c\""},
      {"/$schema", "3"},
      {"/direction", ""},
      {"/direction", "\"max\""},
      {"/directions", "[\"minimize\"]"},
      {"/seed", "-1"},
      {"/seed", "1.5"},
      {"/seed", "18446744073709551615"},
      {"/seed", "null"},
      {"/params", ""},
      {"/params", "[]"},
      {"/params", "{}"},
      {"/params/{x}", R"({"type": "int", "low": 0, "high": 1})"},
      {"/params/", R"({"type": "int", "low": 0, "high": 1})"},
      {"/params/x", R"({"type": "int", "low": 0, "high": 1})"},
      {"/params/x", R"({"type": "int", "low": 0, "high": 1, "choices": [1]})"},
      {"/params/x", R"({"type": "int", "low": 0.5, "high": 1})"},
      {"/params/x", R"({"type": "int", "low": 0.0, "high": 1e3})"},
      {"/params/x", R"({"type": "int", "low": 0, "high": 1e17})"},
      {"/params/x", R"({"type": "int", "low": 0, "high": 9, "log": true})"},
      {"/params/x", R"({"type": "int", "low": 1, "high": 9, "log": true})"},
      {"/params/x", R"({"type": "int", "low": 1, "high": 9, "log": true, "step": 1})"},
      {"/params/x", R"({"type": "int", "low": 1, "high": 9, "log": true, "step": 2})"},
      {"/params/x", R"({"type": "int", "low": 1, "high": 9, "log": false, "step": 2})"},
      {"/params/x", R"({"type": "int", "low": 1, "high": 9, "step": 0})"},
      {"/params/x", R"({"type": "float", "low": 0, "high": 1, "step": 0.25, "default": 0.5})"},
      {"/params/x", R"({"type": "float", "low": 0, "high": 1, "step": -1})"},
      {"/params/x", R"({"type": "float", "low": 0, "high": 1, "log": true})"},
      {"/params/x", R"({"type": "float", "low": 1, "high": 2, "log": true, "step": 1})"},
      {"/params/x", R"({"type": "float", "low": 1, "high": 2, "log": 1})"},
      {"/params/x", R"({"type": "float", "low": "1", "high": 2})"},
      {"/params/x", R"({"type": "float", "high": 2})"},
      {"/params/x", R"({"type": "real", "low": 1, "high": 2})"},
      {"/params/x", R"({"low": 1, "high": 2})"},
      {"/params/x", R"({"type": "categorical", "choices": ["a", 1, true, null]})"},
      {"/params/x", R"({"type": "categorical", "choices": []})"},
      {"/params/x", R"({"type": "categorical", "choices": ["a", "a"]})"},
      {"/params/x", R"({"type": "categorical", "choices": [{}]})"},
      {"/params/x", R"({"type": "categorical", "choices": ["a"], "ordered": "yes"})"},
      {"/params/x", R"({"type": "categorical", "choices": ["a"], "log": true})"},
      {"/params/size/when", "[]"},
      {"/params/size/when", "{}"},
      {"/params/size/when", R"({"init_strategy": []})"},
      {"/params/size/when", R"({"init_strategy": "grid"})"},
      {"/params/size/when", R"({"init_strategy": ["grid", "grid"]})"},
      {"/params/size/when", R"({"init_strategy": ["grid"], "refine_top": [1, 2]})"},
      {"/require", "[]"},
      {"/require", "\"refine_top > 1\""},
      {"/require", "[1]"},
      {"/constraints", "[]"},
      {"/constraints", R"([{"metric": "runtime_min"}])"},
      {"/constraints", R"([{"metric": "runtime_min", "min": 1}])"},
      {"/constraints", R"([{"metric": "", "min": 1}])"},
      {"/constraints", R"([{"min": 1}])"},
      {"/constraints", R"([{"metric": "runtime_min", "max": "1"}])"},
      {"/constraints", R"([{"metric": "runtime_min", "max": 1, "less": 2}])"},
      {"/workers", "[]"},
      {"/workers/W4", "{}"},
      {"/workers/W 4", "{}"},
      {"/workers/W4", "null"},
      {"/workers/W4", R"({"focus": []})"},
      {"/workers/W4", R"({"focus": {}})"},
      {"/workers/W4", R"({"focus": "size"})"},
      {"/workers/W4", R"({"focus": ["size", "size"]})"},
      {"/workers/W4", R"({"focus": {"refine_top": {"low": "1"}}})"},
      {"/workers/W4", R"({"focus": {"refine_top": []}})"},
      {"/workers/W4", R"({"focus": {"size": {"choices": ["s"]}}})"},
      {"/workers/W4", R"({"focus": {"size": {"choices": []}}})"},
      {"/workers/W4", R"({"fixed": []})"},
      {"/workers/W4", R"({"fixed": {"size": {}}})"},
      {"/workers/W4", R"({"cpus": "0-3"})"},
      {"/workers/W4", R"({"cpus": 3})"},
      {"/workers/W4", R"({"memory_gb": 2, "gpus": [1], "nice": 5, "env": {"A": "1"}})"},
      {"/workers/W4", R"({"env": {"STUDY_SEED": "1"}})"},
      {"/workers/W4", R"({"sampler": "gp"})"},
      {"/focus_share", "0"},
      {"/focus_share", "1.01"},
      {"/sampler", "\"auto\""},
      {"/sampler", "\"gp\""},
      {"/sampler", R"({"name": "gp", "startup": 3, "version": 1})"},
      {"/sampler", R"({"name": "gp", "startup": 0})"},
      {"/sampler", R"({"name": "gp", "candidates": 10})"},
      {"/sampler", "\"kriging\""},
      {"/sampler", "{}"},
      {"/sampler", R"({"name": "auto"})"},
      {"/sampler", R"({"name": "auto", "startup": 3})"},
      {"/sampler", R"({"name": "tpe", "startup": 0, "version": 1})"},
      {"/sampler", R"({"name": "tpe", "startup": -1})"},
      {"/sampler", R"({"name": "tpe", "candidates": 0})"},
      {"/sampler", R"({"name": "tpe", "multivariate": 1})"},
      {"/sampler", R"({"name": "tpe", "version": 2})"},
      {"/sampler", R"({"name": "cmaes", "sigma": 0.3, "popsize": 4, "restart": "bipop"})"},
      {"/sampler", R"({"name": "cmaes", "sigma": 0})"},
      {"/sampler", R"({"name": "cmaes", "popsize": 3})"},
      {"/sampler", R"({"name": "cmaes", "restart": "lots"})"},
      {"/sampler", R"({"name": "cmaes", "covariance": "diagonal", "learning_rate": "fixed"})"},
      {"/sampler", R"({"name": "cmaes", "covariance": "banded"})"},
      {"/sampler", R"({"name": "gp", "incumbent": "observed"})"},
      {"/sampler", R"({"name": "gp", "incumbent": "best"})"},
      {"/sampler", R"({"name": "random"})"},
      {"/sampler", R"({"name": "random", "sigma": 1})"},
      {"/sampler", R"({"name": "qmc"})"},
      {"/sampler", R"({"name": "qmc", "points": 3})"},
      {"/sampler", "\"grid\""},
      {"/sampler", R"({"name": "grid", "points": 3})"},
      {"/sampler", R"({"name": "grid", "points": 0})"},
      {"/pruner", "\"none\""},
      {"/pruner", R"({"name": "none", "lower": 1})"},
      {"/pruner", R"({"name": "median"})"},
      {"/pruner", R"({"name": "median", "n_startup_trials": 0, "interval_steps": 2})"},
      {"/pruner", R"({"name": "median", "interval_steps": 0})"},
      {"/pruner", R"({"name": "median", "percentile": 50})"},
      {"/pruner", R"({"name": "percentile"})"},
      {"/pruner", R"({"name": "percentile", "percentile": 25, "n_min_trials": 3})"},
      {"/pruner", R"({"name": "percentile", "percentile": -1})"},
      {"/pruner", R"({"name": "successive_halving", "min_resource": "auto"})"},
      {"/pruner", R"({"name": "successive_halving", "min_resource": 3, "bootstrap_count": 2})"},
      {"/pruner", R"({"name": "successive_halving", "min_resource": "all"})"},
      {"/pruner", R"({"name": "successive_halving", "reduction_factor": 1})"},
      {"/pruner", R"({"name": "successive_halving", "min_early_stopping_rate": 61})"},
      {"/pruner", R"({"name": "hyperband", "max_resource": 100, "reduction_factor": 4})"},
      {"/pruner", R"({"name": "hyperband", "min_resource": "auto"})"},
      {"/pruner", R"({"name": "patient", "patience": 2, "wrapped_pruner": {"name": "median"}})"},
      {"/pruner", R"({"name": "patient", "patience": 2, "wrapped_pruner": {"name": "mean"}})"},
      {"/pruner", R"({"name": "patient", "patience": 2, "min_delta": -1})"},
      {"/pruner", R"({"name": "patient"})"},
      {"/pruner", R"({"name": "threshold"})"},
      {"/pruner", R"({"name": "threshold", "upper": 1, "n_warmup_steps": 4})"},
      {"/pruner", R"({"name": "threshold", "lower": "1"})"},
      {"/pruner", R"({"name": "wilcoxon", "p_threshold": 0.2, "n_startup_steps": 0})"},
      {"/pruner", R"({"name": "wilcoxon", "p_threshold": 1.5})"},
      {"/pruner", "{}"},
      {"/confirm", R"({"replicates": 2})"},
      {"/confirm", R"({"replicates": -1})"},
      {"/confirm", R"({"replicates": 1001})"},
      {"/confirm", R"({"replicates": 1.5})"},
      {"/confirm", "{}"},
      {"/limits", "{}"},
      {"/limits", R"({"trials": 0})"},
      {"/limits", R"({"trials": 1e3})"},
      {"/limits", R"({"hours": 3.5, "cost_usd": 0.5, "turns": 20, "tokens": 1e9})"},
      {"/limits", R"({"hours": 0})"},
      {"/limits", R"({"cost_usd": "3"})"},
      {"/limits", R"({"turns": 1.5})"},
      {"/workers/W1/limits", R"({"trials": 3, "cost_usd": 10})"},
      {"/workers/W1/limits", R"({"tokens": 0})"},
      {"/limits", R"({"running": "4"})"},
      {"/target", "\"1\""},
      {"/notify", "{}"},
      {"/notify", "[]"},
      {"/notify", R"({"team": {"url": "https://h.example/x"}})"},
      {"/notify", R"({"a b": {"url": "https://h.example/x"}})"},
      {"/notify", R"({"team": {}})"},
      {"/notify", R"({"team": {"url": "ftp://h.example/x"}})"},
      {"/notify", R"({"team": {"url": "https://h.example/a b"}})"},
      {"/notify", R"({"team": {"url": "http://h/x", "format": "slack", "events": ["budget"]}})"},
      {"/notify", R"({"team": {"url": "http://h/x", "format": "teams"}})"},
      {"/notify", R"({"team": {"url": "http://h/x", "events": ["new_bst"]}})"},
      {"/notify", R"({"team": {"url": "http://h/x", "failure_streak": 5}})"},
      {"/notify", R"({"team": {"url": "http://h/x", "failure_streak": 0}})"},
      {"/notify", R"({"team": {"url": "http://h/x", "retry": 3}})"},
      {"/colour", "1"},
      {"/experiment", "[]"},
      {"/experiment/agent", "\"codex\""},
      {"/experiment/agent", ""},
      {"/experiment/command", ""},
      {"/experiment/command", "[]"},
      {"/experiment/command", "\"./run\""},
      {"/experiment/command", "[1]"},
      {"/experiment/prompt", "\"p.md\""},
      {"/experiment/claude", "{}"},
      {"/experiment/dir", "1"},
      {"/experiment/task_prompt", "\"task.md\""},
      {"/roles", "{}"},
      {"/experiment/env", R"({"A B": "1"})"},
      {"/experiment/env", R"({"A": 1})"},
      {"/experiment/env", R"({"STUDY_SEED": "1"})"},
      {"/experiment/env", R"({"STUDY_SEEDS": "1"})"},
      {"/experiment/pass_env", R"(["STUDY_PARAM_X"])"},
      {"/experiment/pass_env", R"([""])"},
      {"/experiment/time_limit_min", "0"},
      {"/experiment/time_limit_min", "-0.5"},
      {"/experiment/retries", "1001"},
      {"/experiment/stages", "[]"},
      {"/experiment/stall_min", "5"},
      {"/experiment/stall_min", "-5"},
      {"/experiment/max_output_mb", "0.5"},
      {"/experiment/max_disk_gb", "0"},
      {"/experiment/context", R"({"language": "C++", "rules": ["a"], "key_files": []})"},
      {"/experiment/context", R"({"rules": "a"})"},
      {"/experiment/context", R"({"rule": ["a"]})"},
      {"/experiment/workspace", R"({"kind": "worktree"})"},
      {"/experiment/workspace", "{}"},
      {"/experiment/workspace", R"({"keep": "best"})"},
      {"/experiment/workspace", R"({"keep": "some"})"},
      {"/experiment/workspace", R"({"max_total_gb": 0})"},
      {"/experiment/workspace", R"({"repo": ".."})"},
      {"/experiment/workspace", R"({"push": "origin"})"},
      {"/experiment/workspace",
       R"({"kind": "worktree", "repo": "..", "push": "origin", "fetch": true, "commit": "branch",
           "base": "main", "base_commit": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})"},
      {"/experiment/workspace",
       R"({"kind": "worktree", "repo": "-x", "base_commit": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})"},
      {"/experiment/workspace", R"({"kind": "worktree", "repo": "..", "base_commit": "main"})"},
      {"/experiment/workspace", R"({"kind": "worktree", "repos": {}})"},
      {"/experiment/workspace",
       R"({"kind": "worktree", "repos": {"a": {"repo": "..", "base_commit": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}})"},
      {"/experiment/workspace",
       R"({"kind": "worktree", "repos": {"a/b": {"repo": "..", "base_commit": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}})"},
      {"/experiment/protect", "\"a\""},
      {"/experiment/protect", R"(["/a"])"},
      {"/experiment/protected", R"({"a": "1"})"},
      {"/experiment/cpus", "\"0-3,7\""},
      {"/experiment/cpus", "\"0-\""},
      {"/experiment/cpus", "3"},
      {"/experiment/memory_gb", "0"},
      {"/experiment/memory_gb", "1.5"},
      {"/experiment/gpus", R"([0, "MIG-1"])"},
      {"/experiment/gpus", "[0.5]"},
      {"/experiment/gpus", "0"},
      {"/experiment/nice", "19"},
      {"/experiment/nice", "-1"},
      {"/experiment/score/file", "\"/etc/passwd\""},
      {"/experiment/score/file", "\"\""},
      {"/experiment/score/value", "\"\""},
      {"/experiment/score/value", "\"score\""},
      {"/experiment/score/value", "\"/a~2\""},
      {"/experiment/score/pattern", "\"(x)\""},
      {"/experiment/score/require", "\"attested\""},
      {"/experiment/score/require", "\"claimed\""},
      {"/experiment/score/range", "[0, 1]"},
      {"/experiment/score/time_metrics", "3"},
      {"/experiment/score/time_metrics", "[3]"},
      {"/experiment/reference_min", "52.5"},
      {"/experiment/reference_min", "0"},
      {"/workers/W9", R"({"time_ratio": 1.3})"},
      {"/workers/W9", R"({"time_ratio": 0})"},
      {"/workers/W9", R"({"time_ratio": "1"})"},
      {"/experiment/score/range", "[0]"},
  };
  const std::vector<Change> of_two_objectives = {
      {"/directions", "[]"},
      {"/directions", "[\"minimize\"]"},
      {"/directions", "[\"minimize\", \"up\"]"},
      {"/directions", R"(["minimize", "maximize", "minimize"])"},
      {"/direction", "\"minimize\""},
      {"/sampler", "\"random\""},
  };
  const std::vector<Change> of_claude = {
      {"/experiment/prompt", ""},
      {"/experiment/prompt", "\"\""},
      {"/experiment/command", "[\"a\"]"},
      {"/experiment/claude", ""},
      {"/experiment/claude", "{}"},
      {"/experiment/claude/max_turns", "0"},
      {"/experiment/claude/max_cost_usd", "0"},
      {"/experiment/claude/model", "\"-x\""},
      {"/experiment/claude/model", "\"\""},
      {"/experiment/claude/tools", "[]"},
      {"/experiment/claude/tools", "[\"\"]"},
      {"/experiment/claude/turns", "3"},
      {"/experiment/claude/max_tokens", "1000"},
      {"/experiment/claude/max_tokens", "0"},
      {"/experiment/claude/tool_limit_min", "1440"},
      {"/experiment/claude/tool_limit_min", "0"},
      {"/experiment/claude/system_prompt", "\"system.md\""},
      {"/experiment/claude/system_prompt", "\"\""},
      {"/experiment/claude/mcp", R"({"tiny": {"command": "tiny"}})"},
      {"/experiment/claude/mcp", R"({"a b": {"command": "tiny"}})"},
      {"/experiment/claude/mcp", R"({"tiny": "tiny"})"},
      {"/experiment/claude/project_settings", "true"},
      {"/experiment/claude/allow_web", "1"},
      {"/experiment/stages", R"([{"name": "a", "command": ["a"]}])"},
      {"/experiment/task_prompt", "\"task.md\""},
      {"/experiment/task_prompt", "\"\""},
      {"/roles", "{}"},
      {"/roles", "[]"},
      {"/roles/a b", "{}"},
      {"/roles/docs", "{}"},
      {"/roles/docs",
       R"({"prompt": "docs.md", "accepts": ["docs"], "model": "haiku", "want": "any", "allow_web": true})"},
      {"/roles/docs", R"({"want": "trials", "accepts": ["docs"]})"},
      {"/roles/docs", R"({"want": "trials", "prompt": "docs.md"})"},
      {"/roles/docs", R"({"want": "all"})"},
      {"/roles/docs", R"({"model": "-x"})"},
      {"/roles/docs", R"({"accepts": ["a b"]})"},
      {"/roles/docs", R"({"allow_web": 1})"},
      {"/roles/docs", R"({"tools": []})"},
  };
  const std::vector<std::pair<std::string, std::string>> pipelines = {
      {"claude", "[]"},
      {"claude", R"([{"name": "a", "prompt": "a.md"}, {"name": "b", "command": ["b"]}])"},
      {"command", R"([{"name": "a", "prompt": "a.md"}])"},
      {"command", R"([{"name": "a", "command": ["a"], "stall_min": 3, "time_limit_min": 5}])"},
      {"command", R"([{"name": "a", "command": []}])"},
      {"command", R"([{"name": "a"}])"},
      {"command", R"([{"command": ["a"]}])"},
      {"command", R"([{"name": "a b", "command": ["a"]}])"},
      {"claude", R"([{"name": "b", "command": ["b"]}])"},
      {"claude", R"([{"name": "a", "prompt": "a.md", "command": ["b"]}])"},
      {"claude", R"([{"name": "a", "prompt": "a.md", "max_turns": 3, "max_cost_usd": 0.5}])"},
      {"claude", R"([{"name": "a", "prompt": "a.md", "max_tokens": 0}])"},
      {"claude", R"([{"name": "a", "prompt": "a.md"}, {"name": "b", "command": ["b"],
                      "max_turns": 3}])"},
      {"claude", R"([{"name": "a", "prompt": "a.md", "tools": []}])"},
  };
  std::vector<Json> files = {smallest_study_file(),
                             full_study_file(),
                             claude_study_file(),
                             parse_study_spec(full_study_file())->resolved,
                             parse_study_spec(claude_study_file())->resolved,
                             Json::object(),
                             Json::array()};
  for (const Change& change : of_full) files.push_back(changed(full_study_file(), change));
  Json two_objectives = smallest_study_file();
  two_objectives.erase("direction");
  two_objectives["directions"] = {"minimize", "maximize"};
  for (const Change& change : of_two_objectives) files.push_back(changed(two_objectives, change));
  for (const auto& [agent, stages] : pipelines) {
    Json file = smallest_study_file();
    file["experiment"] = {{"agent", agent}, {"stages", parse_json(stages, "test")}};
    files.push_back(file);
  }
  for (const Change& change : of_claude) files.push_back(changed(claude_study_file(), change));
  return files;
}

constexpr std::string_view kJudge = R"py(
import json, sys
try:
    import jsonschema
except ImportError:
    sys.exit(77)
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for line in open(sys.argv[2]):
    print(1 if validator.is_valid(json.loads(line)) else 0)
)py";

void write_file(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

TEST(StudyFileSchema, JudgesAsTheParserDoes) {
  const testing::TempDir dir;
  const std::vector<Json> files = files_to_judge();
  std::string lines;
  for (const Json& file : files) lines += dump_json(file) + "\n";
  write_file(dir.path() / "schema.json", dump_json(study_file_schema()));
  write_file(dir.path() / "files.jsonl", lines);
  write_file(dir.path() / "judge.py", kJudge);

  const std::string at = dir.path().string();
  const std::string command = "/usr/bin/python3 " + at + "/judge.py " + at + "/schema.json " + at +
                              "/files.jsonl > " + at + "/verdicts 2> " + at + "/errors";
  const int status = std::system(command.c_str());
  if (!WIFEXITED(status) || WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 127) {
    GTEST_SKIP() << "needs /usr/bin/python3 with python3-jsonschema";
  }
  std::stringstream errors;
  errors << std::ifstream(dir.path() / "errors").rdbuf();
  ASSERT_EQ(WEXITSTATUS(status), 0) << errors.str();

  std::ifstream verdicts(dir.path() / "verdicts");
  int accepted = 0;
  for (const Json& file : files) {
    int valid = -1;
    ASSERT_TRUE(verdicts >> valid);
    const auto problems = study_file_problems(file);
    EXPECT_EQ(valid == 1, problems.empty())
        << "the schema " << (valid == 1 ? "accepts" : "refuses") << "\n"
        << dump_json(file) << "\nthe parser says\n"
        << testing::list_problems(problems);
    accepted += valid;
  }
  EXPECT_GT(accepted, 30);
}

void collect_property_names(const Json& schema, std::set<std::string>& names) {
  if (!schema.is_structured()) return;
  for (const auto& [key, value] : schema.items()) {
    if (key == "properties") {
      for (const auto& [name, property] : value.items()) names.insert(name);
    }
    collect_property_names(value, names);
  }
}

// Puts a field that is nowhere known into every object of `json`.
void add_stranger(Json& json) {
  if (!json.is_structured()) return;
  for (Json& value : json) add_stranger(value);
  if (json.is_object()) json["zzzzzzzzzz"] = 1;
}

TEST(StudyFileSchema, HasEveryFieldThatTheParserKnows) {
  std::set<std::string> described;
  collect_property_names(study_file_schema(), described);

  std::set<std::string> known;
  for (Json file : {full_study_file(), claude_study_file()}) {
    file["workers"]["W1"]["sampler"] = {{"name", "cmaes"}};
    file["roles"]["docs"] = Json::object();
    add_stranger(file);
    for (const Problem& problem : study_file_problems(file)) {
      constexpr std::string_view kBefore = "known here: ";
      const auto at = problem.message.find(kBefore);
      if (at == std::string::npos) continue;
      std::istringstream names(problem.message.substr(at + kBefore.size()));
      for (std::string name; std::getline(names >> std::ws, name, ',');) known.insert(name);
    }
  }

  EXPECT_GT(known.size(), 50u);
  for (const std::string& name : known) EXPECT_TRUE(described.contains(name)) << name;
}

TEST(StudyFileSchema, SaysWhichSchemaItIs) {
  EXPECT_EQ(study_file_schema()["$schema"], "https://json-schema.org/draft/2020-12/schema");
}

}  // namespace
}  // namespace studyhall
