#include "core/workspace_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/experiment_version.h"
#include "core/resource_spec.h"
#include "core/study_spec.h"
#include "tests/support/study_files.h"

namespace studyhall {
namespace {

using testing::BadCase;
using ::testing::ElementsAre;
using testing::expect_refused;
using ::testing::IsEmpty;
using testing::list_problems;
using testing::study_file_problems;
using testing::with;

const std::string kCommit(40, 'a');

Json file_with(const Json& members) {
  Json experiment = {{"command", {"./run"}}};
  experiment.update(members);
  return with("/experiment", experiment);
}

Json worktree(const Json& more = Json::object()) {
  Json workspace = {{"kind", "worktree"}, {"repo", ".."}, {"base_commit", kCommit}};
  workspace.update(more);
  return file_with({{"workspace", workspace}});
}

TEST(WorkspaceSpec, IsAPlainFolderThatStaysUnlessSaidOtherwise) {
  const auto spec = parse_study_spec(file_with(Json::object()));
  EXPECT_EQ(spec->experiment->workspace.kind, WorkspaceKind::Directory);
  EXPECT_EQ(spec->experiment->workspace.keep, KeepPolicy::All);
  EXPECT_EQ(spec->resolved["experiment"]["workspace"],
            Json({{"kind", "directory"}, {"keep", "all"}}));
}

TEST(WorkspaceSpec, ReadsAWorktree) {
  const auto spec = parse_study_spec(worktree({{"base", "main"},
                                               {"keep", "best"},
                                               {"fetch", true},
                                               {"push", "origin"},
                                               {"max_total_gb", 2}}));
  const WorkspaceSpec& workspace = spec->experiment->workspace;
  EXPECT_EQ(workspace.kind, WorkspaceKind::Worktree);
  ASSERT_EQ(workspace.repos.size(), 1U);
  EXPECT_EQ(workspace.repos[0].name, "");
  EXPECT_EQ(workspace.repos[0].path, "..");
  EXPECT_EQ(workspace.repos[0].base, "main");
  EXPECT_EQ(workspace.repos[0].commit, kCommit);
  EXPECT_EQ(workspace.keep, KeepPolicy::Best);
  EXPECT_EQ(workspace.max_total_gb, 2);
  EXPECT_TRUE(workspace.commit);
  EXPECT_TRUE(workspace.fetch);
  EXPECT_EQ(workspace.push, "origin");
  EXPECT_EQ(parse_study_spec(spec->resolved)->resolved, spec->resolved);
}

TEST(WorkspaceSpec, ReadsSeveralRepositories) {
  const auto spec = parse_study_spec(
      file_with({{"workspace",
                  {{"kind", "worktree"},
                   {"repos",
                    {{"code", {{"repo", "a"}, {"base_commit", kCommit}}},
                     {"data", {{"repo", "b"}, {"base", "v1"}, {"base_commit", kCommit}}}}}}}}));
  const auto& repos = spec->experiment->workspace.repos;
  ASSERT_EQ(repos.size(), 2U);
  EXPECT_EQ(repos[0].name, "code");
  EXPECT_EQ(repos[0].base, "HEAD");
  EXPECT_EQ(repos[1].base, "v1");
  EXPECT_EQ(spec->resolved["experiment"]["workspace"]["repos"]["code"]["base"], "HEAD");
}

TEST(WorkspaceSpec, NamesEveryMistake) {
  const std::string at = "/experiment/workspace";
  expect_refused({{at, "3", at, "an object"},
                  {at + "/kind", "\"folder\"", at + "/kind", "\"worktree\" or \"directory\""},
                  {at + "/keep", "\"some\"", at + "/keep", "\"all\", \"best\" or \"none\""},
                  {at + "/repo", "\"--upload-pack=x\"", at + "/repo", "git repository"},
                  {at + "/base", "\"-x\"", at + "/base", "a revision"},
                  {at + "/base_commit", "\"main\"", at + "/base_commit", "the id of a commit"},
                  {at + "/max_total_gb", "0", at + "/max_total_gb", "a number > 0"},
                  {at + "/push", "\"-f\"", at + "/push", "a remote"},
                  {at + "/commit", "\"never\"", at + "/push", "nothing to push"},
                  {at + "/repos", "{}", at + "/repo", "does not go with"},
                  {at + "/branch", "1", at + "/branch", "unknown"}},
                 worktree({{"push", "origin"}}));
  expect_refused(
      {{at, R"({"kind": "worktree", "repo": ".."})", at + "/base_commit", "study create"},
       {at, R"({"kind": "worktree"})", at + "/repo", "missing"},
       {at, R"({"kind": "worktree", "repos": {}})", at + "/repos", "at least one"},
       {at, R"({"kind": "worktree", "repos": {"a/b": {"repo": "x"}}})", at + "/repos/a~1b",
        "cannot name a folder"},
       {at, R"({"repo": ".."})", at + "/repo", "\"kind\": \"worktree\" only"},
       {at, R"({"push": "x"})", at + "/push", "\"kind\": \"worktree\" only"}},
      worktree());
}

TEST(ExperimentVersion, KnowsTheBaseCommitAndNotTheCloneOrThePolicy) {
  const std::string version = parse_study_spec(worktree())->experiment_version;
  for (const char* same :
       {R"({"repo": "/elsewhere"})", R"({"base": "main"})", R"({"keep": "none"})",
        R"({"push": "origin"})", R"({"fetch": true})", R"({"max_total_gb": 1})"}) {
    EXPECT_EQ(parse_study_spec(worktree(testing::parse(same)))->experiment_version, version)
        << same;
  }
  EXPECT_NE(parse_study_spec(worktree({{"base_commit", std::string(40, 'b')}}))->experiment_version,
            version);
  EXPECT_NE(parse_study_spec(file_with(Json::object()))->experiment_version, version);
}

TEST(Protect, NeedsTheHashesOfPlainFolders) {
  const std::string hash(64, '1');
  const auto spec =
      parse_study_spec(file_with({{"protect", {"data/**"}}, {"protected", {{"data/a", hash}}}}));
  EXPECT_THAT(spec->experiment->protect, ElementsAre("data/**"));
  EXPECT_EQ(spec->experiment->protected_files.at("data/a"), hash);
  EXPECT_NE(spec->experiment_version,
            parse_study_spec(file_with({{"protect", {"data/**"}},
                                        {"protected", {{"data/a", std::string(64, '2')}}}}))
                ->experiment_version);

  expect_refused(
      {{"/experiment/protect", R"(["a"])", "/experiment/protected", "study create"},
       {"/experiment/protect", R"(["/etc/passwd"])", "/experiment/protect/0", "relative"},
       {"/experiment/protect", R"(["../x"])", "/experiment/protect/0", "relative"},
       {"/experiment/protect", "\"a\"", "/experiment/protect", "a list of files"},
       {"/experiment/protected", R"({"a": "1"})", "/experiment/protected/a", "SHA-256"}},
      file_with(Json::object()));
  Json file = worktree();
  file["experiment"]["protect"] = {"a"};
  EXPECT_THAT(study_file_problems(file), IsEmpty());
}

TEST(Score, HasDemands) {
  const auto spec =
      parse_study_spec(file_with({{"score", {{"require", "attested"}, {"range", {-1, 2.5}}}}}));
  EXPECT_TRUE(spec->experiment->score.attested);
  EXPECT_EQ(spec->experiment->score.range, std::pair(-1.0, 2.5));
  const std::string at = "/experiment/score";
  expect_refused({{at, R"({"require": "claimed"})", at + "/require", "\"attested\""},
                  {at, R"({"range": [2, 1]})", at + "/range", "[low, high]"},
                  {at, R"({"range": [2]})", at + "/range", "[low, high]"},
                  {at, R"({"range": [1, "2"]})", at + "/range/1", "a finite number"}},
                 file_with(Json::object()));
  expect_refused({{"/experiment", R"({"agent": "claude", "prompt": "p",
                     "score": {"require": "attested"}})",
                   at + "/require", "needs score.command"}},
                 file_with(Json::object()));
}

TEST(ResourceSpec, OfAWorkerGoesBeforeTheExperiments) {
  Json file = file_with({{"cpus", "0-2,5"}, {"memory_gb", 1.5}, {"nice", 10}});
  file["workers"] = {{"W1", {{"cpus", "7"}, {"gpus", {0, "MIG-1"}}, {"env", {{"A", "1"}}}}}};
  const auto spec = parse_study_spec(file);
  const WorkerSpec& worker = spec->workers.at("W1");
  EXPECT_EQ(worker.env.at("A"), "1");
  const ResourceSpec resources = combined(spec->experiment->resources, worker.resources);
  EXPECT_THAT(resources.cpus, ElementsAre(7));
  EXPECT_EQ(resources.memory_gb, 1.5);
  EXPECT_EQ(resources.nice, 10);
  EXPECT_THAT(*resources.gpus, ElementsAre("0", "MIG-1"));
  EXPECT_THAT(combined(spec->experiment->resources, {}).cpus, ElementsAre(0, 1, 2, 5));
  EXPECT_EQ(spec->experiment_version,
            parse_study_spec(file_with(Json::object()))->experiment_version);
}

TEST(ResourceSpec, NamesEveryMistake) {
  const std::string at = "/workers/W1";
  Json file = file_with(Json::object());
  file["workers"] = {{"W1", Json::object()}};
  expect_refused({{at + "/cpus", "\"0-\"", at + "/cpus", "a list of processors"},
                  {at + "/cpus", "\"3-1\"", at + "/cpus", "a list of processors"},
                  {at + "/cpus", "\"\"", at + "/cpus", "a list of processors"},
                  {at + "/cpus", "2", at + "/cpus", "a list of processors"},
                  {at + "/cpus", "\"5000\"", at + "/cpus", "a list of processors"},
                  {at + "/memory_gb", "0", at + "/memory_gb", "a number > 0"},
                  {at + "/gpus", "2", at + "/gpus", "a list of GPUs"},
                  {at + "/gpus", R"(["a,b"])", at + "/gpus/0", "the name of a GPU"},
                  {at + "/nice", "20", at + "/nice", "20"},
                  {at + "/env", R"({"STUDY_SEED": "1"})", at + "/env/STUDY_SEED", "set by the"}},
                 file);
}

TEST(CpuList, ReadsWhatItWrites) {
  for (const char* text : {"0", "0-3", "0-1,4,6-8"}) {
    const auto cpus = parse_cpu_list(text);
    ASSERT_TRUE(cpus) << text;
    EXPECT_EQ(cpu_list_text(*cpus), text);
  }
  EXPECT_THAT(parse_cpu_list("3,1,1-2").value(), ElementsAre(1, 2, 3));
  for (const char* text : {"", "a", "1,", ",1", "1-", "-1", "1--2", "0-1024", "1 "}) {
    EXPECT_FALSE(parse_cpu_list(text)) << text;
  }
}

}  // namespace
}  // namespace studyhall
