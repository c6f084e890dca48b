#include "worker_shim/artifacts.h"

#include <gmock/gmock.h>

#include <map>
#include <string>

#include "core/error.h"
#include "tests/support/git_repo.h"
#include "tests/worker_shim/worker_claude_fixture.h"

namespace studyhall::worker_shim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// Keeps what is put.
class Kept final : public ArtifactApi {
 public:
  Artifact put_artifact(const std::string& study, const WorkRef& of, const std::string& name,
                        const std::string& type, std::string_view bytes) override {
    if (fails) throw Error(ErrorCode::Unreachable, "no server");
    files[study + "/" + (of.is_task ? "task" : "") + std::to_string(of.number) + "/" + name] =
        bytes;
    return {.name = name, .type = type, .sha256 = {}, .created = {}, .bytes = bytes.size()};
  }
  std::vector<Artifact> artifacts(const std::string&, const WorkRef&) override { return {}; }
  std::string artifact(const std::string&, const WorkRef&, const std::string&) override {
    return {};
  }
  void delete_artifact(const std::string&, const WorkRef&, const std::string&) override {}

  std::map<std::string, std::string> files;
  bool fails = false;
};

class WorkerArtifacts : public WorkerTest {
 protected:
  void run(const std::string& script) { run_study(shell(script)); }
  void run_study(const Json& experiment) {
    testing::FakeStudyApi api(study_file(experiment));
    api.add_trial(params());
    WorkOptions with = options();
    with.artifacts = &kept_;
    with.once = true;
    summary_ = work(api, with);
  }

  Kept kept_;
  WorkSummary summary_;
};

TEST_F(WorkerArtifacts, KeepsLogSummaryAndScore) {
  run(R"(echo hello; printf '{"score": 2}' > result.json)");

  EXPECT_EQ(summary_.completed, 1);
  EXPECT_THAT(kept_.files["s/0/run.log"], HasSubstr("hello"));
  EXPECT_EQ(kept_.files["s/0/result.json"], R"({"score": 2})");
  EXPECT_NE(kept_.files["s/0/SUMMARY.md"], "");
}

TEST_F(WorkerArtifacts, KeepsTheEndOfALongLog) {
  run(R"(seq 1 100000; printf '{"score": 2}' > result.json)");

  EXPECT_THAT(kept_.files["s/0/run.log"], StartsWith("["));
  EXPECT_THAT(kept_.files["s/0/run.log"], HasSubstr("100000"));
  EXPECT_LT(kept_.files["s/0/run.log"].size(), 263'000u);
}

TEST_F(WorkerArtifacts, FollowsNoLinkAndWaitsForNoPipe) {
  run(R"(rm -f SUMMARY.md; ln -s /etc/hostname prompt.md; mkfifo pipe; mv pipe SUMMARY.md; )"
      R"(printf '{"score": 2}' > result.json)");

  EXPECT_FALSE(kept_.files.contains("s/0/prompt.md"));
  EXPECT_EQ(summary_.completed, 1);
}

TEST_F(WorkerArtifacts, KeepsWhatATrialChangedInItsWorktree) {
  testing::GitRepo repo(dir_.path() / "repo");
  const std::string base = repo.commit("answer", "1\n");
  Json experiment = shell(R"(echo 2 > answer; printf '{"score": 2}' > result.json)");
  experiment["workspace"] = {{"kind", "worktree"}, {"repo", "repo"}, {"base_commit", base}};

  run_study(experiment);

  EXPECT_THAT(kept_.files["s/0/diff.patch"],
              AllOf(HasSubstr("--- a/answer"), HasSubstr("-1\n+2\n"), HasSubstr("result.json")));
}

TEST_F(WorkerArtifacts, CutsADiffThatIsTooLarge) {
  testing::GitRepo repo(dir_.path() / "repo");
  const std::string base = repo.commit("answer", "1\n");
  Json experiment = shell(R"(seq 1 300000 > answer; printf '{"score": 2}' > result.json)");
  experiment["workspace"] = {{"kind", "worktree"}, {"repo", "repo"}, {"base_commit", base}};

  run_study(experiment);

  EXPECT_LT(kept_.files["s/0/diff.patch"].size(), 1'000'100u);
  EXPECT_THAT(kept_.files["s/0/diff.patch"], HasSubstr("\n# cut: "));
}

class WorkerTaskArtifacts : public WorkerClaude {};

TEST_F(WorkerTaskArtifacts, KeepsWhatATaskWasAskedAndWrote) {
  testing::GitRepo repo(dir_.path() / "repo");
  const std::string base = repo.commit("answer", "1\n");
  Json experiment = agent("ok");
  experiment["workspace"] = {{"kind", "worktree"}, {"repo", "repo"}, {"base_commit", base}};
  testing::FakeStudyApi api(study_file(experiment));
  AskedTask task;
  task.title = "Describe the result";
  api.add_waiting_task(task);
  Kept kept;
  WorkOptions with = options();
  with.artifacts = &kept;
  with.once = true;

  EXPECT_EQ(work(api, with).tasks_done, 1);

  EXPECT_THAT(kept.files["s/task0/events.jsonl"], HasSubstr("\"type\":\"result\""));
  EXPECT_THAT(kept.files["s/task0/prompt.md"], HasSubstr("Describe the result"));
  EXPECT_THAT(kept.files["s/task0/SUMMARY.md"], HasSubstr("Wrote the page"));
  EXPECT_THAT(kept.files["s/task0/result.json"], HasSubstr("pages"));
  EXPECT_THAT(kept.files["s/task0/diff.patch"], HasSubstr("+text"));
}

TEST_F(WorkerArtifacts, ATrialIsNotLostForIt) {
  kept_.fails = true;
  run(R"(printf '{"score": 2}' > result.json)");

  EXPECT_EQ(summary_.completed, 1);
  EXPECT_TRUE(said("files of its run are not kept: no server"));
}

}  // namespace
}  // namespace studyhall::worker_shim
