#include "core/experiment_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include "core/study_file_parts.h"
#include "tests/support/spaces.h"
#include "tests/support/study_files.h"

namespace studyhall {
namespace {

using ::testing::ElementsAre;
using testing::has_problem;
using testing::list_problems;

// The parameters "rate" and "seed", the second of which every trial has too.
const SearchSpace& space() {
  static const SearchSpace two =
      testing::make_space({testing::make_float("rate", 0, 1), testing::make_int("seed", 0, 9)});
  return two;
}

struct Parsed {
  std::optional<ExperimentSpec> spec;
  std::vector<Problem> problems;
};
Parsed parse(const std::string& text, std::size_t objectives = 1) {
  const Json json = parse_json(text, "test");
  Parsed out;
  out.spec = parse_experiment_spec(json, "/experiment", space(), out.problems, objectives);
  return out;
}

TEST(Experiment, IsACommandWithDefaults) {
  const auto [spec, problems] = parse(R"({"command": ["./run", "{rate}"]})");

  ASSERT_TRUE(spec) << list_problems(problems);
  EXPECT_EQ(spec->agent, AgentKind::Command);
  EXPECT_THAT(spec->stages.at(0).command, ElementsAre("./run", "{rate}"));
  EXPECT_EQ(spec->score.file, "result.json");
  EXPECT_THAT(spec->score.values, ElementsAre("/score"));
  EXPECT_EQ(spec->score.pattern, "");
  EXPECT_THAT(spec->pass_env, ElementsAre("PATH", "LANG"));
  EXPECT_EQ(spec->time_limit_min, 0);
  EXPECT_EQ(spec->retries, 2);
  EXPECT_EQ(spec->dir, "");
}

TEST(Experiment, NamesTheMetricsThatAreTimes) {
  const auto score = [](const std::string& members) {
    return parse(R"({"command": ["./run"], "reference_min": 52.5, "score": {)" + members + "}}");
  };
  const auto good = score(R"("metrics": {"t": "/t", "m": "/m"}, "time_metrics": ["t"])");
  ASSERT_TRUE(good.spec) << list_problems(good.problems);
  EXPECT_THAT(good.spec->score.time_metrics, ElementsAre("t"));
  EXPECT_EQ(good.spec->reference_min, 52.5);
  const std::string where = "/experiment/score/time_metrics";
  EXPECT_TRUE(has_problem(score(R"("metrics": {"t": "/t"}, "time_metrics": ["u"])").problems,
                          where + "/0", "one of the names in \"metrics\", found \"u\""));
  EXPECT_TRUE(has_problem(
      score(R"("metrics": {"t": "/t", "t_normalised": "/n"}, "time_metrics": ["t"])").problems,
      where + "/0", "\"t_normalised\" is a metric already"));
  EXPECT_TRUE(has_problem(score(R"x("pattern": "(.*)", "time_metrics": [])x").problems, where,
                          "does not go with \"pattern\""));
}

TEST(Experiment, ReadsEveryFieldOfAClaudeAgent) {
  const auto [spec, problems] = parse(R"({
      "agent": "claude", "prompt": "prompt.md", "dir": "/data",
      "claude": {"model": "opus", "max_turns": 40, "max_cost_usd": 6.5, "tools": ["Bash"]},
      "env": {"A": "1"}, "pass_env": [],
      "score": {"command": ["python3", "evaluate.py"], "file": "out/r.json", "value": "/a/0",
                "metrics": {"runtime": "/time~1min"}},
      "time_limit_min": 1.5, "retries": 0, "workspace": {"kind": "directory", "keep": "all"}})");

  ASSERT_TRUE(spec) << list_problems(problems);
  EXPECT_EQ(spec->agent, AgentKind::Claude);
  EXPECT_EQ(spec->stages.at(0).prompt, "prompt.md");
  EXPECT_EQ(spec->dir, "/data");
  EXPECT_EQ(spec->claude.model, "opus");
  EXPECT_EQ(spec->claude.max_turns, 40);
  EXPECT_EQ(spec->claude.max_cost_usd, 6.5);
  EXPECT_THAT(spec->claude.tools, ElementsAre("Bash"));
  EXPECT_EQ(spec->env.at("A"), "1");
  EXPECT_TRUE(spec->pass_env.empty());
  EXPECT_THAT(spec->score.command, ElementsAre("python3", "evaluate.py"));
  EXPECT_EQ(spec->score.file, "out/r.json");
  EXPECT_THAT(spec->score.values, ElementsAre("/a/0"));
  EXPECT_EQ(spec->score.metrics.at("runtime"), "/time~1min");
  EXPECT_EQ(spec->time_limit_min, 1.5);
  EXPECT_EQ(spec->retries, 0);
}

TEST(Experiment, ReadsTheScoreFromOnePlace) {
  const auto [spec, problems] =
      parse(R"x({"command": ["a"], "score": {"pattern": "Score:\\s+([0-9.]+)"}})x");

  ASSERT_TRUE(spec) << list_problems(problems);
  EXPECT_EQ(spec->score.pattern, "Score:\\s+([0-9.]+)");
  EXPECT_EQ(spec->score.file, "");
  EXPECT_TRUE(spec->score.values.empty());
}

TEST(Experiment, ReadsAValueForEachObjective) {
  const auto file = parse(R"({"command": ["a"], "score": {"values": ["/cost", "/error"]}})", 2);
  ASSERT_TRUE(file.spec) << list_problems(file.problems);
  EXPECT_THAT(file.spec->score.values, ElementsAre("/cost", "/error"));
  EXPECT_EQ(file.spec->score.file, "result.json");
  const Json resolved = resolve_experiment(*file.spec, parse_json(R"({"command": ["a"]})", "test"));
  EXPECT_EQ(resolved["score"]["values"], parse_json(R"(["/cost", "/error"])", "test"));
  EXPECT_FALSE(resolved["score"].contains("value"));

  const auto pattern = parse(R"x({"command": ["a"], "score": {"pattern": "(a) (b)"}})x", 2);
  EXPECT_TRUE(pattern.spec) << list_problems(pattern.problems);
}

TEST(Experiment, WantsAsManyValuesAsObjectives) {
  const auto refuse = [](const std::string& score, std::size_t objectives, const char* path,
                         const char* message) {
    const auto parsed = parse(R"({"command": ["a"])" + score + "}", objectives);
    EXPECT_TRUE(has_problem(parsed.problems, path, message)) << score << "\n"
                                                             << list_problems(parsed.problems);
  };
  refuse("", 2, "/experiment/score", "missing");
  refuse(R"(, "score": {})", 2, "/experiment/score/values", "2 JSON pointers");
  refuse(R"(, "score": {"value": "/a"})", 2, "/experiment/score/value", "use \"values\"");
  refuse(R"(, "score": {"values": ["/a"]})", 2, "/experiment/score/values", "found 1");
  refuse(R"(, "score": {"values": ["/a", "b"]})", 2, "/experiment/score/values/1", "JSON pointer");
  refuse(R"(, "score": {"values": ["/a"]})", 1, "/experiment/score/values", "use \"value\"");
  refuse(R"x(, "score": {"pattern": "(a)"})x", 2, "/experiment/score/pattern", "found 1 groups");
}

TEST(Experiment, LeavesBracesThatAreNoNames) {
  const auto parsed =
      parse(R"x({"command": ["awk", "{print $1}", "{}", "{\"a\": 1}", "{", "a}b{"]})x");
  EXPECT_TRUE(parsed.spec) << list_problems(parsed.problems);
}

TEST(Experiment, ReplacesNamesThatEveryTrialHas) {
  const auto parsed = parse(
      R"({"command": ["{dir}/run", "{trial}-{worker}", "{config}", "--out={workspace}/{rate}"]})");
  EXPECT_TRUE(parsed.spec) << list_problems(parsed.problems);
}

TEST(Experiment, ReadsAPipelineWhoseStagesInheritWhatTheyLeaveOut) {
  const auto [spec, problems] = parse(R"({"agent": "claude", "stall_min": 4, "time_limit_min": 90,
      "claude": {"max_turns": 40, "max_cost_usd": 2, "max_tokens": 1000},
      "stages": [{"name": "implement", "prompt": "implement.md", "max_turns": 10},
                 {"name": "run", "command": ["./run", "{rate}"], "time_limit_min": 60},
                 {"name": "document", "prompt": "document.md", "stall_min": 1, "max_cost_usd": 0.5,
                  "max_tokens": 30}]})");

  ASSERT_TRUE(spec) << list_problems(problems);
  ASSERT_EQ(spec->stages.size(), 3U);
  const auto& [implement, run, document] =
      std::tie(spec->stages[0], spec->stages[1], spec->stages[2]);
  EXPECT_EQ(implement.name, "implement");
  EXPECT_EQ(implement.prompt, "implement.md");
  EXPECT_EQ(implement.max_turns, 10);
  EXPECT_EQ(implement.max_cost_usd, 2);
  EXPECT_EQ(implement.stall_min, 4);
  EXPECT_FALSE(run.is_agent());
  EXPECT_THAT(run.command, ElementsAre("./run", "{rate}"));
  EXPECT_EQ(run.time_limit_min, 60);
  EXPECT_EQ(run.stall_min, 0) << "a program may be silent beside agents";
  EXPECT_EQ(document.max_turns, 40);
  EXPECT_EQ(document.stall_min, 1);
  EXPECT_EQ(spec->max_turns(), 50);
  EXPECT_EQ(spec->max_cost_usd(), 2.5);
  EXPECT_EQ(spec->max_tokens(), 1030);
  EXPECT_EQ(spec->longest_min(), 90);
}

TEST(Experiment, IsAPipelineOfOneWithoutStages) {
  const auto plain = parse(R"({"command": ["a"], "stall_min": 3})");
  ASSERT_TRUE(plain.spec) << list_problems(plain.problems);
  ASSERT_EQ(plain.spec->stages.size(), 1U);
  EXPECT_EQ(plain.spec->stages[0].name, "run");
  EXPECT_EQ(plain.spec->stages[0].stall_min, 3);
  EXPECT_FALSE(plain.spec->max_turns());

  const auto agent = parse(R"({"agent": "claude", "prompt": "p.md"})");
  ASSERT_TRUE(agent.spec) << list_problems(agent.problems);
  EXPECT_EQ(agent.spec->stages[0].stall_min, kDefaultStallMin);
  EXPECT_EQ(agent.spec->stages[0].max_turns, 80);
  EXPECT_FALSE(agent.spec->max_cost_usd());
  EXPECT_EQ(agent.spec->longest_min(), 0);
}

TEST(Experiment, LastsAsLongAsItsStagesWhereEachHasALimit) {
  const auto parsed = parse(R"({"stages": [{"name": "a", "command": ["a"], "time_limit_min": 2},
                                           {"name": "b", "command": ["b"], "time_limit_min": 3}]})");
  ASSERT_TRUE(parsed.spec) << list_problems(parsed.problems);
  EXPECT_EQ(parsed.spec->longest_min(), 5);
}

TEST(Experiment, ReadsWhatClaudeAndPromptsAreGiven) {
  const auto [spec, problems] = parse(R"({"agent": "claude", "prompt": "p.md",
      "claude": {"system_prompt": "system.md", "project_settings": true, "allow_web": true,
                 "tool_limit_min": 5, "tools": ["Bash", "WebFetch"],
                 "mcp": {"tiny": {"command": "tiny", "args": ["-v"]}}},
      "context": {"language": "C++", "build": "make", "test": "make test", "rules": ["no macros"],
                  "key_files": ["solver.cc", "solver.h"]},
      "max_output_mb": 0.5, "max_disk_gb": 2})");

  ASSERT_TRUE(spec) << list_problems(problems);
  EXPECT_EQ(spec->claude.system_prompt, "system.md");
  EXPECT_TRUE(spec->claude.project_settings);
  EXPECT_TRUE(spec->claude.allow_web);
  EXPECT_EQ(spec->claude.tool_limit_min, 5);
  EXPECT_EQ(spec->claude.mcp["tiny"]["args"][0], "-v");
  EXPECT_EQ(spec->context.language, "C++");
  EXPECT_EQ(spec->context.build, "make");
  EXPECT_EQ(spec->context.test, "make test");
  EXPECT_THAT(spec->context.rules, ElementsAre("no macros"));
  EXPECT_THAT(spec->context.key_files, ElementsAre("solver.cc", "solver.h"));
  EXPECT_EQ(spec->max_output_mb, 0.5);
  EXPECT_EQ(spec->max_disk_gb, 2);
}

TEST(Experiment, ReportsEveryMistake) {
  struct Case {
    std::string experiment;
    std::string path;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"[]", "", "expected an object, found []"},
      {"{}", "/command", "missing"},
      {R"({"agent": "codex"})", "/agent", "\"command\" or \"claude\", found \"codex\""},
      {R"({"agent": "claude"})", "/prompt", "missing"},
      {R"({"agent": "claude", "prompt": ""})", "/prompt", "found \"\""},
      {R"({"agent": "claude", "prompt": "p", "command": ["a"]})", "/command",
       "goes with \"agent\": \"command\" only"},
      {R"({"command": ["a"], "prompt": "p"})", "/prompt", "goes with \"agent\": \"claude\" only"},
      {R"({"command": ["a"], "claude": {}})", "/claude", "goes with \"agent\": \"claude\" only"},
      {R"({"command": "a b"})", "/command", "found \"a b\""},
      {R"({"command": ["a"], "stages": [{"name": "a", "command": ["a"]}]})", "/command",
       "does not go with \"stages\""},
      {R"({"stages": []})", "/stages", "expected 1 to 20 stages, found 0"},
      {R"({"stages": [{"command": ["a"]}]})", "/stages/0/name", "missing"},
      {R"({"stages": [{"name": "a/b", "command": ["a"]}]})", "/stages/0/name", "found \"a/b\""},
      {R"({"stages": [{"name": "a"}]})", "/stages/0", "found neither"},
      {R"({"stages": [{"name": "a", "prompt": "p"}]})", "/stages/0/prompt",
       "goes with \"agent\": \"claude\""},
      {R"({"stages": [{"name": "a", "command": ["a"], "max_turns": 3}]})", "/stages/0/max_turns",
       "goes with \"prompt\" only"},
      {R"({"stages": [{"name": "a", "command": ["a"]}, {"name": "a", "command": ["b"]}]})",
       "/stages/1", "a second stage named \"a\""},
      {R"({"stages": [{"name": "a", "command": ["{rat}"]}]})", "/stages/0/command/0", "{rate}"},
      {R"({"agent": "claude", "stages": [{"name": "a", "command": ["a"]}]})", "/stages",
       "no stage has a \"prompt\""},
      {R"({"agent": "claude", "prompt": "p", "claude": {"tools": ["WebFetch"]}})", "/claude/tools",
       "it goes with \"allow_web\": true"},
      {R"({"agent": "claude", "prompt": "p", "claude": {"mcp": {"x": 3}}})", "/claude/mcp/x",
       "found 3"},
      {R"({"command": ["a"], "context": {"rules": "r"}})", "/context/rules", "a list of strings"},
      {R"({"command": ["a"], "max_disk_gb": 0})", "/max_disk_gb", "found 0"},
      {R"({"command": ["a"], "stall_min": -1})", "/stall_min", "found -1"},
      {R"({"command": []})", "/command", "found []"},
      {R"({"command": [""]})", "/command", "the program"},
      {R"({"command": ["a", 3]})", "/command/1", "a string, found 3"},
      {R"({"command": ["a", "{rat}"]})", "/command/1", "the nearest one is {rate}"},
      {R"({"command": ["a", "x={nothing_near}"]})", "/command/1", "none of trial, worker"},
      {R"({"command": ["a", "{seed}"]})", "/command/1", "rename the parameter"},
      {R"({"command": ["a", "b\u0000c"]})", "/command/1", "without NUL"},
      {R"({"command": ["a"], "dir": 1})", "/dir", "found 1"},
      {R"({"command": ["a"], "comand": 1})", "/comand", "is \"command\""},
      {R"({"agent": "claude", "prompt": "p", "claude": {"model": "--x"}})", "/claude/model",
       "found \"--x\""},
      {R"({"agent": "claude", "prompt": "p", "claude": {"max_turns": 0}})", "/claude/max_turns",
       "found 0"},
      {R"({"agent": "claude", "prompt": "p", "claude": {"max_cost_usd": 0}})",
       "/claude/max_cost_usd", "a number > 0, found 0"},
      {R"({"agent": "claude", "prompt": "p", "claude": {"tools": "Bash"}})", "/claude/tools",
       "a list of strings"},
      {R"({"agent": "claude", "prompt": "p", "claude": {"tools": ["-p"]}})", "/claude/tools/0",
       "the name of a tool"},
      {R"({"agent": "claude", "prompt": "p", "claude": {"turns": 1}})", "/claude/turns",
       "unknown field"},
      {R"({"command": ["a"], "score": "x"})", "/score", "found \"x\""},
      {R"({"command": ["a"], "score": {"command": [1]}})", "/score/command/0", "found 1"},
      {R"({"command": ["a"], "score": {"command": ["{rat}"]}})", "/score/command/0", "{rate}"},
      {R"({"command": ["a"], "score": {"file": "/etc/passwd"}})", "/score/file", "relative"},
      {R"({"command": ["a"], "score": {"file": "a/../../b"}})", "/score/file", "without \"..\""},
      {R"({"command": ["a"], "score": {"value": "score"}})", "/score/value", "JSON pointer"},
      {R"({"command": ["a"], "score": {"value": "/a~2"}})", "/score/value", "JSON pointer"},
      {R"({"command": ["a"], "score": {"metrics": {"m": 1}}})", "/score/metrics/m", "found 1"},
      {R"({"command": ["a"], "score": {"metrics": ["m"]}})", "/score/metrics", "an object"},
      {R"x({"command": ["a"], "score": {"pattern": "x", "file": "r"}})x", "/score/file",
       "does not go with \"pattern\""},
      {R"x({"command": ["a"], "score": {"pattern": "[0-9.]+"}})x", "/score/pattern",
       "found 0 groups"},
      {R"x({"command": ["a"], "score": {"pattern": "(a)(b)"}})x", "/score/pattern",
       "found 2 groups"},
      {R"x({"command": ["a"], "score": {"pattern": "(["}})x", "/score/pattern", "found \"([\""},
      {R"({"command": ["a"], "env": {"A": 1}})", "/env/A", "a string, found 1"},
      {R"({"command": ["a"], "env": {"A B": "x"}})", "/env/A B", "no name for an environment"},
      {R"({"command": ["a"], "env": {"STUDY_TRIAL": "1"}})", "/env/STUDY_TRIAL",
       "set by the worker"},
      {R"({"command": ["a"], "env": {"STUDY_PARAM_X": "1"}})", "/env/STUDY_PARAM_X",
       "set by the worker"},
      {R"({"command": ["a"], "pass_env": ["PATH", "A=B"]})", "/pass_env/1", "no name"},
      {R"({"command": ["a"], "time_limit_min": -1})", "/time_limit_min", "found -1"},
      {R"({"command": ["a"], "retries": 1.5})", "/retries", "found 1.5"},
      {R"({"command": ["a"], "workspace": {"kind": "tmpfs"}})", "/workspace/kind",
       "expected \"worktree\" or \"directory\", found \"tmpfs\""},
      {R"({"command": ["a"], "workspace": {"keep": "some"}})", "/workspace/keep",
       "expected \"all\", \"best\" or \"none\", found \"some\""},
  };
  for (const Case& c : cases) {
    const auto [spec, problems] = parse(c.experiment);
    EXPECT_FALSE(spec) << c.experiment;
    EXPECT_TRUE(has_problem(problems, "/experiment" + c.path, c.message))
        << c.experiment << "\nwanted " << c.path << ": " << c.message << "\ngot\n"
        << list_problems(problems);
  }
}

TEST(Experiment, LimitsThePattern) {
  const std::string pattern = "(" + std::string(1000, 'a') + ")";
  const auto parsed = parse(R"({"command": ["a"], "score": {"pattern": ")" + pattern + "\"}}");
  EXPECT_TRUE(has_problem(parsed.problems, "/experiment/score/pattern", "at most 1000 bytes"));
}

}  // namespace
}  // namespace studyhall
