// Agents that ask people, and go on with the answer.
#include <thread>

#include "core/error.h"
#include "tests/worker_shim/worker_claude_fixture.h"

namespace studyhall::worker_shim {
namespace {

using studyhall::testing::FakeStudyApi;
using studyhall::testing::slurp;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class WorkerQuestions : public WorkerClaude {
 protected:
  Json asking(const std::string& scenario) {
    Json experiment = agent("ok");
    testing::spit(dir_.path() / "task.md", scenario + "\n");
    experiment["task_prompt"] = "task.md";
    return study_file(experiment);
  }
  static AskedTask task() {
    AskedTask task;
    task.title = "Write the page";
    return task;
  }
};

TEST_F(WorkerQuestions, AnAnswerGoesToTheSessionThatAsked) {
  FakeStudyApi api(asking("asks"));
  api.add_waiting_task(task());
  api.on_questions = [&] { api.answer_question("s", 1, {"Markdown.", "alice"}); };

  const WorkSummary summary = work(api);

  EXPECT_EQ(summary.tasks_done, 1);
  const auto told = api.told_tasks();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0].request.result["summary"].get<std::string>(), HasSubstr("Markdown."));
  const std::string arguments = slurp(workspace("W1-task0") / "argv.txt");
  EXPECT_THAT(arguments, AllOf(HasSubstr("<--resume>"), Not(HasSubstr("<--session-id>"))));
  // The CLI's cost is that of the whole session.
  EXPECT_EQ(told[0].request.usage.cost_usd, 0.75);
  EXPECT_EQ(told[0].request.usage.turns, 10);
  EXPECT_FALSE(std::filesystem::exists(workspace("W1-task0") / "QUESTION.md"));
  EXPECT_FALSE(std::filesystem::exists(workspace("W1-task0.2")));
}

TEST_F(WorkerQuestions, OtherWorkGoesOnWhileAQuestionIsOpen) {
  FakeStudyApi api(asking("asks"));
  api.add_waiting_task(task());
  api.add_trial(params());
  api.on_questions = [&] {
    if (!api.told().empty()) api.answer_question("s", 1, {"Markdown."});
  };

  const WorkSummary summary = work(api);

  EXPECT_EQ(summary.completed, 1);
  EXPECT_EQ(summary.tasks_done, 1);
  EXPECT_TRUE(said("question 1: Which format?"));
  EXPECT_TRUE(said("study respond s 1"));
}

TEST_F(WorkerQuestions, ANewSessionIsToldWhereTheOldOneIsGone) {
  FakeStudyApi api(asking("asks-lost"));
  api.add_waiting_task(task());
  api.on_questions = [&] { api.answer_question("s", 1, {"Markdown."}); };

  EXPECT_EQ(work(api).tasks_done, 1);

  EXPECT_EQ(api.told_tasks()[0].request.result["summary"], "told anew\n");
  const std::string prompt = slurp(workspace("W1-task0") / "prompt.md");
  EXPECT_THAT(prompt, AllOf(HasSubstr("asks-lost"), HasSubstr("Which lost format?"),
                            HasSubstr("Markdown.")));
}

TEST_F(WorkerQuestions, TheNextStartGoesOnWithWhatWasAsked) {
  FakeStudyApi api(asking("asks"));
  api.add_waiting_task(task());
  api.on_questions = [this] { interrupted_ = true; };
  EXPECT_EQ(work(api).end, WorkEnd::Stopped);
  EXPECT_TRUE(said("1 question waits for an answer (task 0)"));
  EXPECT_EQ(Json::parse(slurp(workspace("W1-task0") / "STATE.json"))["status"], "asking");
  interrupted_ = false;
  api.on_questions = [&] { api.answer_question("s", 1, {"Markdown."}); };

  EXPECT_EQ(work(api).tasks_done, 1);

  EXPECT_EQ(api.told_tasks().size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(workspace("W1-task0.2")));
}

TEST_F(WorkerQuestions, AQuestionThatNobodyHeardIsAskedAtTheNextStart) {
  FakeStudyApi api(asking("asks"));
  api.add_waiting_task(task());
  api.fail("ask_question", 1000);
  std::thread watcher([&] {
    while (api.calls("ask_question") < 3) std::this_thread::yield();
    interrupted_ = true;
  });
  work(api);
  watcher.join();
  EXPECT_TRUE(said("the next start of worker W1 asks it"));
  interrupted_ = false;
  api.fail("ask_question", 0);
  api.on_questions = [&] { api.answer_question("s", 1, {"Markdown."}); };

  EXPECT_EQ(work(api).tasks_done, 1);
}

TEST_F(WorkerQuestions, GivesUpWhatIsNoLongerItsOwn) {
  FakeStudyApi api(asking("asks"));
  api.add_waiting_task(task());
  api.on_questions = [&] { api.make_moot(1); };

  const WorkSummary summary = work(api);

  EXPECT_EQ(summary.tasks_done, 0);
  EXPECT_TRUE(api.told_tasks().empty());
  EXPECT_EQ(Json::parse(slurp(workspace("W1-task0") / "STATE.json"))["status"], "interrupted");
}

TEST_F(WorkerQuestions, OnceWaitsForTheAnswer) {
  FakeStudyApi api(asking("asks"));
  api.add_waiting_task(task());
  api.add_trial(params());
  int looks = 0;
  api.on_questions = [&] {
    if (++looks == 3) api.answer_question("s", 1, {"Markdown."});
  };
  WorkOptions once = options();
  once.once = true;

  const WorkSummary summary = work(api, once);

  EXPECT_EQ(summary.tasks_done, 1);
  EXPECT_EQ(summary.completed, 0);
}

TEST_F(WorkerQuestions, ATrialMayAskToo) {
  FakeStudyApi api(study_file(agent("asks")));
  api.add_trial(params());
  api.on_questions = [&] { api.answer_question("s", 1, {"Markdown."}); };

  EXPECT_EQ(work(api).completed, 1);

  EXPECT_EQ(api.told()[0].request.values, std::vector{0.5});
}

TEST_F(WorkerQuestions, AQuestionThatTheServerRefusesHandsTheJobBack) {
  FakeStudyApi api(asking("asks"));
  api.add_waiting_task(task());
  api.fail("ask_question", 1, ErrorCode::Invalid);

  work(api);

  const auto told = api.told_tasks();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].request.reason, FailReason::Declined);
  EXPECT_THAT(told[0].request.note, HasSubstr("its question cannot be asked"));
}

}  // namespace
}  // namespace studyhall::worker_shim
