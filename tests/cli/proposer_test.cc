#include "cli/proposer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/study_service.h"
#include "storage/memory_storage.h"
#include "tests/support/fake_clock.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;

class ProposerTest : public ::testing::Test {
 protected:
  ProposerTest() {
    service_.create_study(Json::parse(R"({"name": "s", "direction": "maximize", "seed": 7,
      "params": {"x": {"type": "float", "low": 0, "high": 1}}})"));
  }
  Json call(const std::string& tool, Json arguments) {
    arguments["study"] = "s";
    const Json message{{"jsonrpc", "2.0"},
                       {"id", 1},
                       {"method", "tools/call"},
                       {"params", {{"name", tool}, {"arguments", std::move(arguments)}}}};
    return proposer_.answer(message.dump()).message->at("result");
  }
  static bool is_refused(const Json& result) { return result.value("isError", false); }

  studyhall::testing::FakeClock clock_;
  std::unique_ptr<storage::Storage> storage_ = storage::make_memory_storage();
  server::StudyService service_{*storage_, clock_};
  server::McpServer mcp_{service_};
  Proposer proposer_{mcp_, "scout", 3};
};

TEST_F(ProposerTest, SignsWhatItAdds) {
  EXPECT_FALSE(is_refused(call("enqueue", {{"params", {{"x", 0.5}}}, {"author", "somebody"}})));
  EXPECT_FALSE(is_refused(call("add_insight", {{"text", "x matters"}})));
  EXPECT_EQ(service_.trial("s", 0).record.author, "scout");
  EXPECT_EQ(service_.insights("s", false).front().author, "scout");
}

TEST_F(ProposerTest, AddsUpToItsQuota) {
  EXPECT_FALSE(is_refused(call("enqueue", {{"params", {{"x", 0.5}}}})));
  const Json too_many = call("add_topic", {{"name", "coarse"}, {"trials", 3}});
  EXPECT_TRUE(is_refused(too_many));
  EXPECT_THAT(too_many["content"][0]["text"].get<std::string>(), HasSubstr("quota is 3"));
  EXPECT_FALSE(is_refused(call("enqueue", {{"params", {{"x", 0.5}}}}))) << "nothing was added";
  EXPECT_FALSE(is_refused(call("add_topic", {{"name", "coarse"}, {"trials", 2}})));
  EXPECT_TRUE(is_refused(call("add_task", {{"title", "document"}})));
  EXPECT_FALSE(is_refused(call("best", Json::object())));
  EXPECT_EQ(service_.queue("s").size(), 3U);
}

TEST_F(ProposerTest, RefusesArgumentsThatAreNone) {
  for (const char* arguments : {"\"x\"", "[]", "7", "null"}) {
    const std::string text = std::string(R"({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                        "params": {"name": "enqueue", "arguments": )") +
                             arguments + "}}";
    const Json answer = *proposer_.answer(text).message;
    EXPECT_TRUE(answer.contains("error") || is_refused(answer["result"])) << answer;
  }
  EXPECT_EQ(service_.queue("s").size(), 0U);
}

TEST_F(ProposerTest, HandsOutAndTellsNothing) {
  for (const char* tool : {"ask", "tell", "report", "ask_question", "stop"}) {
    EXPECT_TRUE(is_refused(call(tool, Json::object()))) << tool;
  }
  const Json list =
      *proposer_.answer(R"({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})").message;
  std::vector<std::string> names;
  for (const Json& tool : list["result"]["tools"]) names.push_back(tool["name"]);
  EXPECT_THAT(names, ::testing::Contains("enqueue"));
  EXPECT_THAT(names, ::testing::Not(::testing::Contains("ask")));
  EXPECT_EQ(service_.study("s").state, StudyState::Running);
}

}  // namespace
}  // namespace studyhall::cli
