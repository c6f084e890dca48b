#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <set>

#include "tests/cli/cli_run.h"
#include "tests/cli/study_process.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;

class WorkCommands : public CliTest {
 protected:
  // A study whose experiment writes x, negated, as its score.
  void create_experiment(const std::string& limits) {
    const auto script = write_file("experiment/run.sh",
                                   "#!/bin/sh\n"
                                   "echo \"trial $STUDY_TRIAL of $STUDY_WORKER\"\n"
                                   "echo \"{\\\"score\\\": $1}\" > result.json\n");
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    const auto file = write_file("experiment/study.jsonc", R"({
        "name": "demo", "direction": "maximize", "seed": 3, "sampler": {"name": "random"},
        "params": {"x": {"type": "int", "low": 0, "high": 63}},
        "limits": )" + limits + R"(,
        "experiment": {"command": ["./run.sh", "{x}"]}})");
    const RunResult result = study({"create", file.string()});
    ASSERT_EQ(result.status, 0) << result.err;
  }
  std::vector<std::string> work_args(const std::string& worker) const {
    return {"work",     "demo",
            "--worker", worker,
            "--db",     database().string(),
            "--runs",   path("runs").string()};
  }
};

TEST_F(WorkCommands, WorkRunsTrialsUntilTheBudgetIsUsed) {
  create_experiment(R"({"trials": 3})");

  StudyProcess worker(work_args("W1"), dir_.path());
  const std::string said = worker.read_all();
  EXPECT_EQ(worker.wait(), 0) << said;

  EXPECT_THAT(said, HasSubstr((path("runs/demo/STOP")).string()));
  EXPECT_THAT(said, HasSubstr("3 complete, 0 failed"));
  const Json trials = study({"trials", "demo", "--json"}).json()["trials"];
  ASSERT_EQ(trials.size(), 3U);
  for (const Json& trial : trials) EXPECT_EQ(trial["value"], trial["params"]["x"]);

  StudyProcess late(work_args("W1"), dir_.path());
  EXPECT_EQ(late.wait(), 3) << late.read_all();
}

TEST_F(WorkCommands, WorkDrySaysWhatItWouldRunAndTakesNoTrial) {
  create_experiment(R"({"trials": 3})");
  std::vector<std::string> args = work_args("W1");
  args.emplace_back("--dry-run");

  const RunResult result = run_plain(args);

  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("runs: ./run.sh"));
  EXPECT_THAT(result.out, HasSubstr("score: result.json"));
  EXPECT_TRUE(study({"trials", "demo", "--json"}).json()["trials"].empty());
  EXPECT_FALSE(std::filesystem::exists(path("runs")));
}

// The first machine is what others are measured by, until another one is.
TEST_F(WorkCommands, CalibrateKeepsTheRatioOfEachMachine) {
  create_experiment(R"({"trials": 3})");
  const auto calibrate = [&](const std::string& worker, const std::vector<std::string>& more) {
    std::vector<std::string> args = {"calibrate",           "demo",  "--worker", worker, "--runs",
                                     path("runs").string(), "--json"};
    args.insert(args.end(), more.begin(), more.end());
    const RunResult result = study(args);
    EXPECT_EQ(result.status, 0) << result.err;
    return result.json();
  };
  const auto spec = [&] { return study({"show", "demo", "--json"}).json()["spec"]; };

  const Json first = calibrate("W1", {});
  EXPECT_EQ(first["time_ratio"], 1);
  EXPECT_EQ(first["reference_min"], first["median_min"]);

  const Json second = calibrate("W2", {"--times", "3"});
  EXPECT_EQ(second["minutes"].size(), 3U);
  EXPECT_EQ(second["reference_min"], first["median_min"]);
  const double ratio = second["median_min"].get<double>() / first["median_min"].get<double>();
  EXPECT_DOUBLE_EQ(spec()["workers"]["W2"]["time_ratio"], ratio);

  const Json third = calibrate("W2", {"--reference"});
  EXPECT_EQ(third["time_ratio"], 1);
  EXPECT_DOUBLE_EQ(spec()["workers"]["W1"]["time_ratio"],
                   first["median_min"].get<double>() / third["median_min"].get<double>());
  EXPECT_TRUE(study({"trials", "demo", "--json"}).json()["trials"].empty());
  EXPECT_EQ(study({"calibrate", "none", "--worker", "W1"}).status, 1);
  EXPECT_THAT(study({"calibrate", "demo", "--worker", "a/b"}).err,
              HasSubstr("\"a/b\" cannot name a worker"));
}

TEST_F(WorkCommands, PromptTakesATrialAndSaysHowToTellIt) {
  create_experiment(R"({"trials": 3})");
  const std::vector<std::string> args = {
      "prompt", "demo", "--worker", "W1", "--runs", path("runs").string(), "--lease-s", "3600"};

  const RunResult result = study(args);

  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Trial 0 of study demo"));
  EXPECT_THAT(result.err, HasSubstr("study tell demo 0 SCORE --lease "));
  EXPECT_TRUE(std::filesystem::exists(path("runs/demo/W1-0/config.json")));
  std::vector<std::string> as_json = args;
  as_json.emplace_back("--json");
  const Json second = study(as_json).json();
  EXPECT_EQ(second["number"], 1);
  EXPECT_EQ(study({"tell", "demo", "1", "3", "--lease", second["lease"].get<std::string>()}).status,
            0);
}

// A prompt that cannot be filled in takes no trial.
TEST_F(WorkCommands, PromptGivesTheTrialBackWhenItsTemplateIsMissing) {
  const auto file = write_file("experiment/study.jsonc", R"({
      "name": "demo", "direction": "maximize", "seed": 3, "sampler": {"name": "random"},
      "params": {"x": {"type": "int", "low": 0, "high": 63}},
      "experiment": {"agent": "claude", "prompt": "prompt.md"}})");
  ASSERT_EQ(study({"create", file.string()}).status, 0);
  const std::vector<std::string> args = {"prompt", "demo",   "--worker",
                                         "W1",     "--runs", path("runs").string()};

  const RunResult missing = study(args);
  EXPECT_EQ(missing.status, 2);
  EXPECT_THAT(missing.err, HasSubstr("prompt.md: there is no such file"));
  EXPECT_EQ(study({"trials", "demo", "--state", "running", "--json"}).json()["trials"].size(), 0U);

  write_file("experiment/prompt.md", "x is {{config.x}}; leave {{leave_behind}}\n");
  const RunResult result = study(args);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("result.json: JSON with the score as a number at /score"));
}

// The token of the server is the worker's, not the experiment's, unless the study passes it on.
TEST_F(WorkCommands, ExperimentsDoNotGetTheTokenUnasked) {
  const auto script = write_file("experiment/run.sh",
                                 "#!/bin/sh\n"
                                 "[ -z \"$STUDY_TOKEN\" ] && score=0 || score=1\n"
                                 "echo \"{\\\"score\\\": $score}\" > result.json\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  const std::string token = study({"token", "create", "root", "--role", "admin"}).out;
  ServerProcess server(database(), dir_.path(), {"--require-tokens"});
  const std::string variable = "STUDY_TOKEN=" + token.substr(0, token.find('\n'));
  for (const std::string passed : {R"(["PATH"])", R"(["PATH", "STUDY_TOKEN"])"}) {
    const bool asked = passed.find("TOKEN") != std::string::npos;
    const std::string name = asked ? "asked" : "unasked";
    const auto file = write_file("experiment/" + name + ".jsonc", R"({
        "name": ")" + name + R"(", "direction": "maximize", "sampler": {"name": "random"},
        "params": {"x": {"type": "int", "low": 0, "high": 63}}, "limits": {"trials": 1},
        "experiment": {"command": ["./run.sh"], "pass_env": )" + passed +
                                                                      "}}");
    env_.variables["STUDY_TOKEN"] = token.substr(0, token.find('\n'));
    ASSERT_EQ(study({"create", file.string()}).status, 0);
    StudyProcess worker(
        {"work", name, "--worker", "W1", "--server", server.url(), "--runs", path("runs").string()},
        dir_.path(), {variable});
    EXPECT_EQ(worker.wait(), 0) << worker.read_all();
    const Json trial = study({"trials", name, "--json"}).json()["trials"][0];
    EXPECT_EQ(trial["value"], asked ? 1 : 0) << name;
  }
}

TEST_F(WorkCommands, OnceAndMaxTrialsAreLimits) {
  create_experiment(R"({"trials": 30})");
  std::vector<std::string> once = work_args("W1");
  once.insert(once.end(), {"--once", "--json"});
  StudyProcess first(once, dir_.path());
  const std::string said = first.read_all();
  EXPECT_EQ(first.wait(), 0) << said;
  EXPECT_THAT(said, HasSubstr(R"({"end":"done")"));
  std::vector<std::string> two = work_args("W1");
  two.insert(two.end(), {"--max-trials", "2"});
  StudyProcess second(two, dir_.path());
  EXPECT_EQ(second.wait(), 0) << second.read_all();
  EXPECT_EQ(study({"show", "demo", "--json"}).json()["counts"]["complete"], 3);
}

// Two workers on one file, with no server: the budget, the numbers, the configurations and the
// events are as if one had done it all.
TEST_F(WorkCommands, TwoWorkersOnOneFileHoldEveryInvariant) {
  constexpr int kTrials = 16;
  create_experiment(R"({"trials": 16})");

  StudyProcess first(work_args("W1"), dir_.path());
  StudyProcess second(work_args("W2"), dir_.path());
  EXPECT_THAT(first.read_all(), HasSubstr("0 failed"));
  EXPECT_THAT(second.read_all(), HasSubstr("0 failed"));
  EXPECT_EQ(first.wait(), 0);
  EXPECT_EQ(second.wait(), 0);

  const Json trials = study({"trials", "demo", "--json"}).json()["trials"];
  ASSERT_EQ(trials.size(), kTrials);
  std::set<int> configurations;
  std::set<std::string> workers;
  for (int n = 0; n < kTrials; ++n) {
    const Json& trial = trials[static_cast<std::size_t>(n)];
    EXPECT_EQ(trial["number"], n);
    EXPECT_EQ(trial["state"], "complete");
    EXPECT_EQ(trial["value"], trial["params"]["x"]);
    configurations.insert(trial["params"]["x"].get<int>());
    workers.insert(trial["worker"].get<std::string>());
  }
  EXPECT_EQ(configurations.size(), static_cast<std::size_t>(kTrials));
  EXPECT_EQ(workers, (std::set<std::string>{"W1", "W2"}));
  const Json events = study({"events", "demo", "--json"}).json()["events"];
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i]["sequence"], i + 1);
}

TEST_F(WorkCommands, AnInterruptEndsTheRunUnderWay) {
  create_experiment(R"({"trials": 5})");
  write_file("experiment/run.sh", "#!/bin/sh\necho begun > \"$0.begun\"\nexec sleep 1000\n");
  ASSERT_EQ(mkfifo(path("experiment/run.sh.begun").c_str(), 0600), 0);

  StudyProcess worker(work_args("W1"), dir_.path());
  EXPECT_EQ(read_file(path("experiment/run.sh.begun")), "begun\n");
  worker.signal(SIGTERM);
  const std::string said = worker.read_all();

  EXPECT_EQ(worker.wait(), 0) << said;
  EXPECT_THAT(said, HasSubstr("W1 ended"));
  EXPECT_EQ(study({"show", "demo", "--json"}).json()["counts"]["running"], 0);
}

TEST_F(WorkCommands, WorkRefusesWhatCannotWork) {
  create("plain");
  EXPECT_EQ(study({"work", "plain"}).status, 2);
  const RunResult slash = study({"work", "plain", "--worker", "a/b"});
  EXPECT_EQ(slash.status, 2);
  EXPECT_THAT(slash.err, HasSubstr("a/b"));
  const std::string runs = path("runs").string();
  const RunResult none = study({"work", "plain", "--worker", "W1", "--runs", runs});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, HasSubstr("experiment"));
  EXPECT_EQ(study({"work", "nobody", "--worker", "W1", "--runs", runs}).status, 1);
}

TEST_F(WorkCommands, LogsShowsTheNewestRun) {
  create_experiment(R"({"trials": 2})");
  StudyProcess worker(work_args("W1"), dir_.path());
  ASSERT_EQ(worker.wait(), 0) << worker.read_all();
  const std::string runs = path("runs").string();

  const RunResult result = study({"logs", "demo", "W1", "--runs", runs});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, HasSubstr("trial 1 of W1"));
  EXPECT_THAT(result.err, HasSubstr("run.log"));
  const Json json = study({"logs", "demo", "W1", "--runs", runs, "--json"}).json();
  EXPECT_EQ(json["trial"], 1);
  EXPECT_FALSE(json["lines"].empty());

  EXPECT_EQ(study({"logs", "demo", "W2", "--runs", runs}).status, 1);
  EXPECT_EQ(study({"logs", "demo", "../W1", "--runs", runs}).status, 2);
  EXPECT_EQ(study({"logs", "../demo", "W1", "--runs", runs}).status, 2);
}

}  // namespace
}  // namespace studyhall::cli
