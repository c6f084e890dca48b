// What a Claude Code run says about itself, and what that means for its trial.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/trial.h"
#include "worker_shim/line_reader.h"
#include "worker_shim/process.h"

namespace studyhall::worker_shim {

// Gathers what matters from the stream-json events; unknown ones are ignored.
class ClaudeEvents {
 public:
  ClaudeEvents();
  ClaudeEvents(const ClaudeEvents&) = delete;
  ClaudeEvents& operator=(const ClaudeEvents&) = delete;

  void feed(std::string_view output) { lines_.feed(output); }
  // REQUIRES: all output was fed.
  void finish() { lines_.finish(); }

  // The key or login was refused: the CLI would go on trying for minutes.
  [[nodiscard]] bool auth_refused() const { return auth_refused_; }
  [[nodiscard]] bool began() const { return began_; }
  [[nodiscard]] bool retried() const { return retried_; }
  [[nodiscard]] int denials() const { return denials_; }
  // The tool call that it waits for; empty: none.
  [[nodiscard]] std::string running_tool() const {
    return running_tools_.empty() ? std::string() : running_tools_.begin()->second;
  }
  // Messages of the agent, and tokens of them, so far.
  [[nodiscard]] std::int64_t turns() const { return turns_; }
  [[nodiscard]] std::int64_t tokens() const { return tokens_ + message_tokens_; }
  // Whether the agent has said or done anything.
  [[nodiscard]] bool answered() const { return turns_ > 0; }
  // MCP servers that could not be reached.
  [[nodiscard]] const std::vector<std::string>& failed_servers() const { return failed_servers_; }
  // Of the last message that was an API error: "rate_limit", "authentication_failed", ...
  [[nodiscard]] const std::string& api_error() const { return api_error_; }
  // The last "result" event; null: none came.
  [[nodiscard]] const Json& result() const { return result_; }
  // The agent's last words: those of the result, else of its last message.
  [[nodiscard]] std::string final_text() const;
  // Turns, tokens and cost as far as the result tells them; without one the turns and tokens of the
  // messages that came.
  [[nodiscard]] Usage usage() const;

 private:
  void read(std::string_view line);
  void read_init(const Json& event);
  void read_message(const Json& message);
  void read_tool_results(const Json& message);

  LineReader lines_;
  bool began_ = false;
  bool retried_ = false;
  bool auth_refused_ = false;
  int denials_ = 0;
  std::int64_t turns_ = 0;
  std::int64_t tokens_ = 0;          // of the messages before the last
  std::int64_t message_tokens_ = 0;  // of the last, whose events repeat and complete them
  std::string message_id_;
  std::string last_text_;
  std::map<std::string, std::string> running_tools_;  // name by call
  std::vector<std::string> failed_servers_;
  std::string api_error_;
  Json result_;
};

enum class ClaudeEnd {
  Ok,         // it ended by itself; whether it did the work is for the score to say
  Budget,     // turns or cost used up
  BadOutput,  // it never gave the output that was asked for
  Refused,    // the model declined, or could not finish a message
  Cancelled,  // interrupted by someone else
  Crash,      // killed by a signal
  Config,     // a flag, model or request that can never work: no trial is to blame
  RateLimited,
  Retryable,  // the API was overloaded or not to be reached
  Auth,       // key, login or credit: no trial is to blame
};

struct ClaudeVerdict {
  ClaudeEnd end = ClaudeEnd::Ok;
  std::string words;  // what was seen, for people
};

// REQUIRES: events.finish() was called; the run was not stopped by the worker for a reason of its
// own other than auth_refused(). `errors` is the end of what it wrote to stderr.
ClaudeVerdict classify(const ClaudeEvents& events, const ProcessEnd& end,
                       const std::string& errors);

}  // namespace studyhall::worker_shim
