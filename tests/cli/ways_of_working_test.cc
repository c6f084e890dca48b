// Runs what doc/ways_of_working.md shows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "cli/spawn.h"
#include "tests/cli/cli_run.h"
#include "tests/support/paths.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;

TEST(WaysOfWorking, EveryCommandOfThePageWorks) {
  std::ifstream page(source_path("doc/ways_of_working.md"));
  ASSERT_TRUE(page);
  const testing::TempDir dir;
  std::ofstream script(dir.path() / "page.sh");
  script << "set -eu\ncd '" << dir.path().string() << "'\nexport HOME='" << dir.path().string()
         << "' PATH='" << build_path("bin") << "':/usr/bin:/bin\nunset STUDY_SERVER STUDY_DB\n"
         << "trap 'study cleanup heat' EXIT\n";
  int blocks = 0;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line == "```sh") ++blocks;
    if (line.starts_with("```"))
      inside = line == "```sh";
    else if (inside)
      script << line << "\n";
  }
  script.close();
  ASSERT_GE(blocks, 8);

  const ProgramAnswer answer = run_to_end("/bin/bash", {"bash", (dir.path() / "page.sh").string()});

  EXPECT_EQ(answer.status, 0) << answer.out << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("Launched 3 workers of heat"));
}

}  // namespace
}  // namespace studyhall::cli
