#include "server/http_server.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <optional>

#include "core/hash.h"
#include "core/study_api_json.h"
#include "server/access.h"
#include "server/audit_log.h"
#include "server/compression.h"
#include "server/deferred_answer.h"
#include "server/guarded_stream.h"
#include "server/http_error.h"
#include "server/http_listener.h"
#include "server/http_policy.h"
#include "server/metrics.h"
#include "server/rate_limit.h"
#include "server/request_id.h"
#include "server/router.h"
#include "server/routes.h"

namespace studyhall::server {
namespace {

bool is_reading(const std::string& method) { return method == "GET" || method == "HEAD"; }

bool takes_gzip(const httplib::Request& request) { return request.has_header(kTakesGzip); }

// `turn` ends with the sending.
void put_pages(const Reply& reply, const httplib::Request& request, std::shared_ptr<void> turn,
               httplib::Response& response) {
  std::shared_ptr<Gzip> gzip;
  if (takes_gzip(request)) {
    gzip = std::make_shared<Gzip>();
    response.set_header("Content-Encoding", "gzip");
  }
  response.set_header("Vary", "Accept-Encoding");
  response.set_chunked_content_provider(
      reply.content_type, [pages = reply.pages, gzip, turn = std::move(turn),
                           target = request.target](std::size_t, httplib::DataSink& sink) {
        try {
          const std::optional<std::string> piece = pages();
          std::string text = piece.value_or("");
          if (gzip) text = piece ? gzip->add(*piece) : gzip->finish();
          // An empty chunk would be the end.
          if (!text.empty() && !sink.write(text.data(), text.size())) return false;
          if (!piece) sink.done();
          return true;
        } catch (const std::exception& error) {
          spdlog::error("{}: broken off: {}", target, error.what());
          return false;
        }
      });
}

// Whether If-None-Match, a list of tags or "*", names `tag`. Tags are compared weakly: one stands
// for what an answer says, however it is compressed.
bool is_named(const std::string& tag, const std::string& if_none_match) {
  if (if_none_match == "*") return true;
  const std::string opaque = tag.substr(2);  // without W/
  for (std::size_t at = if_none_match.find(opaque); at != std::string::npos;
       at = if_none_match.find(opaque, at + 1)) {
    const std::size_t end = at + opaque.size();
    if (end == if_none_match.size() || if_none_match[end] == ',' || if_none_match[end] == ' ') {
      return true;
    }
  }
  return false;
}

void put_text(std::string text, const std::string& type, const httplib::Request& request,
              httplib::Response& response) {
  if (text.size() >= kCompressFromBytes) {
    response.set_header("Vary", "Accept-Encoding");
    if (takes_gzip(request)) {
      text = gzip(text);
      response.set_header("Content-Encoding", "gzip");
    }
  }
  response.set_content(text, type);
}

void put_file(const PackedFile& file, const std::string& type, const httplib::Request& request,
              httplib::Response& response) {
  response.set_header("ETag", std::string(file.etag));
  response.set_header("Vary", "Accept-Encoding");
  if (is_named("W/" + std::string(file.etag), request.get_header_value("If-None-Match"))) {
    response.status = 304;
    return;
  }
  if (takes_gzip(request)) {
    response.set_header("Content-Encoding", "gzip");
    response.set_content(file.gzip.data(), file.gzip.size(), type);
  } else {
    response.set_content(gunzip(file.gzip), type);
  }
}

// What is read of the studies gets a tag, and is not sent again to who has it.
void put_json(const Reply& reply, const httplib::Request& request, httplib::Response& response) {
  std::string text = dump_json(reply.body) + "\n";
  if (is_reading(request.method) && reply.status == 200 && request.path.starts_with("/api/")) {
    const std::string tag = "W/\"" + sha256_hex(text).substr(0, 32) + "\"";
    response.headers.erase("Cache-Control");
    response.set_header("Cache-Control", "private, no-cache");
    response.set_header("ETag", tag);
    if (is_named(tag, request.get_header_value("If-None-Match"))) {
      response.status = 304;
      return;
    }
  }
  put_text(std::move(text), "application/json", request, response);
}

// cpp-httplib sends the head; the pieces follow where the thread is done with it.
void put_stream(const std::string& content_type, std::shared_ptr<LiveStream> live,
                httplib::Response& response) {
  response.set_chunked_content_provider(content_type,
                                        [](std::size_t, httplib::DataSink&) { return false; });
  DeferredAnswer::current()->go_on(std::move(live));
}

// Beats come often and change nothing that people look for.
bool is_audited(const std::string& method, const std::string& path) {
  return !is_reading(method) && method != "OPTIONS" && !path.ends_with("/heartbeat");
}

Reply ready(const std::function<void()>& probe) {
  try {
    if (probe) probe();
    return {.body = {{"status", "ready"}}};
  } catch (const std::exception& error) {
    spdlog::warn("not ready: {}", error.what());
    return {.status = 503, .body = error_json("unavailable", "the storage does not answer")};
  }
}

// One request on its way.
struct Exchange {
  std::chrono::steady_clock::time_point begin;
  std::string id;
  Caller caller;
  std::optional<InnerCall> inner = {};  // in place of the request where it came to another call
};

}  // namespace

class HttpServer::Impl {
 public:
  Impl(StudyApi& api, const HttpOptions& options)
      : access_(options.access),
        audit_(options.audit),
        policy_(options.host, options.allowed_hosts, options.cors_origins),
        rate_limit_(options.requests_per_s),
        tls_(options.tls_cert.empty()
                 ? nullptr
                 : std::make_unique<TlsServer>(options.tls_cert, options.tls_key)),
        most_sending_(std::max<std::size_t>(1, options.threads / 2)),
        listener_(
            {.host = options.host,
             .port = options.port,
             .max_body_bytes = options.max_body_bytes,
             .threads = options.threads,
             .request_timeout = options.request_timeout,
             .idle_timeout = options.idle_timeout,
             .heartbeat = options.heartbeat,
             .stall_timeout = options.stall_timeout,
             .tls = tls_.get()},
            [this](const httplib::Request& request, httplib::Response& response) {
              answer(request, response);
            },
            [this](const Error& error, int& status) {
              status = http_status(error.code());
              metrics_->refused();
              spdlog::debug("refused: {}", error.what());
              return dump_json(error_json(error)) + "\n";
            }) {
    router_.add("GET", "/healthz", [](const Call&) { return Reply{.body = {{"status", "ok"}}}; });
    router_.add("GET", "/readyz", [probe = options.probe](const Call&) { return ready(probe); });
    router_.add("GET", "/metrics", [this, &api, commits = options.commits](const Call&) {
      return metrics(api, commits);
    });
    add_study_routes(router_, api);
    add_trial_routes(router_, api);
    add_people_routes(router_, api);
    add_queue_routes(router_, api);
    add_task_routes(router_, api);
    add_event_routes(router_, api, options.watch);
    add_artifact_routes(router_, api, options.artifacts);
    add_export_routes(router_, api);
    add_openapi_route(router_);
    add_dashboard_routes(router_);
    add_mcp_route(router_, api);
    router_.set_guard(authorise);
    metrics_ = std::make_unique<RequestMetrics>(router_.names());
  }

  HttpListener& listener() { return listener_; }
  [[nodiscard]] std::vector<std::string> routes() const { return router_.names(); }
  void reload_certificate() {
    if (tls_) tls_->reload();
  }

 private:
  void answer(const httplib::Request& request, httplib::Response& response) {
    metrics_->begin();
    Exchange exchange{.begin = std::chrono::steady_clock::now(),
                      .id = request_id(request.get_header_value("X-Request-Id")),
                      .caller = {.token = nullptr, .address = request.remote_addr}};
    response.headers.emplace("X-Request-Id", exchange.id);
    policy_.finish(request, response);
    int route = -1;
    if (!policy_.answer_preflight(request, response)) {
      Reply reply = reply_to(request, exchange);
      if (DeferredAnswer::current()->waiting()) return metrics_->put_off();
      route = reply.route;
      exchange.inner = std::move(reply.inner);
      put(reply, request, exchange.caller, response);
    }
    record(request, response.status, exchange);
    metrics_->end(route, response.status, std::chrono::steady_clock::now() - exchange.begin);
  }

  // A thread sends pages as fast as the client takes them: half of the threads at most do.
  std::shared_ptr<void> turn_for_pages() {
    std::shared_ptr<void> turn(sending_.get(), [sending = sending_](void*) { --*sending; });
    return ++*sending_ > most_sending_ ? nullptr : turn;
  }

  void put(const Reply& reply, const httplib::Request& request, const Caller& caller,
           httplib::Response& response) {
    std::shared_ptr<void> turn;
    if (reply.pages && !(turn = turn_for_pages())) {
      response.status = http_status(ErrorCode::Unavailable);
      response.set_header("Retry-After", "1");
      const Error busy(ErrorCode::Unavailable, "too many long answers are being sent; try again");
      return response.set_content(dump_json(error_json(busy)) + "\n", "application/json");
    }
    response.status = reply.status;
    for (const auto& [name, value] : reply.headers) {
      response.headers.erase(name);  // a route knows better than the policy of all
      response.set_header(name, value);
    }
    if (reply.live && request.method != "HEAD") {
      put_stream(reply.content_type,
                 caller.token == nullptr
                     ? reply.live
                     : std::make_shared<GuardedStream>(reply.live, *access_, caller.token),
                 response);
    } else if (reply.pages) {
      put_pages(reply, request, std::move(turn), response);
    } else if (reply.file) {
      put_file(*reply.file, reply.content_type, request, response);
    } else if (!reply.text.empty()) {
      put_text(reply.text, reply.content_type, request, response);
    } else if (reply.status != 202) {
      put_json(reply, request, response);
    }
  }

  [[nodiscard]] Reply reply_to(const httplib::Request& request, Exchange& exchange) {
    try {
      policy_.check(request);
      // Whoever has no token is counted by address, before it is told so.
      if (access_ != nullptr && !is_public(request.path)) {
        try {
          exchange.caller.token = access_->authenticate(request.get_header_value("Authorization"));
        } catch (const Error&) {
          if (auto late = too_many(exchange)) return *late;
          throw;
        }
      }
      if (auto late = too_many(exchange)) return *late;
      return router_.handle({.method = request.method,
                             .args = {},
                             .query = request.params,
                             .accept = request.get_header_value("Accept"),
                             .body = request.body,
                             .caller = &exchange.caller,
                             .protocol_version = request.get_header_value("MCP-Protocol-Version"),
                             .last_event_id = request.get_header_value("Last-Event-ID"),
                             .content_type = request.get_header_value("Content-Type")},
                            request.target);
    } catch (...) {
      Reply reply = reply_to_current_exception();
      if (reply.status == 401) reply.headers.emplace("WWW-Authenticate", "Bearer");
      return reply;
    }
  }

  // The answer to a client that asks too much.
  std::optional<Reply> too_many(const Exchange& exchange) {
    if (DeferredAnswer::current()->waited()) return std::nullopt;  // it was counted when it came
    const auto wait = rate_limit_.take(exchange.caller.name(), exchange.begin);
    if (wait.count() <= 0) return std::nullopt;
    Reply reply;
    reply.status = http_status(ErrorCode::RateLimited);
    reply.body = error_json("rate_limited",
                            fmt::format("too many requests from {}", exchange.caller.name()));
    reply.headers["Retry-After"] = std::to_string(static_cast<int>(std::ceil(wait.count())));
    return reply;
  }

  Reply metrics(StudyApi& api, const CommitMetrics* commits) const {
    Reply reply;
    metrics_->print(listener_.waiting(), listener_.streams(), reply.text);
    if (commits != nullptr) commits->print(reply.text);
    print_study_metrics(api, reply.text);
    reply.content_type = "text/plain; version=0.0.4";
    return reply;
  }

  void record(const httplib::Request& request, int status, const Exchange& exchange) const {
    const std::string by = exchange.caller.token ? exchange.caller.token->name : std::string();
    const InnerCall done = exchange.inner.value_or(InnerCall{request.method, request.path, status});
    // Of MCP only the tools write, each under its own path.
    const bool writes = exchange.inner || request.path != kMcpPath;
    if (audit_ != nullptr && writes && is_audited(done.method, done.path)) {
      audit_->write({.time = std::chrono::floor<Duration>(std::chrono::system_clock::now()),
                     .by = by,
                     .address = exchange.caller.address,
                     .method = done.method,
                     .path = done.path,
                     .status = done.status,
                     .request_id = exchange.id});
    }
    if (!spdlog::should_log(spdlog::level::debug)) return;
    const std::chrono::duration<double, std::milli> took =
        std::chrono::steady_clock::now() - exchange.begin;
    spdlog::debug("{}", dump_json({{"method", request.method},
                                   {"target", request.target},
                                   {"status", status},
                                   {"ms", took.count()},
                                   {"body_bytes", request.body.size()},
                                   {"remote", exchange.caller.address},
                                   {"by", by},
                                   {"request_id", exchange.id}}));
  }

  const Access* access_;
  AuditLog* audit_;
  HttpPolicy policy_;
  RateLimit rate_limit_;
  std::unique_ptr<TlsServer> tls_;
  Router router_;
  std::unique_ptr<RequestMetrics> metrics_;
  const std::size_t most_sending_;
  std::shared_ptr<std::atomic<std::size_t>> sending_ =
      std::make_shared<std::atomic<std::size_t>>(0);
  HttpListener listener_;
};

HttpServer::HttpServer(StudyApi& api, const HttpOptions& options)
    : impl_(std::make_unique<Impl>(api, options)) {}
HttpServer::~HttpServer() = default;

int HttpServer::bind() { return impl_->listener().bind(); }
void HttpServer::run() { impl_->listener().run(); }
void HttpServer::stop() { impl_->listener().stop(); }
std::vector<std::string> HttpServer::routes() const { return impl_->routes(); }
void HttpServer::reload_certificate() { impl_->reload_certificate(); }

}  // namespace studyhall::server
