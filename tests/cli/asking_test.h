// Command lines on a database in which agents ask people.
#pragma once

#include <string>

#include "tests/cli/cli_run.h"

namespace studyhall::cli {

class AskingTest : public CliTest {
 protected:
  // A trial of the worker, and its question through the tools of an agent.
  void ask_as(const std::string& worker, const std::string& text) {
    const Json asked = study({"ask", "demo", "--worker", worker, "--json"}).json();
    const Json& trial = asked["trials"][0];
    const Json call{{"jsonrpc", "2.0"},
                    {"id", 1},
                    {"method", "tools/call"},
                    {"params",
                     {{"name", "ask_question"},
                      {"arguments",
                       {{"study", "demo"},
                        {"number", trial["number"]},
                        {"text", text},
                        {"lease", trial["lease"]["token"]}}}}}};
    const Json answer = study({"mcp"}, call.dump() + "\n").json();
    EXPECT_FALSE(answer["result"].contains("isError")) << answer;
  }
};

}  // namespace studyhall::cli
