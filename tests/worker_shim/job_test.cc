#include "worker_shim/job.h"

#include <gtest/gtest.h>

#include "core/study_api_json.h"

namespace studyhall::worker_shim {
namespace {

Job task() {
  AskedTask asked;
  asked.number = 3;
  asked.title = "Measure";
  asked.description = "Twice.";
  asked.priority = 10;
  asked.tags = {"cpp"};
  asked.after = {1, 2};
  asked.lease.token = "t";
  asked.attempt = 2;
  return Job(asked);
}

TEST(Job, NamesFoldersThatAreReadBack) {
  AskedTrial trial;
  trial.number = 12;
  RunName name;

  ASSERT_TRUE(read_run_name(Job(trial).run_name("W-1"), name));
  EXPECT_EQ(name.worker, "W-1");
  EXPECT_EQ(name.number, 12);
  EXPECT_FALSE(name.is_task);

  ASSERT_TRUE(read_run_name(task().run_name("W-1") + ".2", name));
  EXPECT_EQ(name.worker, "W-1");
  EXPECT_EQ(name.number, 3);
  EXPECT_TRUE(name.is_task);

  // A worker may be named so that its trials look like another's tasks.
  ASSERT_TRUE(read_run_name(Job(trial).run_name("W-1-task"), name));
  EXPECT_EQ(name.worker, "W-1-task");
  EXPECT_FALSE(name.is_task);
  for (const char* other :
       {"W1", "W1-", "-3", "W1-x", "W1-3.", "W1-3.x", "W1-task", "W1-tasks3", "W1-calibration"}) {
    EXPECT_FALSE(read_run_name(other, name)) << other;
  }
}

TEST(Job, GoesThroughAnAnswerAndBack) {
  const Json answer = to_json(task().as_answer());

  const Job again = Job::from_answer(ask_answer_from_json(answer));

  EXPECT_TRUE(again.is_task);
  EXPECT_EQ(again.label(), "task 3");
  EXPECT_EQ(again.tags, std::vector<std::string>{"cpp"});
  EXPECT_EQ(again.after, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(again.attempt, 2);
  EXPECT_EQ(again.lease.token, "t");
  EXPECT_EQ(to_json(again.as_answer()), answer);
}

}  // namespace
}  // namespace studyhall::worker_shim
