#include "worker_shim/workspace.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/support/processes.h"
#include "tests/support/temp_dir.h"
#include "worker_shim/environment.h"

namespace studyhall::worker_shim {
namespace {

using studyhall::testing::TempDir;

TEST(Workspace, IsNewForEachRun) {
  const TempDir dir;
  const Json params = {{"x", 0.1}, {"mode", "fast"}, {"n", 3}};

  const Workspace first = make_workspace(dir.path(), "W1-12", params);
  const Workspace second = make_workspace(dir.path(), "W1-12", params);
  const Workspace third = make_workspace(dir.path(), "W1-12", params);

  EXPECT_EQ(first.name(), "W1-12");
  EXPECT_EQ(second.name(), "W1-12.2");
  EXPECT_EQ(third.name(), "W1-12.3");
  EXPECT_EQ(testing::slurp(first.config()),
            "{\n  \"x\": 0.1,\n  \"mode\": \"fast\",\n  \"n\": 3\n}\n");
}

TEST(Workspace, SaysWhyItCannotBeMade) {
  try {
    make_workspace("/nowhere", "W1-0", Json::object());
    FAIL() << "a folder below /nowhere";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Unavailable);
    EXPECT_STREQ(error.what(), "/nowhere/W1-0: cannot make the folder: No such file or directory");
  }
}

TEST(Variables, AreUpperCaseLettersDigitsAndUnderscores) {
  EXPECT_EQ(variable_name("threshold_1src"), "STUDY_PARAM_THRESHOLD_1SRC");
  EXPECT_EQ(variable_name("a-b.c d"), "STUDY_PARAM_A_B_C_D");
  EXPECT_EQ(variable_name("größe"), "STUDY_PARAM_GR____E");  // ö and ß are two bytes each
}

TEST(Values, AreTextAsUsersWriteThem) {
  EXPECT_EQ(value_text("a b"), "a b");
  EXPECT_EQ(value_text(0.1), "0.1");
  EXPECT_EQ(value_text(3), "3");
  EXPECT_EQ(value_text(true), "true");
  EXPECT_EQ(value_text(nullptr), "null");
}

}  // namespace
}  // namespace studyhall::worker_shim
