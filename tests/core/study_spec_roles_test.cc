#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/study_spec.h"
#include "tests/support/study_files.h"

namespace studyhall {
namespace {

using testing::claude_study_file;
using ::testing::ElementsAre;
using testing::expect_refused;
using testing::full_study_file;
using testing::parse;
using testing::with;

TEST(StudyFile, ReadsRoles) {
  const auto spec = parse_study_spec(
      with("/roles",
           parse(R"({"docs": {"prompt": "docs.md", "accepts": ["text", "docs"], "model": "haiku",
                              "want": "any", "allow_web": true},
                     "any_hand": {}})"),
           claude_study_file()));

  ASSERT_EQ(spec->roles.size(), 2U);
  const RoleSpec& docs = spec->roles.at("docs");
  EXPECT_EQ(docs.prompt, "docs.md");
  EXPECT_THAT(docs.accepts, ElementsAre("docs", "text"));
  EXPECT_EQ(docs.model, "haiku");
  EXPECT_EQ(docs.want, Want::Any);
  EXPECT_EQ(docs.allow_web, true);
  const RoleSpec& plain = spec->roles.at("any_hand");
  EXPECT_EQ(plain.want, Want::Tasks);
  EXPECT_EQ(plain.allow_web, std::nullopt);
  EXPECT_EQ(spec->resolved["roles"]["any_hand"]["want"], "tasks");
  EXPECT_EQ(parse_study_spec(spec->resolved)->resolved, spec->resolved);
}

TEST(StudyFile, RefusesBadRoles) {
  expect_refused(
      {
          {"/roles", "[]", "/roles", "an object of roles"},
          {"/roles/a b", "{}", "/roles/a b", "\"a b\" is no name for a role"},
          {"/roles/docs", R"({"want": "all"})", "/roles/docs/want", "\"trials\" or \"any\""},
          {"/roles/docs", R"({"want": "trials", "prompt": "p.md"})", "/roles/docs/prompt",
           "is for tasks"},
          {"/roles/docs", R"({"model": "-p"})", "/roles/docs/model", "the name of a model"},
          {"/roles/docs", R"({"promt": "p.md"})", "/roles/docs/promt", "is \"prompt\""},
      },
      claude_study_file());
  expect_refused({{"/roles", "{}", "/roles", "experiment.agent \"claude\" only"},
                  {"/experiment/task_prompt", "\"t.md\"", "/experiment/task_prompt",
                   "\"agent\": \"claude\" only"}},
                 full_study_file());
}

TEST(StudyFile, ThePromptOfTasksMakesNoOtherExperiment) {
  const auto spec = parse_study_spec(claude_study_file());
  const auto other =
      parse_study_spec(with("/experiment/task_prompt", "task.md", claude_study_file()));

  EXPECT_EQ(other->experiment->task_prompt, "task.md");
  EXPECT_EQ(other->experiment_version, spec->experiment_version);
}

TEST(StudyFile, ReadsWebhooksAndShowsNoUrl) {
  EXPECT_NO_THROW(parse_study_spec(with(
      "/notify", parse(R"({"team": {"url": "https://h.example/x", "events": ["question"]}})"))));
  expect_refused(
      {
          {"/notify", R"({"team": {"url": "ftp://h/x"}})", "/notify/team/url", "expected http://"},
          {"/notify", R"({"team": {"format": "slack"}})", "/notify/team/url",
           "the URL of a webhook"},
          {"/notify", R"({"team": {"url": "http://h/x", "events": ["new_bst"]}})",
           "/notify/team/events", "\"new_bst\" is none of new_best, confirmed"},
          {"/notify", R"({"team": {"url": "http://h/x", "format": "teams"}})",
           "/notify/team/format", "json, slack or discord"},
          {"/notify", R"({"team": {"url": "http://h/x", "evnts": []}})", "/notify/team/evnts",
           "\"events\""},
      },
      full_study_file());
  try {
    parse_study_spec(with("/notify", parse(R"({"team": {"url": "https://h.example/ s3cret"}})")));
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find("s3cret"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace studyhall
