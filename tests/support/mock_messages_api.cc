#include "tests/support/mock_messages_api.h"

#include <httplib.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace studyhall::testing {
namespace {

std::string event(const std::string& name, const Json& data) {
  return "event: " + name + "\ndata: " + dump_json(data) + "\n\n";
}

Json message_json(const MockReply& reply, const std::string& model, int number) {
  return {{"id", "msg_" + std::to_string(number)},
          {"type", "message"},
          {"role", "assistant"},
          {"model", model},
          {"content", Json::array()},
          {"stop_reason", nullptr},
          {"stop_sequence", nullptr},
          {"usage", {{"input_tokens", reply.input_tokens}, {"output_tokens", 1}}}};
}

std::string stop_reason(const MockReply& reply) {
  for (const Json& block : reply.content) {
    if (block["type"] == "tool_use") return "tool_use";
  }
  return "end_turn";
}

std::vector<std::string> stream_of(const MockReply& reply, const std::string& model, int number) {
  std::vector<std::string> events{
      event("message_start",
            {{"type", "message_start"}, {"message", message_json(reply, model, number)}})};
  for (std::size_t i = 0; i < reply.content.size(); ++i) {
    Json begin = reply.content[i];
    Json delta;
    if (begin["type"] == "tool_use") {
      begin["id"] = "toolu_" + std::to_string(number) + "_" + std::to_string(i);
      delta = {{"type", "input_json_delta"}, {"partial_json", dump_json(begin["input"])}};
      begin["input"] = Json::object();
    } else {
      delta = {{"type", "text_delta"}, {"text", begin["text"]}};
      begin["text"] = "";
    }
    events.push_back(
        event("content_block_start",
              {{"type", "content_block_start"}, {"index", i}, {"content_block", begin}}));
    events.push_back(event("content_block_delta",
                           {{"type", "content_block_delta"}, {"index", i}, {"delta", delta}}));
    events.push_back(event("content_block_stop", {{"type", "content_block_stop"}, {"index", i}}));
  }
  events.push_back(
      event("message_delta",
            {{"type", "message_delta"},
             {"delta", {{"stop_reason", stop_reason(reply)}, {"stop_sequence", nullptr}}},
             {"usage", {{"output_tokens", reply.output_tokens}}}}));
  events.push_back(event("message_stop", {{"type", "message_stop"}}));
  return events;
}

Json whole_message(const MockReply& reply, const std::string& model, int number) {
  Json message = message_json(reply, model, number);
  message["content"] = reply.content;
  for (std::size_t i = 0; i < reply.content.size(); ++i) {
    if (reply.content[i]["type"] != "tool_use") continue;
    message["content"][i]["id"] = "toolu_" + std::to_string(number) + "_" + std::to_string(i);
  }
  message["stop_reason"] = stop_reason(reply);
  message["usage"]["output_tokens"] = reply.output_tokens;
  return message;
}

void append_text(std::string& text, const Json& content) {
  if (content.is_string()) text += content.get<std::string>() + "\n";
  if (!content.is_array()) return;
  for (const Json& block : content) {
    if (block.value("type", "") == "text") text += block.value("text", "") + "\n";
  }
}

MockRequest request_of(const std::string& body) {
  MockRequest request;
  request.body = Json::parse(body, nullptr, false);
  if (!request.body.is_object() || !request.body.contains("messages")) return request;
  for (const Json& message : request.body["messages"]) {
    if (message.value("role", "") == "assistant") {
      ++request.turn;
    } else {
      append_text(request.text, message["content"]);
    }
  }
  return request;
}

}  // namespace

MockReply says(const std::string& text) {
  MockReply reply;
  reply.content = {{{"type", "text"}, {"text", text}}};
  return reply;
}

MockReply uses(const std::string& tool, const Json& input) {
  MockReply reply;
  reply.content = {{{"type", "tool_use"}, {"name", tool}, {"input", input}}};
  return reply;
}

MockReply runs(const std::string& command) {
  return uses("Bash", {{"command", command}, {"description", "a step of the experiment"}});
}

MockReply fails(int status, const std::string& error_type, const std::string& message,
                std::multimap<std::string, std::string> headers) {
  MockReply reply = goes(MockReply::Kind::Error);
  reply.status = status;
  reply.error_type = error_type;
  reply.message = message;
  reply.headers = std::move(headers);
  return reply;
}

MockReply goes(MockReply::Kind kind) {
  MockReply reply;
  reply.kind = kind;
  return reply;
}

struct MockMessagesApi::Server {
  explicit Server(Script its_script) : script(std::move(its_script)) {
    http.new_task_queue = [] { return new httplib::ThreadPool(32); };
    http.set_tcp_nodelay(true);
    http.Post(R"(/v1/messages.*)",
              [this](const httplib::Request& in, httplib::Response& out) { answer(in, out); });
    port = http.bind_to_any_port("127.0.0.1");
    listener = std::thread([this] { http.listen_after_bind(); });
    while (!http.is_running()) std::this_thread::yield();
  }

  ~Server() {
    {
      const std::lock_guard lock(mutex);
      ending = true;
    }
    ended.notify_all();
    http.stop();
    listener.join();
  }

  void answer(const httplib::Request& in, httplib::Response& out) {
    MockReply reply;
    MockRequest request = request_of(in.body);
    request.authorization = in.get_header_value("Authorization");
    int number = 0;
    {
      const std::lock_guard lock(mutex);
      for (const MockRequest& earlier : seen) {
        if (earlier.body["messages"][0] == request.body["messages"][0]) ++request.earlier;
      }
      seen.push_back(request);
      number = static_cast<int>(seen.size());
      reply = script(request);
    }
    const std::string model = request.body.value("model", "mock");
    const bool streams = request.body.value("stream", false);
    switch (reply.kind) {
      case MockReply::Kind::Error:
        return refuse(reply, out);
      case MockReply::Kind::Message:
        if (!streams) {
          return out.set_content(dump_json(whole_message(reply, model, number)),
                                 "application/json");
        }
        return stream(stream_of(reply, model, number), reply.kind, out);
      case MockReply::Kind::Stall:
      case MockReply::Kind::CutStream:
        return stream({stream_of(says("half"), model, number).front()}, reply.kind, out);
      case MockReply::Kind::NoByte:
        return hold();
      case MockReply::Kind::Disconnect:
        return stream({}, reply.kind, out);
    }
  }

  static void refuse(const MockReply& reply, httplib::Response& out) {
    out.status = reply.status;
    for (const auto& [name, value] : reply.headers) out.set_header(name, value);
    out.set_content(
        dump_json({{"type", "error"},
                   {"error", {{"type", reply.error_type}, {"message", reply.message}}}}),
        "application/json");
  }

  void hold() {
    std::unique_lock lock(mutex);
    ended.wait(lock, [this] { return ending; });
  }

  void stream(std::vector<std::string> events, MockReply::Kind kind, httplib::Response& out) {
    out.set_chunked_content_provider(
        "text/event-stream",
        [this, events = std::move(events), kind](std::size_t, httplib::DataSink& sink) {
          for (const std::string& one : events) {
            if (!sink.write(one.data(), one.size())) return false;
          }
          if (kind == MockReply::Kind::Stall) hold();
          if (kind != MockReply::Kind::Message) return false;
          sink.done();
          return true;
        });
  }

  httplib::Server http;
  std::thread listener;
  Script script;
  int port = 0;
  std::mutex mutex;
  std::condition_variable ended;
  bool ending = false;
  std::vector<MockRequest> seen;
};

MockMessagesApi::MockMessagesApi(Script script)
    : server_(std::make_unique<Server>(std::move(script))) {}

MockMessagesApi::~MockMessagesApi() = default;

std::string MockMessagesApi::url() const {
  return "http://127.0.0.1:" + std::to_string(server_->port);
}

std::vector<MockRequest> MockMessagesApi::requests() const {
  const std::lock_guard lock(server_->mutex);
  return server_->seen;
}

}  // namespace studyhall::testing
