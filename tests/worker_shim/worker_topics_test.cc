// Trials of a topic, which go on from each other.
#include "tests/support/git_repo.h"
#include "tests/worker_shim/worker_claude_fixture.h"

namespace studyhall::worker_shim {
namespace {

using studyhall::testing::FakeStudyApi;
using studyhall::testing::GitRepo;
using studyhall::testing::slurp;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class WorkerTopics : public WorkerClaude {
 protected:
  WorkerTopics() : repo_(dir_.path() / "repo") {
    base_ = repo_.commit("answer", "1\n");
    last_ = repo_.commit("answer", "what the topic's last trial left\n");
  }
  Json experiment(const std::string& prompt_rest = "") {
    Json json = agent("ok", prompt_rest);
    json["workspace"] = {{"kind", "worktree"}, {"repo", "repo"}, {"base_commit", base_}};
    return json;
  }
  // The second of three trials on a topic; the first was trial 7.
  void prepare(FakeStudyApi& api) const {
    TopicStep step;
    step.name = "simd";
    step.family = "speed";
    step.hypothesis = "wider lanes help";
    step.success = "half the time";
    step.index = 2;
    step.of = 3;
    step.after = 7;
    api.steps[0] = step;
    Topic topic;
    topic.name = "simd";
    topic.numbers = {7, 0, 8};
    api.known_topics = {topic};
    TrialView before;
    before.number = 7;
    before.state = TrialState::Complete;
    before.values = {1.25};
    before.record.note = "four lanes";
    before.record.evidence = {{"git", {{{"name", ""}, {"commit", last_}}}}};
    api.known_trials[7] = before;
    TrialView later;
    later.number = 8;
    api.known_trials[8] = later;
    api.add_trial(params());
  }

  GitRepo repo_;
  std::string base_;
  std::string last_;
};

TEST_F(WorkerTopics, BeginWhereTheLastTrialEnded) {
  FakeStudyApi api(study_file(experiment()));
  prepare(api);

  work(api);

  const Json git = api.told().at(0).request.evidence["git"][0];
  EXPECT_EQ(git["base"], last_);
  EXPECT_EQ(repo_.git({"show", "study/s/W1-0:answer"}), "what the topic's last trial left");
}

TEST_F(WorkerTopics, BeginAtTheBaseWhereTheLastTrialsCommitIsNotHere) {
  FakeStudyApi api(study_file(experiment()));
  prepare(api);
  api.known_trials[7].record.evidence["git"][0]["commit"] =
      "0123456789012345678901234567890123456789";

  work(api);

  EXPECT_EQ(api.told().at(0).request.evidence["git"][0]["base"], base_);
}

TEST_F(WorkerTopics, ThePromptHasTheTopicAndItsResults) {
  FakeStudyApi api(study_file(experiment()));
  prepare(api);

  work(api);

  EXPECT_THAT(slurp(workspace("W1-0") / "prompt.md"),
              AllOf(HasSubstr("The topic of this trial: simd"), HasSubstr("- Family: speed"),
                    HasSubstr("wider lanes help"), HasSubstr("It holds if: half the time"),
                    HasSubstr("trial 2 of 3"), HasSubstr("Trial 7: complete 1.25 four lanes"),
                    Not(HasSubstr("Trial 8"))));
}

TEST_F(WorkerTopics, ATemplateMaySayItInItsOwnWords) {
  FakeStudyApi api(study_file(experiment("{{#topic}}About {{name}}.{{/topic}}")));
  prepare(api);

  work(api);

  EXPECT_THAT(slurp(workspace("W1-0") / "prompt.md"),
              AllOf(HasSubstr("About simd."), Not(HasSubstr("The topic of this trial"))));
}

}  // namespace
}  // namespace studyhall::worker_shim
