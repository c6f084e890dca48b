// Variants side by side, by the built program: it launches itself again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/cli_run.h"
#include "tests/cli/study_process.h"
#include "tests/support/git_repo.h"

namespace studyhall::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Variants : public CliTest {
 protected:
  Variants() : repo_(path("code")) {
    repo_.commit("README", "a function to be written\n");
    write_file("judge.sh",
               "test -s answer && printf '{\"score\": %d, \"bytes\": 3}' "
               "\"$(wc -c < answer)\" > result.json\n");
  }
  ~Variants() override { program({"cleanup", "ways"}); }

  struct Said {
    int status;
    std::string text;
  };
  Said program(std::vector<std::string> args, std::vector<std::string> variables = {}) {
    args.insert(args.end(), {"--db", database().string(), "--runs", path("runs").string()});
    StudyProcess process(args, dir_.path(), std::move(variables));
    std::string text = process.read_all();
    return {process.wait(), std::move(text)};
  }
  [[nodiscard]] Json written(const std::string& file) const {
    return Json::parse(read_file(path(file)));
  }
  // Three ways, of which one leaves nothing that can be scored.
  Said run_three(const std::vector<std::string>& more = {}) {
    std::vector<std::string> args{"variants",  "ways",
                                  "--repo",    "code",
                                  "--command", "printf '%s' \"$STUDY_DESCRIPTION\" > answer",
                                  "--score",   "sh '" + path("judge.sh").string() + "'",
                                  "--metric",  "bytes",
                                  "--variant", "short=ab",
                                  "--variant", "long=abcdef",
                                  "--variant", "none="};
    args.insert(args.end(), more.begin(), more.end());
    return program(args);
  }

  testing::GitRepo repo_;
};

TEST_F(Variants, EachRunsInAWorktreeOfItsOwnAndIsWrittenDown) {
  const Said said = run_three({"--max-parallel", "2"});

  EXPECT_EQ(said.status, 0) << said.text;
  EXPECT_THAT(said.text, AllOf(HasSubstr("long: complete, score 6"), HasSubstr("none: failed"),
                               HasSubstr("2 of 3 variants complete")));
  const Json progress = written("variants/ways/progress.json");
  EXPECT_EQ(progress["done"], true);
  EXPECT_EQ(progress["counts"], (Json{{"complete", 2}, {"failed", 1}}));
  EXPECT_EQ(progress["variants"]["short"]["score"], 2);
  const Json file = written("variants/ways/variants/long.json");
  EXPECT_EQ(file["text"], "abcdef");
  ASSERT_EQ(file["runs"].size(), 1U);
  EXPECT_EQ(file["runs"][0]["metrics"]["bytes"], 3);
  EXPECT_EQ(file["runs"][0]["evidence"]["kind"], "attested");
  const Json change = file["runs"][0]["changes"][0];
  EXPECT_EQ(change["files"][0], (Json{{"file", "answer"}, {"added", 1}, {"removed", 0}}));
  EXPECT_EQ(repo_.git({"show", change["branch"].get<std::string>() + ":answer"}), "abcdef");
  EXPECT_EQ(written("variants/ways/variants/none.json")["state"], "failed");
  EXPECT_THAT(
      read_file(path("variants/ways/summary.md")),
      AllOf(HasSubstr("| 1 | long | complete | 6 |"), HasSubstr("+abcdef"), HasSubstr("## none")));
}

TEST_F(Variants, AgainGoesOnAndNothingIsRunTwice) {
  ASSERT_EQ(run_three({"--dry-run"}).status, 0);
  EXPECT_FALSE(std::filesystem::exists(path("variants")));
  ASSERT_EQ(run_three().status, 0);
  std::filesystem::remove(path("variants/ways/summary.md"));

  const Said again = program({"variants", "ways"});
  EXPECT_EQ(again.status, 0) << again.text;
  EXPECT_THAT(read_file(path("variants/ways/summary.md")), HasSubstr("| 1 | long |"));
  EXPECT_EQ(study({"trials", "ways", "--json"}).json()["trials"].size(), 3U);

  const Said other = run_three();
  EXPECT_EQ(other.status, 1);
  EXPECT_THAT(other.text, HasSubstr("`study variants ways` alone goes on with it"));
}

TEST_F(Variants, AgentsGetTaskNameAndTextInTheirPrompt) {
  write_file("task.md", "Write a rate limiter, {{worker}}.");
  const auto agent = write_file("agent", R"sh(#!/bin/sh
[ "$1" = --version ] && echo "2.0.0 (Claude Code)" && exit
cat > prompt-seen.txt
echo '{"type": "result", "subtype": "success", "is_error": false, "result": "Done.", "num_turns": 7,
 "terminal_reason": "completed", "result_index": 0
}' | tr -d '\n'
)sh");
  std::filesystem::permissions(agent, std::filesystem::perms::owner_all);
  const Said said = program({"variants", "ways", "--repo", "code", "--task", "@task.md",
                             "--variants", R"({"functional": "pure functions"})"},
                            {"STUDY_CLAUDE=" + agent.string(), "ANTHROPIC_API_KEY=dummy-key"});

  EXPECT_EQ(said.status, 0) << said.text;
  const Json run = written("variants/ways/variants/functional.json")["runs"][0];
  EXPECT_EQ(run["usage"]["turns"], 7);
  EXPECT_THAT(
      repo_.git({"show", run["changes"][0]["branch"].get<std::string>() + ":prompt-seen.txt"}),
      AllOf(HasSubstr("Write a rate limiter, W1."),
            HasSubstr("in this way, \"functional\":\n\npure functions")));
}

TEST_F(Variants, AreGeneratedByACommandAndRepeated) {
  const Said said = program({"variants", "ways", "--repo", "code", "--task", "T", "--generate",
                             R"(read t; echo "[{\"name\": \"a\", \"text\": \"$t-1\"}]")",
                             "--repeat", "2", "--command", "true"});

  EXPECT_EQ(said.status, 0) << said.text;
  const Json file = written("variants/ways/variants/a.json");
  EXPECT_EQ(file["text"], "T-1");
  EXPECT_EQ(file["runs"].size(), 2U);
}

TEST_F(Variants, WhatIsNoVariantIsRefusedAtOnce) {
  const Said said = program({"variants", "ways", "--repo", "code", "--variant", "a/b=x",
                             "--variant", "c=1", "--variant", "c=2"});
  EXPECT_EQ(said.status, 2);
  EXPECT_THAT(said.text,
              AllOf(HasSubstr("/a/b: cannot name a variant"), HasSubstr("/c: is there twice")));
  EXPECT_THAT(program({"variants", "ways"}).text, HasSubstr("no variants: give --variant"));
  EXPECT_THAT(program({"variants", "ways", "--variants", "{\"a\": 1}"}).text,
              HasSubstr("--variants: a has 1: expected {\"NAME\": \"TEXT\", ...}"));
  EXPECT_FALSE(std::filesystem::exists(path("variants")));

  create("demo");
  EXPECT_THAT(program({"variants", "demo"}).text,
              HasSubstr("demo is a study that `study variants` did not make"));
}

TEST_F(Variants, ComparisonsAreMarkdownPagesAndJsonForAProgram) {
  ASSERT_EQ(run_three().status, 0);
  const std::vector<std::string> runs{"--runs", path("runs").string()};
  const auto compare = [&](std::vector<std::string> args) {
    args.insert(args.end(), runs.begin(), runs.end());
    return study(args);
  };

  const Json json = compare({"compare", "ways", "--json"}).json();
  ASSERT_EQ(json["runs"].size(), 3U);
  EXPECT_EQ(json["runs"][0]["name"], "long");
  EXPECT_EQ(json["runs"][0]["leaderboard"]["rank"], 1);
  EXPECT_EQ(json["runs"][2]["state"], "failed");
  EXPECT_THAT(json["runs"][2]["note"].get<std::string>(), HasSubstr("score command"));

  const auto page = path("page.html");
  EXPECT_EQ(compare({"compare", "ways", "-o", page.string()}).status, 0);
  EXPECT_THAT(read_file(page),
              AllOf(HasSubstr("<span class=\"a\">+abcdef</span>"),
                    HasSubstr("prefers-color-scheme: dark"), Not(HasSubstr("http"))));
  EXPECT_THAT(compare({"compare", "ways", "--top", "1"}).out, HasSubstr("2 more are left out."));
  EXPECT_EQ(compare({"compare", "ways", "--with",
                     "python3 -c 'import json, sys; print(len(json.load(sys.stdin)[\"runs\"]))'"})
                .out,
            "3\n");
  const RunResult bad = compare({"compare", "ways", "--with", "exit 3"});
  EXPECT_EQ(bad.status, 1);
  EXPECT_THAT(bad.err, HasSubstr("--with: exit 3 ended with 3"));
}

TEST_F(Variants, APageSaysNothingThatTheBrowserWouldRun) {
  const std::string text = "<script>alert(1)</script>";
  create("demo", R"("limits": {"trials": 5},)");
  study({"enqueue", "demo", "x=1", "kind=a", "--title", text, "--description", text});
  study({"ask", "demo"});
  study({"tell", "demo", "0", "1", "--note", text});

  const RunResult page = study({"compare", "demo", "--format", "html"});
  EXPECT_EQ(page.status, 0) << page.err;
  EXPECT_THAT(page.out, AllOf(HasSubstr("&lt;script&gt;"), Not(HasSubstr("<script"))));
}

}  // namespace
}  // namespace studyhall::cli
