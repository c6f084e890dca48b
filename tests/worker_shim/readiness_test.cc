#include "worker_shim/readiness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker_shim/worker_fixture.h"

namespace studyhall::worker_shim {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ReadinessTest : public WorkerTest {
 protected:
  // Agents find the programs of this folder alone; their login is `key`.
  Json agent(const std::string& key, const std::string& node_options = "") {
    testing::write_script(bin() / "claude", "#!/bin/sh\n[ \"$1\" = --version ] && echo 9.9-fake\n");
    testing::write_script(
        bin() / "node",
        "#!/bin/sh\n[ -z \"$NODE_OPTIONS\" ] && exit 0\n"
        "echo \"node: $NODE_OPTIONS is not allowed in NODE_OPTIONS\" >&2\nexit 9\n");
    testing::spit(dir_.path() / "prompt.md", "Do it: {{config_json}}\n");
    Json env = {{"PATH", bin().string()}, {"ANTHROPIC_API_KEY", key}};
    if (!node_options.empty()) env["NODE_OPTIONS"] = node_options;
    return {{"agent", "claude"}, {"prompt", "prompt.md"}, {"env", env}};
  }
  [[nodiscard]] std::filesystem::path bin() const { return dir_.path() / "bin"; }
  Readiness ready(const Json& experiment) {
    std::filesystem::create_directories(bin());
    testing::FakeStudyApi api(study_file(experiment));
    return check_readiness(api, options());
  }
};

TEST_F(ReadinessTest, FindsNothingWrongWithAGoodExperiment) {
  std::filesystem::create_directories(bin());
  const Readiness readiness = ready(agent("k"));

  EXPECT_THAT(readiness.problems, IsEmpty());
  EXPECT_THAT(readiness.lines, Contains("CLI version: 9.9-fake"));
  EXPECT_THAT(readiness.lines, Contains(HasSubstr("API key (ANTHROPIC_API_KEY)")));
  EXPECT_FALSE(std::filesystem::exists(dir_.path() / "runs"));
}

TEST_F(ReadinessTest, NamesTheNodeOptionsThatNodeRefuses) {
  std::filesystem::create_directories(bin());
  const Readiness readiness = ready(agent("k", "--stack-size=8192"));

  EXPECT_THAT(readiness.problems,
              Contains(::testing::AllOf(HasSubstr("NODE_OPTIONS=--stack-size=8192"),
                                        HasSubstr("is not allowed in NODE_OPTIONS"))));
}

TEST_F(ReadinessTest, NamesWhatIsMissing) {
  std::filesystem::create_directories(bin());
  EXPECT_THAT(ready(agent("")).problems, Contains(HasSubstr("no login: set ANTHROPIC_API_KEY")));

  Json experiment = agent("k");
  std::filesystem::remove(dir_.path() / "prompt.md");
  EXPECT_THAT(ready(experiment).problems, Contains(HasSubstr("prompt.md")));

  testing::spit(dir_.path() / "prompt.md", "Do it\n");
  testing::write_script(bin() / "claude", "#!/bin/sh\necho broken\nexit 3\n");
  EXPECT_THAT(ready(experiment).problems,
              Contains(::testing::AllOf(HasSubstr("exit code 3"), HasSubstr("broken"))));
}

}  // namespace
}  // namespace studyhall::worker_shim
