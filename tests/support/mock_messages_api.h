// The Messages API as the Claude Code CLI sees it, on loopback, playing scripted conversations.
//
// Streams server-sent events in the form that the real API documents; no model, no login.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/json.h"

namespace studyhall::testing {

struct MockReply {
  enum class Kind {
    Message,     // `content`, streamed
    Error,       // `status` with `headers`
    NoByte,      // the connection is held open until the server goes
    Stall,       // message_start, then nothing
    CutStream,   // the connection is dropped in mid-message
    Disconnect,  // ... before the first byte
  };
  Kind kind = Kind::Message;
  Json content = Json::array();  // content blocks: text, tool_use
  int status = 200;
  std::string error_type;
  std::string message;
  std::multimap<std::string, std::string> headers{};
  int input_tokens = 100;
  int output_tokens = 20;
};

MockReply says(const std::string& text);
MockReply uses(const std::string& tool, const Json& input);
// A Bash call.
MockReply runs(const std::string& command);
MockReply fails(int status, const std::string& error_type, const std::string& message,
                std::multimap<std::string, std::string> headers = {});
MockReply goes(MockReply::Kind kind);

struct MockRequest {
  Json body;
  std::string authorization;  // the header
  int turn = 0;               // assistant messages in it so far
  int earlier = 0;            // requests answered before with the same first user message
  std::string text;           // of all user messages, tool results left out
  [[nodiscard]] bool asks_for(const std::string& part) const {
    return text.find(part) != std::string::npos;
  }
};

// Thread safety: the script is called by one thread at a time.
class MockMessagesApi {
 public:
  using Script = std::function<MockReply(const MockRequest& request)>;

  explicit MockMessagesApi(Script script);
  // Ends every connection.
  ~MockMessagesApi();
  MockMessagesApi(const MockMessagesApi&) = delete;
  MockMessagesApi& operator=(const MockMessagesApi&) = delete;

  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::vector<MockRequest> requests() const;

 private:
  struct Server;
  std::unique_ptr<Server> server_;
};

}  // namespace studyhall::testing
