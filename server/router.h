// Which handler a method and a path belong to, and what handlers take and give.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "server/live_stream.h"

namespace studyhall::server {

struct Caller;

// One request, taken apart.
struct Call {
  std::string method;
  std::vector<std::string> args;  // what stood for {study}, {n}, ... in the path, decoded
  std::multimap<std::string, std::string> query;  // decoded
  std::string accept;                             // the Accept header
  std::string body;
  const Caller* caller = nullptr;     // who sent it; null: nobody in particular
  std::string_view pattern = {};      // of the route that was found, as add() took it
  std::string protocol_version = {};  // the MCP-Protocol-Version header
  std::string last_event_id = {};     // the Last-Event-ID header
  std::string content_type = {};      // the Content-Type header

  // The body as JSON, of at most 200,000 values; an empty one is {}. Throws Error(Malformed).
  [[nodiscard]] Json json(Comments comments = Comments::Refuse) const;
  // The string `name` of a body that has at most that; empty when absent. Throws Error(Malformed).
  [[nodiscard]] std::string only_string(std::string_view name) const;
  // args[position] as the number of a trial, task or insight. Throws Error(Malformed).
  [[nodiscard]] std::int64_t number(std::size_t position) const;
};

// A call of the API that another one was made for, as a tool of MCP is.
struct InnerCall {
  std::string method;
  std::string path;
  int status = 0;
};

// A file that is kept compressed and never changes.
struct PackedFile {
  std::string_view gzip;
  std::string_view etag;
};

// What a handler answers: `body`, or `pages`, `live` or `file` where that is set; with status 202
// nothing.
struct Reply {
  int status = 200;
  Json body = nullptr;
  std::map<std::string, std::string> headers = {};
  // The content piece by piece, sent as it is made; nullopt: the end. An exception breaks the
  // connection off, so that the client sees that the content is not whole.
  std::function<std::optional<std::string>()> pages = nullptr;
  std::shared_ptr<LiveStream> live = nullptr;
  std::optional<PackedFile> file = {};
  std::string text = {};                          // not empty: in place of `body`
  std::string content_type = "application/json";  // of pages, live, file or text
  std::optional<InnerCall> inner = {};
  int route = -1;  // number of the route that answered, in the order of add(); -1: none
};

using Handler = std::function<Reply(const Call&)>;
// Throws where the call may not be made; asked once its route is known, before its handler.
using Guard = std::function<void(const Call&)>;

class Router {
 public:
  // `pattern` is a path; a segment in braces stands for any one that is not empty.
  void add(std::string_view method, std::string_view pattern, Handler handler);

  void set_guard(Guard guard) { guard_ = std::move(guard); }
  // "GET /healthz", ... of every route, in the order of add().
  [[nodiscard]] std::vector<std::string> names() const;

  // Calls the handler for `call.method` and `target` (the path as it was sent, percent-encoded,
  // perhaps with a query, which is not looked at) with the path's args filled in. HEAD is GET.
  // Every exception becomes a Reply with its status: 404 for an unknown path, 405 with Allow for a
  // known one, else by http_status().
  [[nodiscard]] Reply handle(Call call, std::string_view target) const;

 private:
  struct Route {
    std::string method;
    std::string pattern;
    std::vector<std::string> segments;
    Handler handler;
  };

  std::vector<Route> routes_;
  Guard guard_;
};

// The Reply for an exception that is being handled.
Reply reply_to_current_exception();

// Typed access to a query. `finish()` must be called last: it refuses what nobody asked for, so
// that a misspelt parameter is not ignored.
class QueryReader {
 public:
  explicit QueryReader(const Call& call) : query_(call.query) {}

  // Throws Error(Malformed) unless a whole number, Error(Invalid) unless in [low, high].
  std::int64_t integer(const std::string& name, std::int64_t absent, std::int64_t low,
                       std::int64_t high);
  // Throws Error(Malformed) unless a finite number.
  double number(const std::string& name, double absent);
  std::optional<std::string> text(const std::string& name);
  // Throws Error(Malformed) naming the nearest known parameter.
  void finish() const;

 private:
  const std::multimap<std::string, std::string>& query_;
  std::vector<std::string> known_;
};

}  // namespace studyhall::server
