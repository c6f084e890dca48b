#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/cli_run.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ArtifactCommands : public CliTest {
 protected:
  void SetUp() override {
    create();
    study({"ask", "demo"});
    const std::string file = write_file("notes.md", "# Notes\n\x1b[31mred\n").string();
    const RunResult put = study({"artifacts", "demo", "0", "notes.md", "--put", file});
    ASSERT_EQ(put.status, 0) << put.err;
  }
};

TEST_F(ArtifactCommands, KeepListAndPrint) {
  EXPECT_THAT(study({"artifacts", "demo", "0"}).out, HasSubstr("notes.md"));
  const Json list = study({"artifacts", "demo", "0", "--json"}).json()["artifacts"];
  EXPECT_EQ(list[0]["bytes"], 17);
  EXPECT_EQ(study({"artifacts", "demo", "0", "notes.md"}).out, "# Notes\n\x1b[31mred\n");
  env_.out_is_terminal = true;
  EXPECT_EQ(study({"artifacts", "demo", "0", "notes.md"}).out.find('\x1b'), std::string::npos);
  study({"artifacts", "demo", "0", "notes.md", "-o", path("copy").string()});
  EXPECT_EQ(read_file(path("copy")), "# Notes\n\x1b[31mred\n");

  EXPECT_EQ(study({"artifacts", "demo", "0", "notes.md", "--delete"}).status, 0);
  EXPECT_THAT(study({"artifacts", "demo", "0"}).out, HasSubstr("Nothing is kept"));
  EXPECT_THAT(study({"artifacts", "demo", "0", "notes.md"}).err, HasSubstr("no artifact"));
}

TEST_F(ArtifactCommands, AreOfTasksToo) {
  study({"task", "add", "demo", "Describe it"});
  EXPECT_THAT(study({"artifacts", "demo", "--task", "0"}).out,
              HasSubstr("Nothing is kept with task 0"));
  const std::string file = write_file("page.md", "# Page\n").string();
  EXPECT_EQ(study({"artifacts", "demo", "--task", "0", "page.md", "--put", file}).status, 0);
  EXPECT_EQ(study({"artifacts", "demo", "task:0", "page.md"}).out, "# Page\n");
  const std::string list = study({"artifacts", "demo", "--task", "0"}).out;
  EXPECT_THAT(list, HasSubstr("bytes"));
  EXPECT_THAT(list, HasSubstr("page.md"));
  EXPECT_THAT(study({"artifacts", "demo", "0"}).out, Not(HasSubstr("page.md")));
  EXPECT_THAT(study({"artifacts", "demo", "--task", "7"}).err, HasSubstr("7"));
  EXPECT_THAT(study({"artifacts", "demo"}).err, HasSubstr("whose artifacts"));
  EXPECT_EQ(study({"artifacts", "demo", "3", "page.md", "--task", "0"}).status, 2);
}

TEST_F(ArtifactCommands, GoWithBackupCheckAndDelete) {
  EXPECT_TRUE(std::filesystem::exists(path("studies.artifacts.db")));
  EXPECT_EQ(study({"check"}).status, 0);
  EXPECT_EQ(study({"backup", path("copy.db").string()}).status, 0);
  EXPECT_EQ(run_plain({"artifacts", "--db", path("copy.db").string(), "demo", "0", "notes.md"}).out,
            "# Notes\n\x1b[31mred\n");

  write_file("copy.artifacts.db", std::string(20'000, 'x'));
  std::filesystem::remove(path("copy.artifacts.db-wal"));
  EXPECT_NE(run_plain({"check", "--db", path("copy.db").string()}).status, 0);

  EXPECT_EQ(study({"delete", "demo", "--yes"}).status, 0);
  create();
  study({"ask", "demo"});
  EXPECT_THAT(study({"artifacts", "demo", "0"}).out, HasSubstr("Nothing is kept"));
}

TEST_F(ArtifactCommands, SayWhatIsWrong) {
  EXPECT_THAT(study({"artifacts", "demo", "7"}).err, HasSubstr("7"));
  EXPECT_THAT(study({"artifacts", "demo", "0", "--delete"}).err, HasSubstr("NAME"));
  EXPECT_THAT(study({"artifacts", "demo", "0", "x", "--put", path("none").string()}).err,
              HasSubstr("cannot be read"));
}

}  // namespace
}  // namespace studyhall::cli
