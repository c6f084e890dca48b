#include "client/event_follower.h"

#include <httplib.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <string_view>
#include <thread>

#include "client/interruption.h"
#include "client/transport.h"
#include "client/url.h"
#include "core/error.h"
#include "core/study_api_json.h"

namespace studyhall::client {
namespace {

constexpr std::chrono::seconds kLongestSilence{45};  // the server sends something every 15 s
constexpr std::chrono::milliseconds kMaxBackoff{5'000};

// One message of text/event-stream.
struct Message {
  std::string kind;  // empty: an event
  std::string data;
};

Message parse_message(std::string_view block) {
  Message message;
  while (!block.empty()) {
    const std::size_t end = std::min(block.find('\n'), block.size());
    const std::string_view line = block.substr(0, end);
    block.remove_prefix(std::min(end + 1, block.size()));
    if (line.starts_with("data: ")) message.data += line.substr(6);
    if (line.starts_with("event: ")) message.kind = line.substr(7);
  }
  return message;
}

class Follower {
 public:
  Follower(ServerUrl url, const ClientOptions& options, std::string study, std::int64_t after,
           const std::function<bool(const Event& event)>& use)
      : url_(std::move(url)),
        options_(options),
        study_(std::move(study)),
        after_(after),
        use_(use) {}

  void run() {
    auto pause = options_.backoff;
    for (int failures = 0; !is_over();) {
      const std::int64_t before = after_;
      const httplib::Result result = listen();
      if (error_) std::rethrow_exception(error_);
      if (is_over()) return;
      if (after_ > before || (result && result->status == 200)) {
        failures = 0;
        pause = options_.backoff;
      } else if (++failures > options_.retries || (result && result->status < 500)) {
        fail(result);
      }
      std::this_thread::sleep_for(std::min(pause, kMaxBackoff));
      pause *= 4;
    }
  }

 private:
  [[nodiscard]] bool is_interrupted() const {
    return options_.interrupted != nullptr && *options_.interrupted;
  }
  [[nodiscard]] bool is_over() const { return ended_ || is_interrupted(); }

  httplib::Result listen() {
    const SigpipeBlocked blocked;
    text_.clear();
    const auto connection = make_connection(url_, options_);
    connection->set_read_timeout(kLongestSilence);
    std::optional<Interruption> interruption;
    if (options_.interrupted != nullptr) interruption.emplace(*connection, *options_.interrupted);
    int status = 0;
    httplib::Request request;
    request.method = "GET";
    request.path = url_.prefix + "/api/v1/studies/" + percent_encode(study_) +
                   "/events?after=" + std::to_string(after_);
    request.set_header("Accept", "text/event-stream");
    request.response_handler = [&status](const httplib::Response& response) {
      status = response.status;
      return true;
    };
    request.content_receiver = [this, &status](const char* bytes, std::size_t size, std::uint64_t,
                                               std::uint64_t) {
      text_.append(bytes, size);
      return status != 200 || take_messages();
    };
    return connection->send(request);
  }

  // Uses what has come whole; false: no more is wanted.
  bool take_messages() {
    try {
      std::size_t begin = 0;
      for (std::size_t end = text_.find("\n\n"); end != std::string::npos;
           end = text_.find("\n\n", begin)) {
        take(parse_message(std::string_view(text_).substr(begin, end - begin)));
        begin = end + 2;
        if (is_over()) return false;
      }
      text_.erase(0, begin);
      return true;
    } catch (...) {
      error_ = std::current_exception();
      return false;
    }
  }

  void take(const Message& message) {
    if (message.data.empty()) return;
    const Json data = parse_json(message.data, "event");
    if (message.kind == "end") throw error_from_json(data, 404);
    const Event event = event_from_json(data);
    if (event.sequence <= after_) return;
    after_ = event.sequence;
    ended_ = !use_(event);
  }

  [[noreturn]] void fail(const httplib::Result& result) const {
    if (result) {
      Json body;
      try {
        body = parse_json(text_, "answer");
      } catch (const Error&) {
        body = nullptr;
      }
      throw error_from_json(body, result->status);
    }
    throw Error(ErrorCode::Unreachable, "cannot reach the server at " + url_.text() + ": " +
                                            httplib::to_string(result.error()));
  }

  ServerUrl url_;
  const ClientOptions& options_;
  std::string study_;
  std::int64_t after_;
  const std::function<bool(const Event& event)>& use_;
  std::string text_;  // that came and is not used yet
  bool ended_ = false;
  std::exception_ptr error_;
};

}  // namespace

void follow_events(const std::string& url, const ClientOptions& options, const std::string& study,
                   std::int64_t after, const std::function<bool(const Event& event)>& use) {
  Follower(parse_server_url(url), options, study, after, use).run();
}

}  // namespace studyhall::client
