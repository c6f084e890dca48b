#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "cli/fleet_state.h"
#include "cli/spawn.h"
#include "cli/tmux.h"
#include "tests/cli/cli_run.h"
#include "tests/cli/study_process.h"
#include "tests/support/git_repo.h"
#include "tests/support/paths.h"

namespace studyhall::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Each trial goes on while there is a file "hold" in the experiment's folder.
class FleetCommands : public CliTest {
 protected:
  ~FleetCommands() override {
    std::filesystem::remove(path("experiment/hold"));
    program({"cleanup", "demo"});
  }

  void create_experiment(const std::string& more = R"("limits": {"trials": 4},)") {
    write_script("experiment/run.sh",
                 "#!/bin/sh\n"
                 "while [ -e \"$STUDY_DIR/hold\" ]; do sleep 0.02; done\n"
                 "echo \"{\\\"score\\\": $1}\" > result.json\n");
    const auto file = write_file("experiment/study.jsonc", R"({
        "name": "demo", "direction": "maximize", "seed": 3, "sampler": {"name": "random"}, )" +
                                                               more + R"(
        "params": {"x": {"type": "int", "low": 0, "high": 63}},
        "experiment": {"stages": [{"name": "prepare", "command": ["/bin/true"]},
                                  {"name": "run", "command": ["./run.sh", "{x}"]}]}})");
    const RunResult result = study({"create", file.string()});
    ASSERT_EQ(result.status, 0) << result.err;
  }
  void write_script(const std::string& name, const std::string& text) const {
    std::filesystem::permissions(write_file(name, text), std::filesystem::perms::owner_all);
  }
  void hold() const { write_file("experiment/hold", ""); }
  void let_go() const { std::filesystem::remove(path("experiment/hold")); }

  struct Said {
    int status;
    std::string text;
  };
  // The built program: launch starts itself again.
  Said program(std::vector<std::string> args, std::vector<std::string> variables = {}) {
    args.insert(args.end(), {"--db", database().string(), "--runs", path("runs").string()});
    StudyProcess process(args, dir_.path(), std::move(variables));
    std::string text = process.read_all();
    return {process.wait(), std::move(text)};
  }

  [[nodiscard]] std::filesystem::path folder() const { return path("runs/demo/.fleet"); }
  [[nodiscard]] FleetState fleet() const { return read_fleet(folder()).value(); }
  [[nodiscard]] FleetWorker worker(const std::string& name) const {
    const FleetState state = fleet();
    return *state.find(name);
  }
  // Without a bound: the test's own time limit is one.
  template <typename Condition>
  static void wait_until(const Condition& holds) {
    while (!holds()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  Json status() {
    return study({"status", "demo", "--runs", path("runs").string(), "--json"}).json();
  }
  void wait_until_running(std::size_t trials) {
    wait_until([&] {
      const Json rows = study({"trials", "demo", "--state", "running", "--json"}).json()["trials"];
      return rows.size() == trials;
    });
  }
};

TEST_F(FleetCommands, LaunchRunsWorkersUntilTheStudyIsDone) {
  create_experiment();

  const Said said = program({"launch", "demo", "--workers", "2", "--stagger", "0"});
  ASSERT_EQ(said.status, 0) << said.text;
  wait_until([&] { return !has_supervisor(folder()); });

  EXPECT_THAT(said.text, HasSubstr("Launched 2 workers of demo"));
  const FleetState state = fleet();
  ASSERT_TRUE(state.ended);
  for (const FleetWorker& worker : state.workers) {
    EXPECT_EQ(worker.state, WorkerState::Ended) << worker.why;
    EXPECT_EQ(worker.starts, 1);
    EXPECT_THAT(read_file(worker_log(folder(), worker.name)), HasSubstr(worker.name + " ended"));
  }
  EXPECT_EQ(study({"trials", "demo", "--state", "complete", "--json"}).json()["trials"].size(), 4U);
  const RunResult log =
      run_plain({"logs", "demo", "W1", "--of-worker", "--runs", path("runs").string()});
  EXPECT_THAT(log.out, HasSubstr("W1 ended"));
}

TEST_F(FleetCommands, ADryRunSaysEverythingThatStandsInTheWay) {
  create_experiment(R"("limits": {"trials": 4, "running": 1},
      "workers": {"A": {"cpus": "0"}, "B": {"cpus": "0"}},)");
  write_file("runs/demo/STOP", "");

  const Said said = program({"launch", "demo", "--tmux", "--dry-run"}, {"PATH=/nowhere"});

  EXPECT_EQ(said.status, 2);
  EXPECT_THAT(said.text, HasSubstr("Would launch 2 workers of demo"));
  EXPECT_THAT(said.text, HasSubstr("problem: A and B would share processors 0"));
  EXPECT_THAT(said.text, HasSubstr("problem: --tmux: there is no tmux on PATH"));
  EXPECT_THAT(said.text, HasSubstr("STOP is still there from before"));
  EXPECT_THAT(said.text, HasSubstr("warning: limits.running lets 1 trials run at once"));
  EXPECT_FALSE(std::filesystem::exists(folder()));
  EXPECT_TRUE(study({"trials", "demo", "--json"}).json()["trials"].empty());

  std::filesystem::remove(path("runs/demo/STOP"));
  const Said good = program({"launch", "demo", "--workers", "A", "--dry-run"});
  EXPECT_EQ(good.status, 0) << good.text;
  EXPECT_THAT(good.text, HasSubstr("Nothing stands in the way."));
  EXPECT_THAT(good.text, HasSubstr("stage run: ./run.sh"));
}

// Two workers in the role take the tasks with its tag, and do research besides none.
TEST_F(FleetCommands, LaunchesWorkersOfRolesAsItDoesOthers) {
  const std::vector<std::string> agent{
      "STUDY_CLAUDE=" + source_path("tests/support/fake_claude"), "ANTHROPIC_API_KEY=dummy-key",
      "ANTHROPIC_BASE_URL=http://127.0.0.1:1", "TMPDIR=" + dir_.path().string()};
  write_file("experiment/prompt.md", "ok\n");
  const auto file = write_file("experiment/study.jsonc", R"({
      "name": "demo", "direction": "maximize", "seed": 3, "sampler": {"name": "random"},
      "params": {"x": {"type": "int", "low": 0, "high": 63}},
      "roles": {"docs": {"accepts": ["docs"]}, "runner": {"want": "trials"}},
      "experiment": {"agent": "claude", "prompt": "prompt.md",
                     "score": {"file": "result.json", "value": "/score"}}})");
  ASSERT_EQ(study({"create", file.string()}).status, 0);
  for (const char* title : {"one", "two"}) study({"task", "add", "demo", title, "--tag", "docs"});

  EXPECT_THAT(program({"launch", "demo", "--roles", "dosc=1"}, agent).text,
              HasSubstr("no role \"dosc\"; did you mean \"docs\"?"));
  EXPECT_THAT(program({"launch", "demo", "--workers", "0"}, agent).text, HasSubstr("no worker"));
  EXPECT_THAT(program({"launch", "demo", "--workers", "docs", "--roles", "docs"}, agent).text,
              HasSubstr("two workers would be named docs"));
  const Said dry = program({"launch", "demo", "--workers", "1", "--roles", "docs=2,runner",
                            "--orchestrator", "15m", "--cores", "1", "--reserve", "0", "--dry-run"},
                           agent);
  EXPECT_THAT(dry.text, HasSubstr("Would launch 5 workers of demo"));
  EXPECT_THAT(dry.text, HasSubstr("role docs"));
  EXPECT_THAT(dry.text, HasSubstr("research every 15m"));
  EXPECT_THAT(dry.text, HasSubstr("In the role docs:"));
  EXPECT_THAT(dry.text, Not(HasSubstr("role docs  processors"))) << "they take no trials";

  const Said said =
      program({"launch", "demo", "--workers", "0", "--roles", "docs=2", "--stagger", "0"}, agent);
  ASSERT_EQ(said.status, 0) << said.text;
  wait_until([&] {
    return study({"task", "list", "demo", "--state", "done", "--json"}).json()["tasks"].size() == 2;
  });
  EXPECT_THAT(fleet().find("docs-2")->options, ElementsAre("--role", "docs"));
  EXPECT_EQ(status()["workers"][0]["worker"], "docs-1");
  EXPECT_THAT(study({"artifacts", "demo", "--task", "0"}).out, HasSubstr("SUMMARY.md"));
  EXPECT_EQ(program({"restart", "demo", "docs-1"}).status, 0);
  wait_until([&] { return worker("docs-1").starts == 2; });
  EXPECT_EQ(program({"stop", "demo", "--now"}).status, 0);
  wait_until([&] { return !has_supervisor(folder()); });
  EXPECT_TRUE(study({"trials", "demo", "--json"}).json()["trials"].empty());
}

TEST_F(FleetCommands, StatusKnowsStageAndStateOfTheMachinesWorkers) {
  create_experiment();
  hold();
  ASSERT_EQ(program({"launch", "demo", "--stagger", "0"}).status, 0);
  wait_until([&] {
    const Json workers = status()["workers"];
    return !workers.empty() && workers[0].value("stage", "") == "run (2 of 2)";
  });

  const Json worker = status()["workers"][0];
  EXPECT_EQ(worker["worker"], "W1");
  EXPECT_EQ(worker["state"], "running");
  EXPECT_EQ(worker["trial"], 0);

  const Said twice = program({"launch", "demo"});
  EXPECT_EQ(twice.status, 2);
  EXPECT_THAT(twice.text, HasSubstr("launched already"));
}

TEST_F(FleetCommands, AWorkerThatIsKilledIsStartedAgainAndGoesOnWithItsTrial) {
  create_experiment(R"("limits": {"trials": 1},)");
  hold();
  ASSERT_EQ(program({"launch", "demo", "--restart-after", "0.01"}).status, 0);
  wait_until_running(1);

  kill(worker("W1").process.pid, SIGKILL);
  wait_until([&] { return worker("W1").starts == 2; });

  EXPECT_EQ(worker("W1").crashes, 1);
  EXPECT_THAT(worker("W1").why, HasSubstr("killed by signal 9"));
  let_go();
  wait_until([&] { return !has_supervisor(folder()); });
  const Json trials = study({"trials", "demo", "--json"}).json()["trials"];
  ASSERT_EQ(trials.size(), 1U);
  EXPECT_EQ(trials[0]["state"], "complete");
}

TEST_F(FleetCommands, AWorkerThatCannotWorkIsNotStartedAgain) {
  create_experiment();
  hold();
  ASSERT_EQ(program({"launch", "demo", "--restart-after", "0.01"}).status, 0);
  wait_until_running(1);

  std::filesystem::rename(path("experiment/run.sh"), path("experiment/gone.sh"));
  program({"restart", "demo", "W1"});
  wait_until([&] { return !has_supervisor(folder()); });

  EXPECT_EQ(worker("W1").state, WorkerState::Failed);
  EXPECT_THAT(worker("W1").why, HasSubstr("no program that may be executed"));
}

TEST_F(FleetCommands, PauseWaitsForTheTrialAndResumeStartsTheWorkerAgain) {
  create_experiment();
  hold();
  ASSERT_EQ(program({"launch", "demo", "--workers", "2", "--stagger", "0"}).status, 0);
  wait_until_running(2);

  EXPECT_THAT(program({"pause", "demo", "W1"}).text, HasSubstr("takes no other trial"));
  EXPECT_EQ(worker("W1").state, WorkerState::Pausing);
  EXPECT_EQ(program({"pause", "demo", "W9"}).status, 1);
  let_go();
  wait_until([&] { return worker("W1").state == WorkerState::Paused; });
  wait_until([&] { return worker("W2").state == WorkerState::Ended; });

  EXPECT_TRUE(has_supervisor(folder())) << "a paused worker may go on";
  EXPECT_THAT(program({"resume", "demo", "W1"}).text, HasSubstr("W1 is started again"));
  wait_until([&] { return !has_supervisor(folder()); });
  EXPECT_EQ(worker("W1").state, WorkerState::Ended);
  EXPECT_FALSE(std::filesystem::exists(path("runs/demo/STOP.W1")));
}

TEST_F(FleetCommands, StopNowEndsTheWorkersAndGivesTheirTrialsBack) {
  create_experiment();
  hold();
  ASSERT_EQ(program({"launch", "demo", "--workers", "2", "--stagger", "0"}).status, 0);
  wait_until_running(2);
  const FleetState before = fleet();

  const Said said = program({"stop", "demo", "--now"});

  EXPECT_EQ(said.status, 0) << said.text;
  EXPECT_THAT(said.text, HasSubstr("their trials given back: W1, W2"));
  EXPECT_FALSE(has_supervisor(folder()));
  for (const FleetWorker& worker : before.workers) EXPECT_FALSE(is_alive(worker.process));
  EXPECT_EQ(study({"trials", "demo", "--state", "waiting", "--json"}).json()["trials"].size(), 2U);
  EXPECT_EQ(study({"show", "demo", "--json"}).json()["state"], "stopped");
}

TEST_F(FleetCommands, WorkersOutliveAKilledSupervisorAndTheNextLaunchTakesThemOver) {
  create_experiment();
  hold();
  ASSERT_EQ(program({"launch", "demo", "--workers", "2", "--stagger", "0"}).status, 0);
  wait_until_running(2);
  const FleetState before = fleet();

  kill(before.supervisor.pid, SIGKILL);
  wait_until([&] { return !has_supervisor(folder()); });
  EXPECT_THAT(program({"pause", "demo", "W1"}).text, HasSubstr("no workers"));
  ASSERT_EQ(program({"launch", "demo", "--workers", "2"}).status, 0);

  EXPECT_NE(fleet().supervisor, before.supervisor);
  EXPECT_EQ(worker("W1").process, before.find("W1")->process);
  EXPECT_EQ(worker("W2").process, before.find("W2")->process);
  let_go();
  wait_until([&] { return !has_supervisor(folder()); });
  EXPECT_EQ(study({"trials", "demo", "--state", "complete", "--json"}).json()["trials"].size(), 4U);
}

TEST_F(FleetCommands, TmuxHasAWindowForEachWorkerAndIsGoneAfterwards) {
  if (!program_on_path("tmux")) GTEST_SKIP() << "there is no tmux";
  create_experiment();
  hold();
  ASSERT_EQ(program({"launch", "demo", "--workers", "2", "--stagger", "0", "--tmux"}).status, 0);
  wait_until_running(2);

  const Tmux tmux(fleet().tmux);
  EXPECT_THAT(tmux.windows(), ElementsAre("W1", "W2"));
  const FleetWorker before = worker("W1");
  program({"restart", "demo", "W1"});
  wait_until([&] { return worker("W1").starts == 2; });
  EXPECT_THAT(tmux.windows(), ElementsAre("W1", "W2"));
  EXPECT_FALSE(is_alive(before.process));
  EXPECT_THAT(read_file(worker_log(folder(), "W1")), HasSubstr("W1 works on demo"));

  let_go();
  wait_until([&] { return !has_supervisor(folder()); });
  EXPECT_TRUE(tmux.windows().empty());
}

TEST_F(FleetCommands, CleanupRemovesWorktreesAndLeavesBranches) {
  testing::GitRepo repo(path("code"));
  repo.commit("file.txt", "hello\n");
  write_script("experiment/run.sh", "#!/bin/sh\necho \"{\\\"score\\\": $1}\" > result.json\n");
  const auto file = write_file("experiment/study.jsonc", R"({
      "name": "demo", "direction": "maximize", "seed": 3, "sampler": {"name": "random"},
      "params": {"x": {"type": "int", "low": 0, "high": 63}}, "limits": {"trials": 2},
      "experiment": {"command": ["{dir}/run.sh", "{x}"],
                     "workspace": {"kind": "worktree", "repo": "../code"}}})");
  ASSERT_EQ(study({"create", file.string()}).status, 0);
  ASSERT_EQ(program({"launch", "demo"}).status, 0);
  wait_until([&] { return !has_supervisor(folder()); });
  ASSERT_TRUE(std::filesystem::exists(path("runs/demo/W1-0/tree")));

  EXPECT_THAT(program({"cleanup", "demo", "--keep-worktrees"}).text, HasSubstr("0 worktrees"));
  EXPECT_TRUE(std::filesystem::exists(path("runs/demo/W1-0/tree")));
  EXPECT_FALSE(std::filesystem::exists(folder()));
  const Said said = program({"cleanup", "demo"});

  EXPECT_THAT(said.text, HasSubstr("2 worktrees removed"));
  EXPECT_FALSE(std::filesystem::exists(path("runs/demo/W1-0/tree")));
  EXPECT_TRUE(std::filesystem::exists(path("runs/demo/W1-0/STATE.json")));
  EXPECT_THAT(repo.git({"branch", "--list", "study/demo/W1-0"}), HasSubstr("study/demo/W1-0"));
}

}  // namespace
}  // namespace studyhall::cli
