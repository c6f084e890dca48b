#include "cli/planner_tasks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/cli_run.h"
#include "tests/cli/study_process.h"

namespace studyhall::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// As orchestrators' planners write them.
constexpr const char* kValidators = R"(# Task: Implement Validator Registration

**Component**: alpha-chain
**Priority**: High
**Depends On**: task_consensus_base
**Estimate**: 3 days

## Description
Implement the validator registration system.

## Acceptance Criteria
- [ ] Validators can register with stake
- **Priority**: is kept here as text
)";

TEST(PlannedTask, IsReadFromTheGuidesMarkdown) {
  const PlannedTask task =
      parse_planned_task("tasks/task_validators.md", kValidators, {"alpha-chain"});

  EXPECT_EQ(task.id, "task_validators");
  EXPECT_EQ(task.request.title, "Implement Validator Registration");
  EXPECT_EQ(task.request.priority, 10);
  EXPECT_THAT(task.request.tags, ElementsAre("alpha-chain"));
  EXPECT_THAT(task.depends_on, ElementsAre("task_consensus_base"));
  EXPECT_EQ(task.request.description,
            "Estimate: 3 days\n\nImplement the validator registration system.\n\n"
            "## Acceptance Criteria\n- [ ] Validators can register with stake\n"
            "- **Priority**: is kept here as text");
  EXPECT_THAT(task.notes, ElementsAre(HasSubstr("Estimate \"3 days\" is no member of a task")));
  EXPECT_TRUE(task.problems.empty());
}

TEST(PlannedTask, AComponentThatNobodyTakesStaysInTheText) {
  const PlannedTask task = parse_planned_task("a.md", kValidators, {});
  EXPECT_TRUE(task.request.tags.empty());
  EXPECT_THAT(task.request.description, HasSubstr("Component: alpha-chain\n"));
  EXPECT_THAT(task.notes.front(), HasSubstr("no worker of the study file accepts"));
}

TEST(PlannedTask, SaysWhatIsWrong) {
  EXPECT_THAT(parse_planned_task("a.md", "Text alone\n", {}).problems,
              ElementsAre("there is no line \"# Task: TITLE\""));
  EXPECT_THAT(parse_planned_task("a.md", "# T\n**Priority:** soon\n", {}).problems,
              ElementsAre(HasSubstr("soon")));
  EXPECT_TRUE(parse_planned_task("a.md", "# T\n**Depends On:** None\n", {}).depends_on.empty());
}

std::vector<PlannedTask> planned(const std::vector<std::pair<std::string, std::string>>& files) {
  std::vector<PlannedTask> tasks;
  for (const auto& [id, depends] : files)
    tasks.push_back(parse_planned_task(
        id + ".md", "# Title of " + id + "\n**Depends On**: " + depends + "\n", {}));
  return tasks;
}
std::vector<std::string> ids(const std::vector<PlannedTask>& tasks) {
  std::vector<std::string> found;
  for (const PlannedTask& task : tasks) found.push_back(task.id);
  return found;
}

TEST(PlannedTasks, StandInOrderOfDependence) {
  TaskView known;
  known.task.number = 7;
  known.task.title = "Known work";
  const auto tasks = resolve_planned_tasks(
      planned({{"c", "a, `b`"}, {"b", "title of A"}, {"a", "known work, #7"}}), {known});

  EXPECT_THAT(ids(tasks), ElementsAre("a", "b", "c"));
  EXPECT_THAT(tasks[0].request.after, ElementsAre(7, 7));
  EXPECT_THAT(tasks[1].after, ElementsAre(0U));
  EXPECT_THAT(tasks[2].after, ElementsAre(0U, 1U));
}

TEST(PlannedTasks, WhatCannotBeFoundOrGoesInCirclesTakesItsDependentsAlong) {
  const auto tasks =
      resolve_planned_tasks(planned({{"a", "nowhere"}, {"b", "a"}, {"x", "y"}, {"y", "x"}}), {});
  std::map<std::string, std::string> problems;
  for (const PlannedTask& task : tasks) problems[task.id] = task.problems.at(0);
  EXPECT_THAT(problems["a"], HasSubstr("\"nowhere\", which is neither one of the files"));
  EXPECT_THAT(problems["b"], HasSubstr("depends on a.md, which cannot be added"));
  EXPECT_THAT(problems["x"], HasSubstr("depends on itself"));
  EXPECT_THAT(problems["y"], HasSubstr("depends on itself"));
}

class TaskImport : public CliTest {
 protected:
  Json tasks() { return study({"task", "list", "demo", "--json"}).json()["tasks"]; }
};

TEST_F(TaskImport, AddsAFolderOnceInOrder) {
  create("demo", R"("workers": {"W1": {"accepts": ["alpha-chain"]}},)");
  write_file("plan/a_validators.md", kValidators);
  write_file("plan/task_consensus_base.md", "# Task: Consensus\n\nFirst.\n");
  const std::vector<std::string> command{"task", "import", "demo", path("plan").string()};

  std::vector<std::string> dry = command;
  dry.emplace_back("--dry-run");
  EXPECT_THAT(study(dry).out, AllOf(HasSubstr("Implement Validator Registration (would be added), "
                                              "after task_consensus_base"),
                                    HasSubstr("Estimate \"3 days\"")));
  EXPECT_TRUE(tasks().empty());

  const RunResult result = study(command);
  EXPECT_EQ(result.status, 0) << result.err;
  ASSERT_EQ(tasks().size(), 2U);
  EXPECT_EQ(tasks()[0]["title"], "Consensus");
  EXPECT_EQ(tasks()[1]["after"], Json({0}));
  EXPECT_EQ(tasks()[1]["tags"], Json({"alpha-chain"}));

  EXPECT_THAT(study(command).out, HasSubstr("task 0, from before"));
  EXPECT_EQ(tasks().size(), 2U);
}

TEST_F(TaskImport, WhatCannotBeMappedIsListedAndTheRestAdded) {
  create();
  write_file("plan/a.md", "# Good\n");
  write_file("plan/b.md", "# Bad\n**Depends On**: elsewhere\n");
  const RunResult result = study({"task", "import", "demo", path("plan").string(), "--json"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("1 of 2 tasks could not be added"));
  EXPECT_EQ(result.json()["tasks"][0]["number"], 0);
  EXPECT_THAT(result.json()["tasks"][1]["problems"][0].get<std::string>(), HasSubstr("elsewhere"));
  EXPECT_EQ(tasks().size(), 1U);
}

// With a stand-in for a forge's program that prints what it was called with.
class FromIssue : public TaskImport {
 protected:
  void forge(const std::string& name, const std::string& answer) {
    const auto file =
        write_file("bin/" + name, "#!/bin/sh\necho \"$@\" > '" + path("asked").string() +
                                      "'\ncat <<'END'\n" + answer + "\nEND\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  }
  std::pair<int, std::string> program(std::vector<std::string> args) {
    args.insert(args.end(), {"--db", database().string()});
    StudyProcess process(args, dir_.path(), {"PATH=" + path("bin").string() + ":/usr/bin:/bin"});
    std::string text = process.read_all();
    return {process.wait(), std::move(text)};
  }
};

TEST_F(FromIssue, TitleAndTextComeFromGitHub) {
  create();
  forge("gh", R"({"title": "Slow solver", "body": "It takes an hour.", "url": "https://x/52"})");

  const auto [status, text] = program({"task", "add", "demo", "--from-issue", "#52"});
  EXPECT_EQ(status, 0) << text;
  EXPECT_EQ(read_file(path("asked")), "issue view 52 --json title,body,url\n");
  EXPECT_EQ(tasks()[0]["title"], "Slow solver");
  EXPECT_EQ(tasks()[0]["description"], "https://x/52\n\nIt takes an hour.");

  EXPECT_EQ(
      program({"enqueue", "demo", "x=1", "kind=a", "--title", "Mine", "--from-issue", "52"}).first,
      0);
  const Json trial = study({"show", "demo", "0", "--json"}).json();
  EXPECT_EQ(trial["title"], "Mine");
  EXPECT_THAT(trial["description"].get<std::string>(), HasSubstr("an hour"));
}

TEST_F(FromIssue, GitLabIsAskedForItsOwn) {
  create();
  forge("glab", R"({"title": "T", "description": "D", "web_url": "https://gitlab.x/-/issues/3"})");
  forge("gh", "{}");
  EXPECT_EQ(
      program({"task", "add", "demo", "--from-issue", "https://gitlab.x/a/b/-/issues/3"}).first, 0);
  EXPECT_EQ(read_file(path("asked")), "issue view https://gitlab.x/a/b/-/issues/3 --output json\n");
  EXPECT_EQ(tasks()[0]["description"], "https://gitlab.x/-/issues/3\n\nD");
}

TEST_F(FromIssue, WhatIsNoIssueIsRefused) {
  create();
  EXPECT_THAT(program({"task", "add", "demo", "--from-issue", "52; ls"}).second,
              HasSubstr("neither a number nor the address of an issue"));
  EXPECT_THAT(program({"task", "add", "demo"}).second, HasSubstr("give the TITLE of the task"));
  write_file("bin/gh", "#!/bin/sh\necho 'no issue 9' >&2\nexit 1\n");
  std::filesystem::permissions(path("bin/gh"), std::filesystem::perms::owner_all);
  EXPECT_THAT(program({"task", "add", "demo", "--from-issue", "9"}).second,
              HasSubstr("gh issue view 9 ended with 1: no issue 9"));
}

}  // namespace
}  // namespace studyhall::cli
