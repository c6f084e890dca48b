#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/cli_run.h"
#include "tests/cli/study_process.h"

namespace studyhall::cli {
namespace {

using ::testing::SizeIs;

std::string request(int id, const std::string& method, const Json& params = Json::object()) {
  return Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump() + "\n";
}

std::string tool(int id, const std::string& name, const Json& arguments) {
  return request(id, "tools/call", {{"name", name}, {"arguments", arguments}});
}

// Every line, which must be JSON-RPC.
std::vector<Json> messages(const std::string& text) {
  std::vector<Json> result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    result.push_back(Json::parse(line));
    EXPECT_EQ(result.back().at("jsonrpc"), "2.0");
  }
  return result;
}

class McpCommand : public CliTest {};

TEST_F(McpCommand, TalksInLinesUntilItsInputEnds) {
  create();
  const std::string input =
      request(1, "initialize", {{"protocolVersion", "2025-11-25"}}) +
      "{\"jsonrpc\": \"2.0\", \"method\": \"notifications/initialized\"}\n\n" +
      tool(2, "ask", {{"study", "demo"}}) +
      tool(3, "tell", {{"study", "demo"}, {"number", 0}, {"value", 2.5}}) + "nonsense\n" +
      tool(4, "best", {{"study", "demo"}}) + tool(5, "show", {{"study", "none"}});

  const RunResult run = study({"mcp"}, input);

  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.err, "");
  const std::vector<Json> answers = messages(run.out);
  ASSERT_THAT(answers, SizeIs(6));
  EXPECT_EQ(answers[0].at("result").at("protocolVersion"), "2025-11-25");
  EXPECT_EQ(answers[1].at("result").at("structuredContent").at("trials").at(0).at("number"), 0);
  EXPECT_EQ(answers[2].at("result").at("structuredContent").at("new_best"), true);
  EXPECT_EQ(answers[3].at("error").at("code"), -32700);
  EXPECT_EQ(answers[4].at("result").at("structuredContent").at("best").at(0).at("value"), 2.5);
  EXPECT_EQ(answers[5].at("result").at("isError"), true);
  EXPECT_EQ(study({"show", "demo", "--json"}).json().at("counts").at("complete"), 1);
}

TEST_F(McpCommand, WorksOnAServerAndSaysThatItIsGone) {
  create();
  std::string url;
  {
    const ServerProcess server(database(), dir_.path());
    url = server.url();
    const RunResult run = run_plain({"mcp", "--server", url}, tool(1, "ask", {{"study", "demo"}}));
    const std::vector<Json> answers = messages(run.out);
    ASSERT_THAT(answers, SizeIs(1)) << run.err;
    EXPECT_EQ(answers[0].at("result").at("structuredContent").at("trials").size(), 1U);
  }
  const RunResult run = run_plain({"mcp", "--server", url}, tool(1, "show", {{"study", "demo"}}));
  const std::vector<Json> answers = messages(run.out);
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].at("result").at("isError"), true);
  EXPECT_EQ(answers[0].at("result").at("structuredContent").at("error").at("code"), "unreachable");
}

}  // namespace
}  // namespace studyhall::cli
