// A worker whose agent is a fake of the CLI (tests/support/fake_claude).
#pragma once

#include <gmock/gmock.h>
#include <stdlib.h>

#include <string>

#include "tests/support/paths.h"
#include "tests/worker_shim/worker_fixture.h"

namespace studyhall::worker_shim {

class WorkerClaude : public WorkerTest {
 protected:
  void SetUp() override {
    setenv("STUDY_CLAUDE", source_path("tests/support/fake_claude").c_str(), 1);
    setenv("ANTHROPIC_API_KEY", "dummy-key", 1);
    setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1", 1);
    // Whatever the agent's temporary folder is, it must not be left behind.
    setenv("TMPDIR", dir_.path().c_str(), 1);
  }
  void TearDown() override {
    for (const char* name : {"STUDY_CLAUDE", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "TMPDIR"}) {
      unsetenv(name);
    }
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
      EXPECT_THAT(entry.path().filename().string(),
                  ::testing::Not(::testing::StartsWith("study-")));
    }
    WorkerTest::TearDown();
  }

  // An agent whose prompt begins with the scenario.
  Json agent(const std::string& scenario, const std::string& rest = "") {
    testing::spit(dir_.path() / "prompt.md", scenario + "\n" + rest);
    return {{"agent", "claude"}, {"prompt", "prompt.md"}};
  }
};

}  // namespace studyhall::worker_shim
