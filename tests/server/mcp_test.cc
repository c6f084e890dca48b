#include "server/mcp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <fstream>

#include "server/access.h"
#include "server/audit_log.h"
#include "server/study_service.h"
#include "storage/memory_storage.h"
#include "tests/support/fake_clock.h"
#include "tests/support/running_server.h"
#include "tests/support/temp_dir.h"

namespace studyhall::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kStudy = R"({"name": "s", "direction": "minimize", "seed": 7,
    "sampler": {"name": "random"}, "params": {"x": {"type": "float", "low": 0, "high": 1},
                                              "k": {"type": "int", "low": 0, "high": 9}}})";

class McpTest : public ::testing::Test {
 protected:
  McpTest() { service_.create_study(Json::parse(kStudy)); }

  static Json message(const std::string& method, const Json& params = Json::object()) {
    return {{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}};
  }
  Json answer(const Json& message, const Caller* caller = nullptr) {
    const McpAnswer answer = mcp_.answer(message.dump(), caller);
    if (!answer.message) throw std::runtime_error("no answer");
    EXPECT_EQ(answer.message->at("jsonrpc"), "2.0");
    return *answer.message;
  }
  Json result(const std::string& method, const Json& params = Json::object()) {
    const Json whole = answer(message(method, params));
    EXPECT_EQ(whole.at("id"), 1);
    EXPECT_TRUE(whole.contains("result")) << whole;
    return whole.value("result", Json::object());
  }
  int fault(const Json& message) { return answer(message).at("error").at("code"); }
  Json tool(const std::string& name, const Json& arguments, const Caller* caller = nullptr) {
    const Json whole =
        answer(message("tools/call", {{"name", name}, {"arguments", arguments}}), caller);
    EXPECT_TRUE(whole.contains("result")) << whole;
    return whole.value("result", Json::object());
  }
  // The structured content of a call that must succeed; its text says the same.
  Json done(const std::string& name, const Json& arguments) {
    const Json result = tool(name, arguments);
    EXPECT_FALSE(result.contains("isError")) << result;
    EXPECT_EQ(result.at("content").size(), 1U);
    EXPECT_EQ(result.at("content")[0].at("type"), "text");
    EXPECT_EQ(Json::parse(result.at("content")[0].at("text").get<std::string>()),
              result.at("structuredContent"));
    return result.at("structuredContent");
  }
  // The message of a call that must be refused.
  std::string refused(const std::string& name, const Json& arguments,
                      const Caller* caller = nullptr) {
    const Json result = tool(name, arguments, caller);
    EXPECT_EQ(result.value("isError", false), true) << result;
    EXPECT_EQ(result.at("structuredContent").at("error").at("message"),
              result.at("content")[0].at("text"));
    return result.at("content")[0].at("text");
  }

  std::unique_ptr<storage::Storage> storage_ = storage::make_memory_storage();
  studyhall::testing::FakeClock clock_;
  StudyService service_{*storage_, clock_};
  McpServer mcp_{service_};
};

TEST_F(McpTest, AgreesOnARevisionThatBothSpeak) {
  const auto agreed = [&](const std::string& asked) {
    return result("initialize", {{"protocolVersion", asked},
                                 {"capabilities", Json::object()},
                                 {"clientInfo", {{"name", "test"}, {"version", "1"}}}});
  };
  for (const std::string version : {"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"}) {
    EXPECT_EQ(agreed(version).at("protocolVersion"), version);
  }
  const Json newest = agreed("2099-01-01");
  EXPECT_EQ(newest.at("protocolVersion"), "2025-11-25");
  EXPECT_TRUE(newest.at("capabilities").contains("tools"));
  EXPECT_TRUE(newest.at("capabilities").contains("resources"));
  EXPECT_FALSE(newest.at("capabilities").contains("prompts"));
  EXPECT_EQ(newest.at("serverInfo").at("name"), "studyhall");
  EXPECT_EQ(fault(message("initialize")), -32602);
}

TEST_F(McpTest, DescribesEveryTool) {
  std::vector<std::string> names;
  const Json list = result("tools/list");
  for (const Json& tool : list.at("tools")) {
    names.push_back(tool.at("name"));
    EXPECT_FALSE(tool.at("description").get<std::string>().empty());
    const Json& schema = tool.at("inputSchema");
    EXPECT_EQ(schema.at("type"), "object");
    EXPECT_EQ(schema.at("additionalProperties"), false);
    for (const auto& [name, property] : schema.at("properties").items()) {
      EXPECT_FALSE(property.at("description").get<std::string>().empty()) << name;
    }
    for (const Json& name : schema.at("required")) {
      EXPECT_TRUE(schema.at("properties").contains(name.get<std::string>())) << name;
    }
  }
  EXPECT_THAT(names,
              ElementsAre("list_studies", "show", "ask", "tell", "report", "best", "trials",
                          "importance", "explain", "enqueue", "queue", "add_topic", "topics",
                          "add_task", "tasks", "ask_question", "insights", "add_insight", "stop"));
}

// What a schema promises must not be refused as unknown.
TEST_F(McpTest, TakesEveryArgumentThatASchemaNames) {
  const Json values{{"study", "s"},
                    {"number", 0},
                    {"worker", "W1"},
                    {"count", 1},
                    {"wait_s", 0},
                    {"lease_s", 60},
                    {"accepts", Json::array({"gpu"})},
                    {"request_id", "r"},
                    {"value", 0.5},
                    {"values", Json::array({0.5})},
                    {"state", "complete"},
                    {"reason", "config"},
                    {"cause", "crash"},
                    {"metrics", {{"m", 1}}},
                    {"usage", {{"cost_usd", 1}, {"turns", 1}, {"tokens", 1}, {"seconds", 1}}},
                    {"evidence", {{"file", "f"}}},
                    {"note", "n"},
                    {"lease", "l"},
                    {"step", 1},
                    {"top", 3},
                    {"after", -1},
                    {"limit", 5},
                    {"objective", 0},
                    {"target_quantile", 0.2},
                    {"region_quantile", 0.9},
                    {"params", {{"x", 0.5}}},
                    {"priority", 1},
                    {"tags", Json::array({"gpu"})},
                    {"title", "t"},
                    {"description", "d"},
                    {"text", "t"},
                    {"author", "a"},
                    {"trial", 0},
                    {"after_tasks", Json::array()},
                    {"after_trials", Json::array()},
                    {"topic", "t"},
                    {"hold", true},
                    {"again", true},
                    {"name", "t"},
                    {"family", "f"},
                    {"hypothesis", "h"},
                    {"success", "s"},
                    {"trials", 2},
                    {"anyway", true}};
  const Json list = result("tools/list");
  ASSERT_EQ(list.at("tools").size(), 19U);
  for (const Json& tool : list.at("tools")) {
    Json arguments = Json::object();
    for (const auto& [name, property] : tool.at("inputSchema").at("properties").items()) {
      arguments[name] = values.at(name);
    }
    const Json answer = this->tool(tool.at("name"), arguments);
    EXPECT_THAT(answer.at("content")[0].at("text"), Not(HasSubstr("unknown"))) << answer;
  }
}

TEST_F(McpTest, RunsAStudyFromAskToStop) {
  EXPECT_EQ(done("list_studies", Json::object()).at("studies").at(0).at("name"), "s");
  const Json asked =
      done("ask", {{"study", "s"}, {"worker", "W1"}, {"request_id", "a"}}).at("trials").at(0);
  EXPECT_EQ(done("ask", {{"study", "s"}, {"worker", "W1"}, {"request_id", "a"}}).at("trials").at(0),
            asked);
  const Json trial{
      {"study", "s"}, {"number", asked.at("number")}, {"lease", asked.at("lease").at("token")}};
  Json report = trial;
  report.update({{"step", 3}, {"value", 0.75}});
  EXPECT_EQ(done("report", report).at("stop"), false);
  Json tell = trial;
  tell.update({{"value", 0.5}, {"metrics", {{"minutes", 2}}}});
  EXPECT_EQ(done("tell", tell).at("new_best"), true);
  EXPECT_EQ(done("tell", tell).at("already"), true);

  EXPECT_EQ(done("show", {{"study", "s"}}).at("counts").at("complete"), 1);
  EXPECT_EQ(done("show", {{"study", "s"}, {"number", nullptr}}).at("name"), "s");
  const Json shown = done("show", {{"study", "s"}, {"number", 0}});
  EXPECT_EQ(shown.at("value"), 0.5);
  EXPECT_EQ(shown.at("params"), asked.at("params"));
  EXPECT_EQ(done("best", {{"study", "s"}, {"top", 5}}).at("best").at(0).at("value"), 0.5);
  EXPECT_EQ(done("trials", {{"study", "s"}, {"state", "complete"}}).at("trials").size(), 1U);
  EXPECT_EQ(done("trials", {{"study", "s"}, {"after", 0}, {"state", nullptr}}).at("trials").size(),
            0U);
  EXPECT_EQ(done("importance", {{"study", "s"}}).at("trials"), 1);
  EXPECT_EQ(done("explain", {{"study", "s"}, {"number", 0}}).at("sampler"), "random");

  const Json queued = done("enqueue", {{"study", "s"}, {"params", {{"x", 0.25}, {"k", 4}}}});
  EXPECT_EQ(queued.at("numbers"), Json::array({1}));
  EXPECT_EQ(done("ask", {{"study", "s"}}).at("trials").at(0).at("params"),
            (Json{{"x", 0.25}, {"k", 4}}));
  const Json insight =
      done("add_insight", {{"study", "s"}, {"text", "small k is fast"}, {"author", "agent"}});
  EXPECT_EQ(insight.at("author"), "agent");
  EXPECT_EQ(service_.insights("s", false).at(0).text, "small k is fast");

  EXPECT_EQ(done("stop", {{"study", "s"}, {"reason", "enough"}}).at("reason"), "enough");
  EXPECT_THAT(refused("ask", {{"study", "s"}}), HasSubstr("finished: "));
}

TEST_F(McpTest, SaysWhatIsWrongWithArgumentsAsAResult) {
  EXPECT_THAT(refused("show", Json::object()), HasSubstr("the name of a study"));
  EXPECT_THAT(refused("show", {{"study", 3}}), HasSubstr("the name of a study"));
  EXPECT_THAT(refused("show", {{"study", ""}}), HasSubstr("the name of a study"));
  EXPECT_THAT(refused("show", {{"study", "t"}}), HasSubstr("\"t\""));
  EXPECT_THAT(refused("show", {{"study", "../s?x=1"}}), HasSubstr("../s?x=1"));
  EXPECT_THAT(refused("explain", {{"study", "s"}}), HasSubstr("the number of a trial"));
  EXPECT_THAT(refused("explain", {{"study", "s"}, {"number", -1}}), HasSubstr("-1"));
  EXPECT_THAT(refused("show", {{"study", "s"}, {"number", "x"}}), HasSubstr("number"));
  EXPECT_THAT(refused("ask", {{"study", "s"}, {"cuont", 1}}), HasSubstr("\"count\""));
  EXPECT_THAT(refused("best", {{"study", "s"}, {"tpo", 1}}), HasSubstr("did you mean top"));
  EXPECT_THAT(refused("best", {{"study", "s"}, {"top", Json::array()}}), HasSubstr("top"));
  EXPECT_THAT(refused("tell", {{"study", "s"}, {"number", 0}, {"value", "NaN"}}), HasSubstr("NaN"));
  EXPECT_THAT(refused("tell", {{"study", "s"}, {"number", 0}, {"value", 1}}), HasSubstr("trial 0"));
  EXPECT_THAT(refused("list_studies", {{"study", "s"}}), HasSubstr("study"));
}

TEST_F(McpTest, RefusesWhatIsNoRequestByTheCodesOfJsonRpc) {
  const McpAnswer broken = mcp_.answer("{\"jsonrpc\": ");
  EXPECT_TRUE(broken.malformed);
  EXPECT_EQ(broken.message->at("error").at("code"), -32700);
  EXPECT_EQ(broken.message->at("id"), nullptr);

  const std::vector<Json> invalid{
      Json::array({message("ping")}),
      Json::array(),
      3,
      {{"id", 1}, {"method", "ping"}},
      {{"jsonrpc", "1.0"}, {"id", 1}, {"method", "ping"}},
      {{"jsonrpc", "2.0"}, {"id", nullptr}, {"method", "ping"}},
      {{"jsonrpc", "2.0"}, {"id", Json::array()}, {"method", "ping"}},
      {{"jsonrpc", "2.0"}, {"id", 1}, {"method", 3}},
      {{"jsonrpc", "2.0"}, {"id", 1}},
  };
  for (const Json& one : invalid) {
    EXPECT_TRUE(mcp_.answer(one.dump()).malformed) << one;
    EXPECT_EQ(fault(one), -32600) << one;
  }
  EXPECT_THAT(answer(invalid[0]).at("error").at("message"), HasSubstr("batch"));
  EXPECT_EQ(answer(invalid[7]).at("id"), 1);

  EXPECT_EQ(fault(message("tools/lists")), -32601);
  EXPECT_EQ(fault(message("prompts/list")), -32601);
  EXPECT_EQ(fault(message("tools/list", Json::array())), -32602);
  EXPECT_EQ(fault(message("tools/list", {{"cursor", "x"}})), -32602);
  EXPECT_EQ(fault(message("tools/call")), -32602);
  EXPECT_EQ(fault(message("tools/call", {{"name", "show"}, {"arguments", 3}})), -32602);
  const Json unknown = answer(message("tools/call", {{"name", "tells"}}));
  EXPECT_EQ(unknown.at("error").at("code"), -32602);
  EXPECT_THAT(unknown.at("error").at("message"), HasSubstr("did you mean tell?"));
}

TEST_F(McpTest, AnswersNeitherNotificationsNorResponses) {
  const std::vector<Json> silent{
      {{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}},
      {{"jsonrpc", "2.0"}, {"method", "notifications/nothing"}, {"params", {{"a", 1}}}},
      {{"jsonrpc", "2.0"}, {"method", "tools/call"}, {"params", {{"name", "stop"}}}},
      {{"jsonrpc", "2.0"}, {"id", 3}, {"result", Json::object()}},
  };
  for (const Json& one : silent) EXPECT_FALSE(mcp_.answer(one.dump()).message) << one;
}

TEST_F(McpTest, GivesTheIdBackAsItCame) {
  Json ping = message("ping");
  ping["id"] = "a-1";
  EXPECT_EQ(answer(ping), (Json{{"jsonrpc", "2.0"}, {"id", "a-1"}, {"result", Json::object()}}));
}

TEST_F(McpTest, HasTheLeaderboardAsAResource) {
  done("tell", {{"study", "s"},
                {"number", done("ask", {{"study", "s"}}).at("trials")[0].at("number")},
                {"value", 0.25}});
  EXPECT_EQ(result("resources/list").at("resources").at(0).at("uri"), "study://s/best");
  EXPECT_EQ(result("resources/templates/list").at("resourceTemplates").at(0).at("uriTemplate"),
            "study://{study}/best");
  const Json contents = result("resources/read", {{"uri", "study://s/best"}}).at("contents").at(0);
  EXPECT_EQ(contents.at("uri"), "study://s/best");
  EXPECT_EQ(contents.at("mimeType"), "application/json");
  EXPECT_EQ(Json::parse(contents.at("text").get<std::string>()), done("best", {{"study", "s"}}));
  for (const std::string uri : {"study://t/best", "study://s/worst", "study:///best", "x"}) {
    const Json missing = answer(message("resources/read", {{"uri", uri}}));
    EXPECT_EQ(missing.at("error").at("code"), -32002) << uri;
    EXPECT_EQ(missing.at("error").at("data").at("uri"), uri);
  }
  EXPECT_EQ(fault(message("resources/read")), -32602);
}

TEST_F(McpTest, GivesATokenTheToolsOfItsRole) {
  const auto token_for = [](storage::TokenRole role, const std::string& study) {
    storage::TokenRecord token;
    token.name = "t";
    token.role = role;
    token.study = study;
    return Caller{std::make_shared<const storage::TokenRecord>(token), "127.0.0.1"};
  };
  const Caller reader = token_for(storage::TokenRole::Read, "");
  EXPECT_FALSE(tool("show", {{"study", "s"}}, &reader).contains("isError"));
  EXPECT_THAT(refused("ask", {{"study", "s"}}, &reader), HasSubstr("only reads"));

  const Caller worker = token_for(storage::TokenRole::Worker, "s");
  EXPECT_FALSE(tool("ask", {{"study", "s"}}, &worker).contains("isError"));
  EXPECT_THAT(refused("stop", {{"study", "s"}}, &worker), HasSubstr("may not"));
  EXPECT_THAT(refused("list_studies", Json::object(), &worker), HasSubstr("may not"));
  EXPECT_THAT(refused("show", {{"study", "other"}}, &worker), HasSubstr("it is for the study s"));
  EXPECT_EQ(answer(message("resources/list"), &worker).at("result").at("resources").at(0).at("uri"),
            "study://s/best");
}

class McpOverHttp : public McpTest {
 protected:
  httplib::Result post(const std::string& body, httplib::Headers headers = {}) {
    return client_.Post("/mcp", headers, body, "application/json");
  }

  studyhall::testing::RunningServer server_{service_};
  httplib::Client client_{"127.0.0.1", server_.port()};
};

TEST_F(McpOverHttp, AnswersOneMessageWithJson) {
  const auto ping = post(message("ping").dump(), {{"MCP-Protocol-Version", "2025-11-25"}});
  ASSERT_TRUE(ping);
  EXPECT_EQ(ping->status, 200);
  EXPECT_EQ(ping->get_header_value("Content-Type"), "application/json");
  EXPECT_EQ(Json::parse(ping->body).at("result"), Json::object());

  const auto told =
      post(message("tools/call", {{"name", "ask"}, {"arguments", {{"study", "s"}}}}).dump());
  EXPECT_EQ(told->status, 200);
  EXPECT_EQ(service_.study("s").counts.at("running"), 1);
  EXPECT_EQ(post(message("none").dump())->status, 200);
}

TEST_F(McpOverHttp, TakesNotificationsWithoutAnAnswer) {
  const auto taken = post(R"({"jsonrpc": "2.0", "method": "notifications/initialized"})");
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->status, 202);
  EXPECT_EQ(taken->body, "");
}

TEST_F(McpOverHttp, RefusesWhatIsNoMessageAndOtherMethods) {
  EXPECT_EQ(post("[]")->status, 400);
  EXPECT_EQ(post("nonsense")->status, 400);
  EXPECT_EQ(Json::parse(post("nonsense")->body).at("error").at("code"), -32700);
  EXPECT_EQ(post(message("ping").dump(), {{"MCP-Protocol-Version", "1999-01-01"}})->status, 400);
  EXPECT_EQ(post(message("ping").dump(), {{"Origin", "http://evil.example"}})->status, 400);
  const auto stream = client_.Get("/mcp", {{"Accept", "text/event-stream"}});
  EXPECT_EQ(stream->status, 405);
  EXPECT_EQ(stream->get_header_value("Allow"), "POST");
  EXPECT_EQ(client_.Delete("/mcp")->status, 405);
}

TEST_F(McpTest, IsAuditedByWhatItsToolsDo) {
  const studyhall::testing::TempDir dir;
  AuditLog audit(dir.path() / "audit.jsonl");
  HttpOptions options;
  options.audit = &audit;
  const studyhall::testing::RunningServer server(service_, options);
  httplib::Client client("127.0.0.1", server.port());
  const auto call = [&](const std::string& name, const Json& arguments) {
    const Json params{{"name", name}, {"arguments", arguments}};
    ASSERT_EQ(client.Post("/mcp", message("tools/call", params).dump(), "application/json")->status,
              200);
  };
  call("best", {{"study", "s"}});
  client.Post("/mcp", message("tools/list").dump(), "application/json");
  call("stop", {{"study", "s"}});
  call("stop", {{"study", "none"}});

  std::ifstream in(dir.path() / "audit.jsonl");
  std::vector<std::string> seen;
  for (std::string line; std::getline(in, line);) {
    const Json entry = Json::parse(line);
    seen.push_back(entry.at("method").get<std::string>() + " " +
                   entry.at("path").get<std::string>() + " " +
                   std::to_string(entry.at("status").get<int>()));
  }
  EXPECT_THAT(seen,
              ElementsAre("POST /api/v1/studies/s/stop 200", "POST /api/v1/studies/none/stop 404"));
}

}  // namespace
}  // namespace studyhall::server
