#include "worker_shim/claude_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <vector>

namespace studyhall::worker_shim {
namespace {

using ::testing::HasSubstr;

constexpr const char* kInit = R"({"type":"system","subtype":"init"})";

ProcessEnd exited(int code) { return {.kind = EndKind::Exited, .code = code}; }

ClaudeVerdict classify_lines(const std::vector<std::string>& lines, const ProcessEnd& end,
                             const std::string& errors = "") {
  ClaudeEvents events;
  for (const std::string& line : lines) events.feed(line + "\n");
  events.finish();
  return classify(events, end, errors);
}

std::string api_error(const std::string& status, const std::string& more = "") {
  return R"({"type":"result","subtype":"success","is_error":true,"result":"words","api_error_status":)" +
         status + more + "}";
}

std::string message_error(const std::string& error) {
  return R"({"type":"assistant","message":{},"error":")" + error + "\"}";
}

struct Case {
  std::vector<std::string> lines;
  ProcessEnd end;
  ClaudeEnd expected;
};

// The order of the rules: no result, result subtypes, API errors, the rest.
TEST(ClaudeVerdicts, FollowTheObservedFailureModes) {
  const std::vector<Case> cases{
      {{kInit, R"({"type":"result","subtype":"success","is_error":false,"result":""})"},
       exited(0),
       ClaudeEnd::Ok},
      {{}, exited(1), ClaudeEnd::Config},
      {{}, exited(0), ClaudeEnd::Config},
      {{kInit}, exited(1), ClaudeEnd::Crash},
      {{kInit}, exited(143), ClaudeEnd::Crash},
      {{}, exited(129), ClaudeEnd::Crash},
      {{}, {.kind = EndKind::Signalled, .code = SIGKILL}, ClaudeEnd::Crash},
      {{}, {.kind = EndKind::Lost}, ClaudeEnd::Crash},
      {{R"({"type":"result","subtype":"error_max_turns","is_error":true})"},
       exited(1),
       ClaudeEnd::Budget},
      {{R"({"type":"result","subtype":"error_max_budget_usd","is_error":true})"},
       exited(1),
       ClaudeEnd::Budget},
      {{R"({"type":"result","subtype":"error_max_structured_output_retries","is_error":true})"},
       exited(1),
       ClaudeEnd::BadOutput},
      // SIGINT: exit code 0 all the same.
      {{R"({"type":"result","subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_tools"})"},
       exited(0),
       ClaudeEnd::Cancelled},
      {{api_error("429")}, exited(1), ClaudeEnd::RateLimited},
      {{api_error("529")}, exited(1), ClaudeEnd::Retryable},
      {{api_error("500")}, exited(1), ClaudeEnd::Retryable},
      {{api_error("408")}, exited(1), ClaudeEnd::Retryable},
      {{message_error("server_error"), api_error("null")}, exited(1), ClaudeEnd::Retryable},
      {{message_error("unknown"), api_error("null")}, exited(1), ClaudeEnd::Retryable},
      {{api_error("401")}, exited(1), ClaudeEnd::Auth},
      {{api_error("403")}, exited(1), ClaudeEnd::Auth},
      {{message_error("authentication_failed"), api_error("null")}, exited(1), ClaudeEnd::Auth},
      {{message_error("billing_error"), api_error("400")}, exited(1), ClaudeEnd::Auth},
      {{message_error("model_not_found"), api_error("404")}, exited(1), ClaudeEnd::Config},
      {{api_error("400")}, exited(1), ClaudeEnd::Config},
      {{api_error("413")}, exited(1), ClaudeEnd::Config},
      {{api_error("null", R"(,"terminal_reason":"prompt_too_long")")},
       exited(1),
       ClaudeEnd::Config},
      {{api_error("null", R"(,"stop_reason":"refusal")")}, exited(1), ClaudeEnd::Refused},
      {{message_error("max_output_tokens"), api_error("null")}, exited(1), ClaudeEnd::Refused},
      // Seen at once, long before a result would come.
      {{kInit, R"({"type":"system","subtype":"api_retry","error":"authentication_failed"})"},
       {.kind = EndKind::Signalled, .code = SIGTERM},
       ClaudeEnd::Auth},
  };
  for (const Case& tested : cases) {
    EXPECT_EQ(classify_lines(tested.lines, tested.end).end, tested.expected)
        << ::testing::PrintToString(tested.lines) << tested.end.code;
  }
}

TEST(ClaudeVerdicts, SayWhatWasSeen) {
  EXPECT_EQ(classify_lines({}, exited(1), "error: unknown option").words,
            "claude ended without a result (exit code 1):\nerror: unknown option");
  EXPECT_EQ(classify_lines({api_error("529")}, exited(1)).words, "claude: words (API status 529)");
}

TEST(ClaudeEvents, IgnoreWhatTheyDoNotKnow) {
  ClaudeEvents events;
  for (const char* line : {"not json", "[1]", "3", "{}", R"({"type":3})", R"({"type":"new"})",
                           R"({"type":"result","usage":7,"num_turns":"3","total_cost_usd":-1})"}) {
    events.feed(std::string(line) + "\n");
  }
  events.feed("{\"type\":\"assistant\",\"error\"");  // cut off
  events.finish();
  EXPECT_FALSE(events.began());
  EXPECT_EQ(events.final_text(), "");
  EXPECT_EQ(events.usage(), Usage{});
}

TEST(ClaudeEvents, TakeUsageFromTheLastResult) {
  ClaudeEvents events;
  events.feed(R"({"type":"result","num_turns":1,"total_cost_usd":1,"result":"a"})"
              "\n");
  events.feed(
      R"({"type":"result","num_turns":4,"total_cost_usd":2.5,"result":"b","usage":{"input_tokens":10,"output_tokens":5,"cache_creation_input_tokens":3,"cache_read_input_tokens":2}})");
  events.finish();
  EXPECT_EQ(events.usage().turns, 4);
  EXPECT_EQ(events.usage().cost_usd, 2.5);
  EXPECT_EQ(events.usage().tokens, 20);
  EXPECT_EQ(events.final_text(), "b");
}

TEST(ClaudeEvents, CountMessagesAndToolsWhileThereIsNoResult) {
  ClaudeEvents events;
  const auto feed = [&](const std::string& line) { events.feed(line + "\n"); };
  feed(
      R"({"type":"system","subtype":"init","mcp_servers":[{"name":"a","status":"connected"},{"name":"b","status":"failed"}]})");
  EXPECT_FALSE(events.answered());
  // One event for each block: the message is one turn, and its usage is counted once.
  feed(
      R"({"type":"assistant","message":{"id":"m1","content":[{"type":"text","text":"I will."}],"usage":{"input_tokens":10,"output_tokens":1}}})");
  feed(
      R"({"type":"assistant","message":{"id":"m1","content":[{"type":"tool_use","id":"t1","name":"Bash"}],"usage":{"input_tokens":10,"output_tokens":5}}})");
  EXPECT_EQ(events.turns(), 1);
  EXPECT_EQ(events.tokens(), 15);
  EXPECT_EQ(events.running_tool(), "Bash");
  feed(R"({"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t1"}]}})");
  EXPECT_EQ(events.running_tool(), "");
  feed(R"({"type":"assistant","message":{"id":"m2","content":[],"usage":{"input_tokens":20}}})");
  EXPECT_EQ(events.usage().turns, 2);
  EXPECT_EQ(events.usage().tokens, 35);
  EXPECT_EQ(events.final_text(), "I will.");
  EXPECT_EQ(events.failed_servers(), std::vector<std::string>{"b"});
  // An API error is no answer of the agent.
  feed(R"({"type":"assistant","message":{"id":"m3","content":[]},"error":"rate_limit"})");
  EXPECT_EQ(events.turns(), 2);
}

}  // namespace
}  // namespace studyhall::worker_shim
