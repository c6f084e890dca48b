#include "worker_shim/research.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/mock_study_api.h"

namespace studyhall::worker_shim {
namespace {

using std::chrono::minutes;
using ::testing::_;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::NiceMock;

Proposals so_far(std::int64_t trials, double beats_sampler) {
  Proposals proposals;
  proposals.author = "scout";
  proposals.trials = trials;
  proposals.beats_sampler = beats_sampler;
  proposals.best_number = 7;
  proposals.best_value = 1.5;
  return proposals;
}

TEST(ResearchQuota, GrowsAndShrinksWithWhatProposalsAreWorth) {
  EXPECT_EQ(adapted_quota(4, std::nullopt), 4);
  EXPECT_EQ(adapted_quota(4, so_far(4, 1)), 4) << "too few results to tell";
  EXPECT_EQ(adapted_quota(4, so_far(5, 0.5)), 4);
  EXPECT_EQ(adapted_quota(4, so_far(5, 1)), 8);
  EXPECT_EQ(adapted_quota(4, so_far(5, 0.25)), 2);
  EXPECT_EQ(adapted_quota(4, so_far(5, 0)), 1);
}

class ResearchRoundsTest : public ::testing::Test {
 protected:
  ResearchRoundsTest() {
    info_.name = "s";
    info_.counts = {{"complete", 3}, {"pruned", 1}, {"failed", 1}, {"running", 2}};
    info_.best_number = 2;
    info_.best_value = 1.25;
    ON_CALL(api_, study(_)).WillByDefault([this](const std::string&) { return info_; });
    ON_CALL(api_, tasks(_, _)).WillByDefault([this](const std::string&, const TaskQuery& query) {
      std::vector<TaskView> views;
      for (const Task& task : tasks_) {
        if (task.state == *query.state) views.push_back({.task = task});
      }
      return views;
    });
    ON_CALL(api_, add_task(_, _))
        .WillByDefault([this](const std::string&, const TaskRequest& asked) {
          Task task;
          task.number = std::ssize(tasks_);
          task.title = asked.title;
          task.description = asked.description;
          task.tags = asked.tags;
          task.author = asked.author;
          task.queue = asked.queue;
          tasks_.push_back(task);
          return task.number;
        });
  }
  void end_round() {
    tasks_.back().state = TaskState::Done;
    rounds_.end(now_);
  }

  NiceMock<studyhall::testing::MockStudyApi> api_;
  StudyInfo info_;
  std::vector<Task> tasks_;
  ResearchRounds::SteadyTime now_{std::chrono::hours(10)};
  ResearchRounds rounds_{api_, "s", "R1", "scout", {.every = minutes(15), .stale = 6}};
};

TEST_F(ResearchRoundsTest, BeginAtOnceAndThenAtTheirTime) {
  EXPECT_THAT(rounds_.begin_if_due(now_), HasSubstr("task 0, up to 4 proposals"));
  ASSERT_EQ(tasks_.size(), 1U);
  EXPECT_EQ(tasks_[0].author, "scout");
  EXPECT_EQ(tasks_[0].tags, std::vector<std::string>{"scout"});
  EXPECT_EQ(tasks_[0].queue.worker, "R1");
  EXPECT_THAT(tasks_[0].description, HasSubstr("So far 5 trials have ended, and trial 2 leads"));
  now_ += minutes(60);
  EXPECT_THAT(rounds_.begin_if_due(now_), IsEmpty()) << "the round is not over";
  end_round();
  now_ += minutes(14);
  EXPECT_THAT(rounds_.begin_if_due(now_), IsEmpty());
  now_ += minutes(1);
  EXPECT_THAT(rounds_.begin_if_due(now_), HasSubstr("task 1"));
}

TEST_F(ResearchRoundsTest, BeginEarlierWhenNothingNewLeads) {
  rounds_.begin_if_due(now_);
  end_round();
  info_.counts["complete"] = 8;
  EXPECT_THAT(rounds_.begin_if_due(now_), IsEmpty());
  info_.best_number = 9;
  info_.counts["complete"] = 9;
  EXPECT_THAT(rounds_.begin_if_due(now_), IsEmpty()) << "a new leader: the count begins again";
  info_.counts["complete"] = 15;
  EXPECT_THAT(rounds_.begin_if_due(now_), HasSubstr("task 1"));
}

TEST_F(ResearchRoundsTest, TellTheAgentWhatItsProposalsWereWorth) {
  info_.proposals = {so_far(6, 0.75)};
  info_.proposals[0].author = "scout (planner)";  // as a server with tokens has it
  EXPECT_THAT(rounds_.begin_if_due(now_), HasSubstr("up to 6 proposals"));
  EXPECT_THAT(tasks_[0].description, HasSubstr("with probability 0.75"));
  EXPECT_THAT(tasks_[0].description, HasSubstr("up to 6 trials"));
}

TEST_F(ResearchRoundsTest, AreOverWithTheStudy) {
  info_.state = StudyState::Finished;
  EXPECT_THAT(rounds_.begin_if_due(now_), IsEmpty());
  EXPECT_TRUE(rounds_.is_over());
  EXPECT_THAT(tasks_, IsEmpty());
}

TEST_F(ResearchRoundsTest, GiveTheAgentToolsWithinTheQuota) {
  auto study = std::make_shared<StudySpec>();
  study->experiment.emplace();
  Plan plan;
  plan.study = study;
  ResearchRounds rounds(api_, "s", "R1", "scout",
                        {.quota = 3, .tools_server = {{"command", "study"}, {"args", {"mcp"}}}});
  rounds.equip(plan);
  EXPECT_EQ(plan.experiment().claude.mcp.at(kToolsServer).at("args"),
            Json({"mcp", "--propose-as", "scout", "--quota", "3"}));
  EXPECT_THAT(study->experiment->claude.mcp, IsEmpty()) << "the plan has a study of its own";
}

}  // namespace
}  // namespace studyhall::worker_shim
