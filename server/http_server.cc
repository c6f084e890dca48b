#include "server/http_server.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cmath>
#include <optional>

#include "core/study_api_json.h"
#include "server/access.h"
#include "server/audit_log.h"
#include "server/deferred_answer.h"
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

void put_pages(const Reply& reply, const std::string& target, httplib::Response& response) {
  response.set_chunked_content_provider(
      reply.content_type, [pages = reply.pages, target](std::size_t, httplib::DataSink& sink) {
        try {
          const std::optional<std::string> piece = pages();
          if (piece) return sink.write(piece->data(), piece->size());
          sink.done();
          return true;
        } catch (const std::exception& error) {
          spdlog::error("{}: broken off: {}", target, error.what());
          return false;
        }
      });
}

bool is_reading(const std::string& method) { return method == "GET" || method == "HEAD"; }

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
        listener_(
            {.host = options.host,
             .port = options.port,
             .max_body_bytes = options.max_body_bytes,
             .threads = options.threads,
             .request_timeout = options.request_timeout,
             .idle_timeout = options.idle_timeout,
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
    add_task_routes(router_, api);
    add_export_routes(router_, api);
    add_openapi_route(router_);
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
      put(reply, request, response);
    }
    record(request, response.status, exchange);
    metrics_->end(route, response.status, std::chrono::steady_clock::now() - exchange.begin);
  }

  static void put(const Reply& reply, const httplib::Request& request,
                  httplib::Response& response) {
    response.status = reply.status;
    for (const auto& [name, value] : reply.headers) response.set_header(name, value);
    if (reply.pages) {
      put_pages(reply, request.target, response);
    } else if (!reply.text.empty()) {
      response.set_content(reply.text, reply.content_type);
    } else if (reply.status != 202) {
      response.set_content(dump_json(reply.body) + "\n", "application/json");
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
                             .protocol_version = request.get_header_value("MCP-Protocol-Version")},
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
    metrics_->print(listener_.waiting(), reply.text);
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
