// Tasks that an agent runs.
#include "core/error.h"
#include "tests/support/git_repo.h"
#include "tests/worker_shim/worker_claude_fixture.h"

namespace studyhall::worker_shim {
namespace {

using studyhall::testing::FakeStudyApi;
using studyhall::testing::GitRepo;
using studyhall::testing::slurp;
using studyhall::testing::spit;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class WorkerTasks : public WorkerClaude {
 protected:
  // A study of agents whose tasks are prompted with the scenario; empty: by the built-in prompt.
  [[nodiscard]] Json of_tasks(const std::string& scenario) {
    Json experiment = agent("ok");
    if (scenario.empty()) return experiment;
    spit(dir_.path() / "task.md", scenario + "\n");
    experiment["task_prompt"] = "task.md";
    return experiment;
  }
  static AskedTask task() {
    AskedTask task;
    task.title = "Describe the result";
    task.description = "One page, for people who have not followed the study.";
    return task;
  }
  // What the one task of a study with this experiment is told as.
  TaskTell told_task(const Json& experiment) {
    FakeStudyApi api(study_file(experiment));
    api.add_waiting_task(task());
    work(api);
    const auto told = api.told_tasks();
    EXPECT_EQ(told.size(), 1U);
    return told.empty() ? TaskTell{} : told.front().request;
  }
  [[nodiscard]] std::string prompt_of(const std::string& folder) const {
    return slurp(workspace(folder) / "prompt.md");
  }
};

TEST_F(WorkerTasks, TellsWhatCameOfATask) {
  const TaskTell told = told_task(of_tasks(""));

  EXPECT_EQ(told.state, TaskState::Done);
  EXPECT_EQ(told.result, Json({{"pages", 3}, {"summary", "Wrote the page; read it twice.\n"}}));
  EXPECT_EQ(told.usage.turns, 7);
  EXPECT_EQ(told.usage.cost_usd, 0.5);
  EXPECT_TRUE(said("task 0: \"Describe the result\" in W1-task0"));
  EXPECT_TRUE(said("task 0: done"));
}

TEST_F(WorkerTasks, KeepsARecordOfATask) {
  told_task(of_tasks(""));

  const Json state = Json::parse(slurp(workspace("W1-task0") / "STATE.json"));
  EXPECT_EQ(state["task"], 0);
  EXPECT_EQ(state["status"], "done");
  EXPECT_THAT(slurp(workspace("W1-task0") / "SUMMARY.md"),
              AllOf(HasSubstr("task 0 of s"), HasSubstr("Describe the result"),
                    HasSubstr("Wrote the page")));
  EXPECT_EQ(Json::parse(slurp(workspace("W1-task0") / "config.json"))["title"],
            "Describe the result");
  const std::string environment = slurp(workspace("W1-task0") / "env.txt");
  EXPECT_THAT(environment, AllOf(HasSubstr("STUDY_TASK=0\n"), HasSubstr("STUDY_TITLE=Describe"),
                                 Not(HasSubstr("STUDY_TRIAL=")), Not(HasSubstr("STUDY_SEED="))));
}

TEST_F(WorkerTasks, AsksTheAgentForWhatTheTaskSays) {
  Json experiment = of_tasks("");
  experiment["context"] = {{"test", "make test"}, {"rules", {"no new dependencies"}}};
  FakeStudyApi api(study_file(experiment));
  Task done;
  done.number = 7;
  done.title = "Measure";
  done.result = {{"summary", "It takes 3 ms."}};
  done.evidence = {{"git", {{{"branch", "study/s/W2-task7"}}}}};
  api.known_tasks[7] = done;
  AskedTask asked = task();
  asked.after = {7};
  Insight insight;
  insight.text = "warm up first";
  asked.insights.push_back(insight);
  api.add_waiting_task(asked);
  work(api);

  EXPECT_EQ(api.told_tasks().size(), 1U);
  const std::string prompt = prompt_of("W1-task0");
  EXPECT_THAT(prompt, AllOf(HasSubstr("# Task 0 of s: Describe the result"),
                            HasSubstr("for people who have not followed"),
                            HasSubstr("Task 7, Measure (branch study/s/W2-task7): It takes 3 ms."),
                            HasSubstr("- Test: `make test`"), HasSubstr("no new dependencies"),
                            HasSubstr("- warm up first"), Not(HasSubstr("{{"))));
  EXPECT_THAT(prompt, HasSubstr((workspace("W1-task0") / "SUMMARY.md").string()));
}

TEST_F(WorkerTasks, LeavesABranchWithoutItsOwnPapers) {
  GitRepo filled(dir_.path() / "filled");
  const std::string base = filled.commit("readme", "hello\n");
  Json experiment = of_tasks("");
  experiment["workspace"] = {{"kind", "worktree"}, {"repo", "filled"}, {"base_commit", base}};

  const TaskTell told = told_task(experiment);

  const Json git = told.evidence["git"][0];
  EXPECT_EQ(git["branch"], "study/s/W1-task0");
  EXPECT_EQ(git["commit"], filled.git({"rev-parse", "study/s/W1-task0"}));
  EXPECT_EQ(filled.git({"show", "study/s/W1-task0:page.txt"}), "text");
  EXPECT_EQ(filled.git({"ls-tree", "--name-only", "study/s/W1-task0", "SUMMARY.md"}), "");
  EXPECT_THAT(filled.git({"log", "-1", "--format=%B", "study/s/W1-task0"}),
              AllOf(HasSubstr("W1-task0: done"), HasSubstr("Describe the result")));
}

TEST_F(WorkerTasks, TellsATaskThatCannotBeDoneAsFailedForGood) {
  const TaskTell told = told_task(of_tasks("task-impossible"));

  EXPECT_EQ(told.state, TaskState::Failed);
  EXPECT_EQ(told.reason, std::nullopt);
  EXPECT_EQ(told.note, "there is no such page");
}

TEST_F(WorkerTasks, TakesTheAgentsLastWordsWhereItLeftNoSummary) {
  const TaskTell told = told_task(of_tasks("idle"));

  EXPECT_EQ(told.state, TaskState::Done);
  EXPECT_EQ(told.result, Json({{"summary", "All done. Score: 0.75"}}));
}

TEST_F(WorkerTasks, ClassifiesFailuresAsThoseOfTrials) {
  EXPECT_EQ(told_task(of_tasks("quiet")).reason, FailReason::Declined);
  EXPECT_EQ(told_task(of_tasks("max-turns")).reason, FailReason::Declined);
  EXPECT_EQ(told_task(of_tasks("crash")).reason, FailReason::Infra);
  Json slow = of_tasks("hang");
  slow["time_limit_min"] = 0.003;
  const TaskTell told = told_task(slow);
  EXPECT_EQ(told.reason, FailReason::Declined);
  EXPECT_THAT(told.note, HasSubstr("time limit"));
}

TEST_F(WorkerTasks, ATaskIsGivenBackWhereTheLoginIsRefused) {
  FakeStudyApi api(study_file(of_tasks("no-credit")));
  api.add_waiting_task(task());

  EXPECT_THROW(work(api), Error);

  const auto told = api.told_tasks();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].request.cause, FaultCause::Auth);
}

TEST_F(WorkerTasks, TheNextAttemptIsToldOfTheLast) {
  const Json file = study_file(of_tasks("max-turns"));
  FakeStudyApi first(file);
  first.add_waiting_task(task());
  work(first);
  FakeStudyApi second(file);
  AskedTask again = task();
  again.attempt = 2;
  second.add_waiting_task(again);
  work(second);

  EXPECT_THAT(prompt_of("W1-task0.2"), AllOf(HasSubstr("The last attempt at this task"),
                                             HasSubstr("Reached maximum number of turns")));
}

TEST_F(WorkerTasks, TheNextAttemptIsToldWhatTheLastCommittedAndNothingOlder) {
  GitRepo repo(dir_.path() / "repo");
  repo.commit("readme", "an old commit\n");
  const std::string base = repo.commit("readme", "another old commit\n");
  Json experiment = of_tasks("commit-then-stop");
  experiment["workspace"] = {{"kind", "worktree"}, {"repo", "repo"}, {"base_commit", base}};
  FakeStudyApi api(study_file(experiment));
  api.add_waiting_task(task());
  api.add_waiting_task(task());
  work(api);

  const std::string report = slurp(dir_.path() / "runs" / "s" / ".attempt-task0.md");

  EXPECT_THAT(report,
              AllOf(HasSubstr("Its branch is study/s/W1-task0;"), HasSubstr("half of the page"),
                    HasSubstr("page.txt"), Not(HasSubstr(base.substr(0, 7)))));
}

TEST_F(WorkerTasks, TellsAResultThatAnEarlierRunCouldNotTell) {
  const Json file = study_file(of_tasks(""));
  FakeStudyApi api(file);
  api.add_waiting_task(task());
  api.fail("tell_task", 1000);
  api.on_tell = [this] { interrupted_ = true; };
  work(api);
  ASSERT_TRUE(api.told_tasks().empty());
  interrupted_ = false;
  api.on_tell = {};
  api.fail("tell_task", 0);

  work(api);

  const auto told = api.told_tasks();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].request.result["pages"], 3);
}

TEST_F(WorkerTasks, AgentsTakeBothAndCommandsTrials) {
  FakeStudyApi agents(study_file(of_tasks("")));
  agents.add_waiting_task(task());
  agents.add_trial(params());
  const WorkSummary summary = work(agents);
  EXPECT_EQ(agents.last_ask().want, Want::Any);
  EXPECT_EQ(summary.tasks_done, 1);
  EXPECT_EQ(summary.completed, 1);

  FakeStudyApi commands(study_file(writing("{\"score\": 1}")));
  work(commands);
  EXPECT_EQ(commands.last_ask().want, Want::Trials);
  WorkOptions tasks = options();
  tasks.want = Want::Tasks;
  try {
    work(commands, tasks);
    FAIL() << "took tasks";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("tasks are run by agents"));
  }
}

TEST_F(WorkerTasks, ARoleHasItsOwnPromptTagsAndModel) {
  Json file = study_file(of_tasks("crash"));
  spit(dir_.path() / "docs.md", "task\nYou are {{role}}: {{title}}");
  file["roles"] = {
      {"docs",
       {{"prompt", "docs.md"}, {"accepts", {"text"}}, {"model", "haiku"}, {"allow_web", true}}}};
  file["workers"] = {{"W1", {{"accepts", {"cpp"}}}}};
  FakeStudyApi api(file);
  api.add_waiting_task(task());
  api.add_trial(params());
  WorkOptions docs = options();
  docs.role = "docs";

  const WorkSummary summary = work(api, docs);

  EXPECT_EQ(summary.tasks_done, 1);
  EXPECT_EQ(summary.completed, 0);
  EXPECT_EQ(api.last_ask().want, Want::Tasks);
  EXPECT_THAT(api.last_ask().accepts.value(), ElementsAre("cpp", "text"));
  EXPECT_EQ(prompt_of("W1-task0"), "task\nYou are docs: Describe the result");
  EXPECT_THAT(slurp(workspace("W1-task0") / "argv.txt"),
              AllOf(HasSubstr("<--model>\n<haiku>"), HasSubstr("WebSearch")));

  docs.role = "doc";
  try {
    work(api, docs);
    FAIL() << "worked in an unknown role";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("has no role \"doc\"; it has docs"));
  }
}

TEST_F(WorkerTasks, APromptThatIsNotThereIsSaidAtTheStart) {
  Json experiment = agent("ok");
  experiment["task_prompt"] = "nowhere.md";
  FakeStudyApi api(study_file(experiment));
  try {
    work(api);
    FAIL() << "started";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("nowhere.md: there is no such file"));
  }
}

}  // namespace
}  // namespace studyhall::worker_shim
