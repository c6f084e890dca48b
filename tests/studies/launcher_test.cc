// studies/heat_signature/run.sh
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <string>

#include "tests/support/paths.h"

namespace studyhall::heat_signature {
namespace {

struct Launched {
  int status = -1;
  std::string output;  // both streams
};

Launched launch(const std::string& environment, const std::string& arguments) {
  const std::string command = "env " + environment + " '" +
                              source_path("studies/heat_signature/run.sh") + "' " + arguments +
                              " 2>&1";
  Launched run;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return run;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    run.output += static_cast<char>(c);
  }
  run.status = WEXITSTATUS(pclose(pipe));
  return run;
}

TEST(Launcher, PassesItsArgumentsOnUnchanged) {
  const Launched run = launch("HEAT_SIGNATURE_BIN=/bin/echo", "--seed 3 'a  b' '$HOME'");

  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.output, "--seed 3 a  b $HOME\n");
}

TEST(Launcher, SaysThatTheProgramIsMissing) {
  const Launched run = launch("HEAT_SIGNATURE_BIN=/no/such/program", "");

  EXPECT_EQ(run.status, 127);
  EXPECT_THAT(run.output, testing::HasSubstr("HEAT_SIGNATURE_BIN=/no/such/program"));
}

}  // namespace
}  // namespace studyhall::heat_signature
