#include "worker_shim/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <thread>

#include "core/hash.h"
#include "tests/worker_shim/worker_fixture.h"

namespace studyhall::worker_shim {
namespace {

using studyhall::testing::FakeStudyApi;
using studyhall::testing::slurp;
using studyhall::testing::spit;
using studyhall::testing::write_script;
using ::testing::HasSubstr;

Json read_json(const std::filesystem::path& file) { return Json::parse(slurp(file)); }

// --- A trial that goes well ---

TEST_F(WorkerTest, RunsEveryTrialAndTellsItsScore) {
  FakeStudyApi api(study_file(
      {{"agent", "command"},
       {"command", {"sh", "-c", "printf '{\"score\": %s}' \"$1\" > result.json", "sh", "{x}"}}}));
  api.add_trial(params(1.25));
  api.add_trial(params(2.5));

  const WorkSummary summary = work(api);

  EXPECT_EQ(summary.end, WorkEnd::Finished);
  EXPECT_EQ(summary.reason, "nothing left");
  EXPECT_EQ(summary.completed, 2);
  EXPECT_EQ(summary.failed, 0);
  const auto told = api.told();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].number, 0);
  EXPECT_EQ(told[0].request.values, std::vector{1.25});
  EXPECT_EQ(told[0].request.lease, "lease-1");
  EXPECT_EQ(told[1].number, 1);
  EXPECT_EQ(told[1].request.values, std::vector{2.5});
  EXPECT_NE(told[0].request.request_id, told[1].request.request_id);
}

TEST_F(WorkerTest, AsksAsItselfForALeaseOfFiveMinutes) {
  FakeStudyApi api(study_file(writing(R"({"score": 1})")));
  work(api);
  EXPECT_EQ(api.last_ask().worker, "W1");
  EXPECT_EQ(api.last_ask().lease_s, 300);
  EXPECT_EQ(api.last_ask().count, 1);
}

TEST_F(WorkerTest, GivesParametersInArgumentsEnvironmentAndFile) {
  write_script(dir_.path() / "show",
               "#!/bin/sh\nfor a in \"$@\"; do printf '<%s>' \"$a\"; done > argv.txt\n"
               "env | sort > env.txt\npwd > cwd.txt\necho '{\"score\": 0}' > result.json\n");
  Json file = study_file({{"agent", "command"},
                          {"command",
                           {"./show", "--x={x}", "{mode} {mode}", "$(id)", "{}", "{trial}",
                            "{worker}", "{seed}", "{config}", "{workspace}", "{dir}"}},
                          {"env", {{"OMP_NUM_THREADS", "1"}}},
                          {"pass_env", {"PATH"}}});
  file["params"]["deep-1"] = {
      {"type", "int"}, {"low", 1}, {"high", 3}, {"when", {{"mode", {"careful"}}}}};
  FakeStudyApi api(file);
  api.add_trial({{"x", 0.5}, {"mode", "fast"}});
  api.add_trial({{"x", 0.25}, {"mode", "careful"}, {"deep-1", 2}});
  WorkOptions with_server = options();
  with_server.server_url = "http://127.0.0.1:1";

  work(api, with_server);

  const std::string place = workspace("W1-0").string();
  EXPECT_EQ(slurp(workspace("W1-0") / "argv.txt"), "<--x=0.5><fast fast><$(id)><{}><0><W1><1000><" +
                                                       place + "/config.json><" + place + "><" +
                                                       dir_.path().string() + ">");
  EXPECT_EQ(slurp(workspace("W1-0") / "cwd.txt"), place + "\n");
  EXPECT_EQ(read_json(workspace("W1-0") / "config.json"), Json({{"x", 0.5}, {"mode", "fast"}}));
  std::string environment = slurp(workspace("W1-1") / "env.txt");
  // The marks of a run are random.
  const std::size_t mark = environment.find("STUDY_RUN=");
  ASSERT_NE(mark, std::string::npos);
  environment.erase(mark, environment.find('\n', mark) + 1 - mark);
  const std::string second = workspace("W1-1").string();
  EXPECT_EQ(environment,
            "OMP_NUM_THREADS=1\nPATH=" + std::string(getenv("PATH")) + "\nPWD=" + second +
                "\nSTUDY_ATTEMPT=1\nSTUDY_CONFIG=" + second +
                "/config.json\nSTUDY_DIR=" + dir_.path().string() +
                "\nSTUDY_NAME=s\nSTUDY_PARAM_DEEP_1=2\nSTUDY_PARAM_MODE=careful\n"
                "STUDY_PARAM_X=0.25\nSTUDY_SEED=1001\nSTUDY_SERVER=http://127.0.0.1:1\n"
                "STUDY_STAGE=run\n"
                "STUDY_TRIAL=1\nSTUDY_WORKER=W1\nSTUDY_WORKSPACE=" +
                second + "\n");
  EXPECT_THAT(slurp(workspace("W1-0") / "env.txt"), ::testing::Not(HasSubstr("DEEP_1")));
}

TEST_F(WorkerTest, TellsMetricsUsageAndHowTheScoreWasRead) {
  Json file = study_file(writing(R"({"score": 0.5, "time_min": 40, "deep": {"rmse": 0.125}})"));
  file["experiment"]["score"] = {
      {"metrics", {{"runtime_min", "/time_min"}, {"rmse", "/deep/rmse"}}}};
  file["constraints"] = {{{"metric", "runtime_min"}, {"max", 60}}};

  const TellRequest told = told_for_file(file);

  EXPECT_EQ(told.state, TrialState::Complete);
  EXPECT_EQ(told.metrics, (std::map<std::string, double>{{"rmse", 0.125}, {"runtime_min", 40}}));
  EXPECT_GT(told.usage.seconds, 0);
  EXPECT_EQ(told.usage.cost_usd, std::nullopt);
  EXPECT_EQ(told.evidence["kind"], "attested");
  EXPECT_EQ(told.evidence["exit_code"], 0);
  EXPECT_EQ(told.evidence["command"][0], "sh");
  EXPECT_EQ(told.evidence["score_file_sha256"],
            sha256_hex(R"({"score": 0.5, "time_min": 40, "deep": {"rmse": 0.125}})"));
}

TEST_F(WorkerTest, ReadsTheLastMatchOfAPattern) {
  Json experiment = shell("echo 'Score: 1.5'; echo 'Score: 2.5' >&2; echo 'Score: none'");
  experiment["score"] = {{"pattern", "Score: ([0-9.]+)"}};

  const TellRequest told = told_for(experiment);

  // The two streams have no order between them.
  ASSERT_THAT(told.values, ::testing::SizeIs(1));
  EXPECT_THAT(told.values[0], ::testing::AnyOf(1.5, 2.5));
  EXPECT_EQ(told.evidence["pattern"], "Score: ([0-9.]+)");
}

TEST_F(WorkerTest, KeepsStateSummaryAndLog) {
  Json file = study_file(shell("echo hello; printf '{\"score\": 0.5, \"t\": 30}' > result.json"));
  file["experiment"]["score"] = {{"metrics", {{"t", "/t"}}}};
  file["constraints"] = {{{"metric", "t"}, {"max", 60}}};
  told_for_file(file);

  const Json state = read_json(workspace("W1-0") / "STATE.json");
  EXPECT_EQ(state["experiment_id"], "W1-0");
  EXPECT_EQ(state["worker"], "W1");
  EXPECT_EQ(state["status"], "complete");
  EXPECT_EQ(state["started_at"], "2026-03-01T12:00:00.000000Z");
  EXPECT_EQ(state["completed_at"], "2026-03-01T12:00:00.000000Z");
  ASSERT_EQ(state["tuning_runs"].size(), 1U);
  const Json& run = state["tuning_runs"][0];
  EXPECT_EQ(run["config"], params());
  EXPECT_EQ(run["score"], 0.5);
  EXPECT_EQ(run["in_budget"], true);
  EXPECT_EQ(state["best_in_budget"], run);
  const std::string summary = slurp(workspace("W1-0") / "SUMMARY.md");
  EXPECT_THAT(summary, HasSubstr("Score 0.5 (attested)"));
  EXPECT_THAT(summary, HasSubstr("| mode | fast |"));
  EXPECT_EQ(slurp(workspace("W1-0") / "run.log"), "hello\n");
}

TEST_F(WorkerTest, SaysThatATrialOverBudgetIsNotItsBest) {
  Json file = study_file(writing(R"({"score": 0.5, "t": 61})"));
  file["experiment"]["score"] = {{"metrics", {{"t", "/t"}}}};
  file["constraints"] = {{{"metric", "t"}, {"max", 60}}};
  EXPECT_EQ(told_for_file(file).state, TrialState::Complete);

  const Json state = read_json(workspace("W1-0") / "STATE.json");
  EXPECT_EQ(state["tuning_runs"][0]["in_budget"], false);
  EXPECT_EQ(state["best_in_budget"], nullptr);
}

TEST_F(WorkerTest, EndsAfterOneTrialOrAsManyAsAsked) {
  FakeStudyApi api(study_file(writing(R"({"score": 1})")));
  for (int i = 0; i < 5; ++i) api.add_trial(params());
  WorkOptions once = options();
  once.once = true;
  EXPECT_EQ(work(api, once).end, WorkEnd::Done);
  EXPECT_EQ(api.told().size(), 1U);

  WorkOptions three = options();
  three.max_trials = 3;
  EXPECT_EQ(work(api, three).completed, 3);
  EXPECT_EQ(api.told().size(), 4U);
}

TEST_F(WorkerTest, WaitsWhileReservedTrialsRunElsewhere) {
  FakeStudyApi api(study_file(writing(R"({"score": 1})")));
  api.when_empty = {AskStatus::Wait, {}, 0.001, ""};
  std::thread other([&] {
    while (api.calls("ask") < 5) std::this_thread::yield();
    api.add_trial(params());
  });
  WorkOptions once = options();
  once.once = true;

  EXPECT_EQ(work(api, once).completed, 1);

  other.join();
  EXPECT_GE(api.calls("ask"), 6);
}

TEST_F(WorkerTest, SaysThatTheSpaceIsExhausted) {
  FakeStudyApi api(study_file(writing(R"({"score": 1})")));
  api.when_empty = {AskStatus::Exhausted, {}, 0, ""};
  const WorkSummary summary = work(api);
  EXPECT_EQ(summary.end, WorkEnd::Finished);
  EXPECT_EQ(summary.reason, "every configuration was handed out");
}

// --- The score command ---

TEST_F(WorkerTest, LetsTheScoreCommandDecideNotWhatTheExperimentLeft) {
  Json experiment = writing(R"({"score": 99})");
  experiment["score"] = {
      {"command", {"sh", "-c", "test ! -e result.json && echo '{\"score\": 0.25}' > result.json"}}};

  const TellRequest told = told_for(experiment);

  EXPECT_EQ(told.values, std::vector{0.25});
  EXPECT_EQ(slurp(workspace("W1-0") / "result.json.before-score"), R"({"score": 99})");
}

TEST_F(WorkerTest, TakesNoScoreThatTheScoreCommandDidNotWrite) {
  Json experiment = writing(R"({"score": 99})");
  experiment["score"] = {{"command", {"true"}}};

  const TellRequest told = told_for(experiment);

  EXPECT_EQ(told.state, TrialState::Fail);
  EXPECT_EQ(told.reason, FailReason::BadConfig);
  EXPECT_EQ(told.note, "result.json was not written");
}

TEST_F(WorkerTest, ReadsAPatternFromTheScoreCommandOnly) {
  Json experiment = shell("echo 'Score: 99'");
  experiment["score"] = {{"command", {"echo", "Score: {x}"}}, {"pattern", "Score: ([0-9.]+)"}};
  EXPECT_EQ(told_for(experiment).values, std::vector{1.5});
}

TEST_F(WorkerTest, KeepsKeysFromTheScoreCommand) {
  setenv("ANTHROPIC_API_KEY", "secret", 1);
  Json experiment = shell("env > run-env.txt");
  experiment["pass_env"] = {"PATH", "ANTHROPIC_API_KEY"};
  experiment["score"] = {
      {"command", {"sh", "-c", "env > env.txt; echo '{\"score\": 1}' > result.json"}}};
  told_for(experiment);
  unsetenv("ANTHROPIC_API_KEY");

  EXPECT_THAT(slurp(workspace("W1-0") / "run-env.txt"), HasSubstr("secret"));
  EXPECT_THAT(slurp(workspace("W1-0") / "env.txt"), HasSubstr("STUDY_PARAM_X=1.5\n"));
  EXPECT_THAT(slurp(workspace("W1-0") / "env.txt"), ::testing::Not(HasSubstr("secret")));
}

TEST_F(WorkerTest, FailsATrialWhoseScoreCommandFails) {
  Json experiment = shell("true");
  experiment["score"] = {{"command", {"sh", "-c", "echo broken >&2; exit 7"}}};
  const TellRequest told = told_for(experiment);
  EXPECT_EQ(told.reason, FailReason::BadConfig);
  EXPECT_EQ(told.note, "score command: exit code 7; last output:\nbroken");
}

// --- Trials that fail ---

TEST_F(WorkerTest, TellsAFailureWithTheEndOfTheLog) {
  const TellRequest told = told_for(shell("echo first; printf 'bad\\377\\033[1m\\n'; exit 3"));

  EXPECT_EQ(told.state, TrialState::Fail);
  EXPECT_EQ(told.reason, FailReason::BadConfig);
  EXPECT_TRUE(told.values.empty());
  EXPECT_EQ(told.note, "exit code 3; last output:\nfirst\nbad\xEF\xBF\xBD [1m");
  EXPECT_TRUE(said("#0: failed (config)"));
  EXPECT_EQ(read_json(workspace("W1-0") / "STATE.json")["status"], "failed");
}

TEST_F(WorkerTest, TakesSigkillForWantOfMemory) {
  const TellRequest told = told_for(shell("kill -KILL $$"));
  EXPECT_EQ(told.reason, FailReason::BadConfig);
  EXPECT_THAT(told.note, HasSubstr("memory"));
}

TEST_F(WorkerTest, BlamesNobodyWhenSomeoneEndsTheExperiment) {
  EXPECT_EQ(told_for(shell("kill -TERM $$")).reason, FailReason::Cancelled);
}

TEST_F(WorkerTest, FailsATrialAtItsTimeLimit) {
  Json experiment = shell("setsid sh -c 'trap \"\" TERM; tail -f /dev/null' & tail -f /dev/null");
  experiment["time_limit_min"] = 0.002;
  const TellRequest told = told_for(experiment);
  EXPECT_EQ(told.state, TrialState::Fail);
  EXPECT_EQ(told.reason, FailReason::BadConfig);
  EXPECT_EQ(told.note, "time limit of 0.002 min");
}

// The configuration may be quick enough elsewhere.
TEST_F(WorkerTest, BlamesTheMachineForATimeLimitThatASlowOneReaches) {
  Json file = study_file(shell("tail -f /dev/null"));
  file["experiment"]["time_limit_min"] = 0.002;
  for (const auto& [ratio, reason] :
       {std::pair(1.2, FailReason::BadConfig), std::pair(1.5, FailReason::Infra)}) {
    file["workers"]["W1"]["time_ratio"] = ratio;
    EXPECT_EQ(told_for_file(file).reason, reason) << ratio;
  }
  EXPECT_THAT(told_for_file(file).note, HasSubstr("takes 1.5 times as long"));
}

TEST_F(WorkerTest, BlamesTheMachineForATimeLimitWhileOthersHadItsProcessors) {
  Json experiment = shell("tail -f /dev/null");
  experiment["time_limit_min"] = 0.002;
  processors_ = [busy = 0.0, idle = 0.0]() mutable {
    return ProcessorTimes{busy += 900, idle += 50, busy / 18};
  };

  const TellRequest told = told_for(experiment);

  EXPECT_EQ(told.reason, FailReason::Infra);
  EXPECT_THAT(told.note, HasSubstr("others took 95 % of the processors and 5 % were idle"));
}

TEST_F(WorkerTest, KeepsTimesRawAndNormalised) {
  Json file = study_file(writing(R"({"score": 0.5, "t": 60})"));
  file["experiment"]["score"] = {{"metrics", {{"t", "/t"}}}, {"time_metrics", {"t"}}};
  file["workers"]["W1"]["time_ratio"] = 1.5;
  file["constraints"] = {{{"metric", "t_normalised"}, {"max", 50}}};

  const TellRequest told = told_for_file(file);

  EXPECT_EQ(told.state, TrialState::Complete) << told.note;
  EXPECT_EQ(told.metrics, (std::map<std::string, double>{{"t", 60}, {"t_normalised", 40}}));
  EXPECT_EQ(told.evidence["time_ratio"], 1.5);
  file["experiment"]["command"][2] = "echo '{\"score\": 1}' > result.json";
  EXPECT_EQ(
      told_for_file(file).note,
      "no metric t_normalised, which a constraint of the study needs: result.json has nothing "
      "at \"/t\"");
}

TEST_F(WorkerTest, FailsATrialWithoutTheMetricOfAConstraint) {
  Json file = study_file(writing(R"({"score": 0.5, "t": null})"));
  file["experiment"]["score"] = {{"metrics", {{"t", "/t"}}}};
  file["constraints"] = {{{"metric", "t"}, {"max", 60}}};
  const TellRequest told = told_for_file(file);
  EXPECT_EQ(told.state, TrialState::Fail);
  EXPECT_EQ(told.reason, FailReason::BadConfig);
  EXPECT_EQ(told.note,
            "no metric t, which a constraint of the study needs: result.json has null at \"/t\"; "
            "expected a number");
}

// The program is there at the start and gone later: not the configuration's fault.
TEST_F(WorkerTest, BacksOffWhenItsOwnMachineFails) {
  write_script(dir_.path() / "once", "#!/bin/sh\nrm \"$0\"\necho '{\"score\": 1}' > result.json\n");
  FakeStudyApi api(study_file({{"agent", "command"}, {"command", {"./once"}}}));
  for (int i = 0; i < 4; ++i) api.add_trial(params());

  const WorkSummary summary = work(api);

  EXPECT_EQ(summary.completed, 1);
  EXPECT_EQ(summary.failed, 3);
  EXPECT_EQ(api.told()[1].request.reason, FailReason::Infra);
  EXPECT_THAT(api.told()[1].request.note, HasSubstr("cannot start \"./once\""));
  EXPECT_TRUE(said("3 failures in a row that are this worker's own (cannot start \"./once\""));
}

// Neither a result is lost nor a trial asked for that could not be run.
TEST_F(WorkerTest, WaitsWhileItsFolderCannotBeWritten) {
  FakeStudyApi api(study_file(shell(
      "echo '{\"score\": 1}' > result.json; test $STUDY_TRIAL = 1 || mv ../../s ../../away")));
  api.add_trial(params());
  api.add_trial(params());
  WorkOptions mended = options();
  int asked_before = 0;
  mended.say = [&, before = mended.say](const std::string& line) {
    before(line);
    if (line.find("2 failures in a row that are this worker's own") == std::string::npos) return;
    asked_before = api.calls("ask");
    std::filesystem::rename(dir_.path() / "runs/away", dir_.path() / "runs/s");
  };

  const WorkSummary summary = work(api, mended);

  EXPECT_EQ(asked_before, 1);
  EXPECT_EQ(api.told().size(), 2U);
  EXPECT_EQ(summary.completed, 1);  // the second: the first one's score went away with the folder
  EXPECT_EQ(summary.failed, 1);
}

TEST_F(WorkerTest, SaysWhyAScriptWithoutInterpreterDoesNotStart) {
  write_script(dir_.path() / "odd", "#!/nowhere/interpreter\n");
  const TellRequest told = told_for({{"agent", "command"}, {"command", {"./odd"}}});
  EXPECT_EQ(told.reason, FailReason::Infra);
  EXPECT_THAT(told.note, HasSubstr("cannot start: No such file or directory"));
}

// --- What the server says while an experiment runs ---

TEST_F(WorkerTest, ReportsProgressLines) {
  FakeStudyApi api(study_file(shell(
      "echo '{\"step\": 1, \"value\": 0.5, \"more\": []}'; echo '{\"step\": -1, \"value\": 1}'; "
      "echo '{\"step\": 2}'; echo 'step 3'; printf '  {\"step\": 4, \"value\": 2}\\r\\n'; "
      "echo '{\"score\": 1}' > result.json")));
  api.add_trial(params());

  work(api);

  const auto reported = api.reported();
  ASSERT_EQ(reported.size(), 2U);
  EXPECT_EQ(reported[0].second.step, 1);
  EXPECT_EQ(reported[0].second.value, 0.5);
  EXPECT_EQ(reported[0].second.lease, "lease-1");
  EXPECT_EQ(reported[1].second.step, 4);
  EXPECT_EQ(api.told().size(), 1U);
}

TEST_F(WorkerTest, PrunesWhenTold) {
  FakeStudyApi api(study_file(shell("echo '{\"step\": 1, \"value\": 0.5}'; tail -f /dev/null")));
  api.on_beat = [](const std::string& verb) { return BeatAnswer{verb == "report", false, {}}; };
  api.add_trial(params());

  const WorkSummary summary = work(api);

  EXPECT_EQ(summary.pruned, 1);
  EXPECT_EQ(api.told()[0].request.state, TrialState::Pruned);
}

TEST_F(WorkerTest, StopsWhenTold) {
  FakeStudyApi api(study_file(shell("tail -f /dev/null")));
  api.on_beat = [](const std::string&) { return BeatAnswer{false, true, {}}; };
  api.add_trial(params());

  work(api);

  EXPECT_EQ(api.told()[0].request.state, TrialState::Fail);
  EXPECT_EQ(api.told()[0].request.reason, FailReason::Cancelled);
}

TEST_F(WorkerTest, GoesOnWhileBeatsGetNoAnswer) {
  FakeStudyApi api(
      study_file(shell("echo '{\"step\": 1, \"value\": 0.5}'; until [ -e go ]; do :; done; echo "
                       "'{\"score\": 1}' > result.json")));
  api.add_trial(params());
  api.fail("heartbeat", 1000000);
  api.fail("report", 3);
  std::thread other([&] {
    while (api.reported().empty()) std::this_thread::yield();
    spit(workspace("W1-0") / "go", "");
  });

  EXPECT_EQ(work(api).completed, 1);

  other.join();
  EXPECT_TRUE(said("the experiment goes on"));
  EXPECT_EQ(api.reported().size(), 1U);
}

// --- Ends ---

TEST_F(WorkerTest, EndsTheTreeAndTellsCancelledWhenInterrupted) {
  FakeStudyApi api(study_file(shell(
      "setsid sh -c 'trap \"\" TERM INT; touch ready; tail -f /dev/null' & tail -f /dev/null")));
  api.add_trial(params());
  api.add_trial(params());
  std::thread user([&] {
    while (!std::filesystem::exists(workspace("W1-0") / "ready")) std::this_thread::yield();
    interrupted_ = true;
  });

  const WorkSummary summary = work(api);

  user.join();
  EXPECT_EQ(summary.end, WorkEnd::Stopped);
  EXPECT_EQ(summary.failed, 1);
  ASSERT_EQ(api.told().size(), 1U);
  EXPECT_EQ(api.told()[0].request.reason, FailReason::Cancelled);
}

TEST_F(WorkerTest, EndsAfterTheCurrentTrialAtAStopFile) {
  FakeStudyApi api(study_file(shell("touch ../STOP; echo '{\"score\": 1}' > result.json")));
  api.add_trial(params());
  api.add_trial(params());

  const WorkSummary summary = work(api);

  EXPECT_EQ(summary.end, WorkEnd::Stopped);
  EXPECT_EQ(summary.reason, (dir_.path() / "runs/s/STOP").string());
  EXPECT_EQ(api.told().size(), 1U);

  // Left over, it keeps the worker from starting, and stays.
  const WorkSummary again = work(api);
  EXPECT_EQ(again.end, WorkEnd::Stopped);
  EXPECT_EQ(again.reason, (dir_.path() / "runs/s/STOP").string());
  EXPECT_TRUE(said("remove it to work on"));
  EXPECT_TRUE(std::filesystem::exists(dir_.path() / "runs/s/STOP"));
  EXPECT_EQ(api.told().size(), 1U);
}

TEST_F(WorkerTest, SeesAStopFileWhileItWaits) {
  FakeStudyApi api(study_file(writing(R"({"score": 1})")));
  api.when_empty = {AskStatus::Wait, {}, 1e6, ""};
  std::thread user([&] {
    while (api.calls("ask") == 0) std::this_thread::yield();
    spit(dir_.path() / "runs/s/STOP", "");
  });
  EXPECT_EQ(work(api).end, WorkEnd::Stopped);
  user.join();
}

TEST_F(WorkerTest, CanBeInterruptedWhileItWaits) {
  FakeStudyApi api(study_file(writing(R"({"score": 1})")));
  api.when_empty = {AskStatus::Wait, {}, 1e6, ""};
  std::thread user([&] {
    while (api.calls("ask") == 0) std::this_thread::yield();
    interrupted_ = true;
  });
  EXPECT_EQ(work(api).end, WorkEnd::Stopped);
  user.join();
}

// --- A server that does not answer ---

TEST_F(WorkerTest, TellsUntilItIsAnsweredWithOneRequestId) {
  FakeStudyApi api(study_file(writing(R"({"score": 1})")));
  api.add_trial(params());
  api.fail("study", 2);
  api.fail("ask", 2, ErrorCode::Unavailable);
  api.fail("tell", 4);

  EXPECT_EQ(work(api).completed, 1);

  const auto ids = api.tell_ids();
  ASSERT_EQ(ids.size(), 5U);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 1U);
  EXPECT_TRUE(said("tell: no answer"));
  EXPECT_TRUE(said("tell: the server answers again"));
}

TEST_F(WorkerTest, GoesOnAfterAResultThatTheServerRefuses) {
  FakeStudyApi api(study_file(writing(R"({"score": 1})")));
  api.add_trial(params());
  api.check_tell = [](const TellRequest& request) {
    if (request.state == TrialState::Complete) throw Error(ErrorCode::Invalid, "no such metric");
  };

  EXPECT_EQ(work(api).failed, 1);

  ASSERT_EQ(api.told().size(), 1U);
  EXPECT_EQ(api.told()[0].request.reason, FailReason::BadConfig);
  EXPECT_EQ(api.told()[0].request.note, "the server refused the result: no such metric");
}

TEST_F(WorkerTest, GoesOnAfterAConflict) {
  FakeStudyApi api(study_file(writing(R"({"score": 1})")));
  api.add_trial(params());
  api.add_trial(params());
  api.fail("tell", 1, ErrorCode::Conflict);

  EXPECT_EQ(work(api).completed, 1);
  EXPECT_TRUE(said("the result was refused"));
  EXPECT_EQ(read_json(workspace("W1-0") / "STATE.json")["tuning_runs"][0]["score"], 1);
}

// --- What is refused before the first ask ---

void expect_refused(const std::function<void()>& call, ErrorCode code, const std::string& part) {
  try {
    call();
    FAIL() << "nothing was thrown; expected: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    EXPECT_THAT(error.what(), HasSubstr(part));
  }
}

TEST_F(WorkerTest, RefusesAStudyThatSaysNothingOfRunning) {
  Json file = study_file(shell("true"));
  file.erase("experiment");
  FakeStudyApi api(file);
  expect_refused([&] { work(api); }, ErrorCode::Invalid, "has no \"experiment\"");
}

TEST_F(WorkerTest, RefusesAnExperimentThatCannotStart) {
  spit(dir_.path() / "plain.sh", "echo");
  for (const auto& [program, words] :
       {std::pair("no-such-program-here", "no program of that name on PATH"),
        std::pair("plain.sh", "write \"./plain.sh\""), std::pair("./plain.sh", "may be executed"),
        std::pair("{dir}/absent", "may be executed")}) {
    FakeStudyApi api(study_file({{"agent", "command"}, {"command", {program}}}));
    expect_refused([&] { work(api); }, ErrorCode::Invalid, words);
    EXPECT_EQ(api.calls("ask"), 0);
  }
}

TEST_F(WorkerTest, NamesEverythingThatKeepsItFromRunning) {
  Json file = study_file({{"agent", "command"}, {"command", {"./absent"}}});
  file["params"]["a-b"] = {{"type", "int"}, {"low", 1}, {"high", 2}};
  file["params"]["a_b"] = {{"type", "int"}, {"low", 1}, {"high", 2}};
  FakeStudyApi api(file);
  expect_refused([&] { work(api); }, ErrorCode::Invalid, "STUDY_PARAM_A_B");
  expect_refused([&] { work(api); }, ErrorCode::Invalid, "./absent");
}

TEST_F(WorkerTest, RefusesAnUnknownStudyAFolderThatIsNoneAndBadNames) {
  FakeStudyApi api(study_file(writing(R"({"score": 1})")));
  WorkOptions other = options();
  other.study = "other";
  expect_refused([&] { work(api, other); }, ErrorCode::NotFound, "other");
  WorkOptions slash = options();
  slash.worker = "../W1";
  expect_refused([&] { work(api, slash); }, ErrorCode::Invalid, "worker \"../W1\"");
  WorkOptions nowhere = options();
  nowhere.experiment_dir = dir_.path() / "nowhere";
  expect_refused([&] { work(api, nowhere); }, ErrorCode::Invalid, "is not a folder");
}

TEST_F(WorkerTest, TakesTheExperimentFromAnotherFolder) {
  std::filesystem::create_directory(dir_.path() / "copy");
  write_script(dir_.path() / "copy/run", "#!/bin/sh\necho '{\"score\": 4}' > result.json\n");
  FakeStudyApi api(study_file({{"agent", "command"}, {"command", {"./run"}}}));
  api.add_trial(params());
  WorkOptions elsewhere = options();
  elsewhere.experiment_dir = dir_.path() / "copy";
  work(api, elsewhere);
  EXPECT_EQ(api.told()[0].request.values, std::vector{4.0});
}

TEST_F(WorkerTest, HintsAtFilesThatTheWorkspaceDoesNotHave) {
  spit(dir_.path() / "run.py", "");
  FakeStudyApi api(study_file({{"agent", "command"}, {"command", {"cat", "run.py"}}}));
  work(api);
  EXPECT_TRUE(said("write {dir}/run.py"));
}

}  // namespace
}  // namespace studyhall::worker_shim
