#include "server/http_server.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "core/study_api_json.h"
#include "server/http_error.h"
#include "server/http_listener.h"
#include "server/router.h"
#include "server/routes.h"

namespace studyhall::server {
namespace {

// A web page of another site could otherwise write into a server on its reader's machine: browsers
// send a POST without a body, or with one that is not JSON, to any address without asking first.
void require_same_site(const httplib::Request& request) {
  if (request.method == "GET" || request.method == "HEAD" || !request.has_header("Origin")) return;
  const std::string origin = request.get_header_value("Origin");
  const std::size_t scheme = origin.find("://");
  if (scheme != std::string::npos &&
      origin.substr(scheme + 3) == request.get_header_value("Host")) {
    return;
  }
  throw Error(ErrorCode::Malformed,
              fmt::format("Origin {}: requests from pages of other sites are not taken",
                          brief(Json(origin))));
}

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

void log_access(const httplib::Request& request, int status,
                std::chrono::steady_clock::time_point begin) {
  if (!spdlog::should_log(spdlog::level::debug)) return;
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  spdlog::debug("{}", dump_json({{"method", request.method},
                                 {"target", request.target},
                                 {"status", status},
                                 {"ms", took.count()},
                                 {"body_bytes", request.body.size()},
                                 {"remote", request.remote_addr}}));
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(StudyApi& api, const HttpOptions& options)
      : listener_(
            {.host = options.host,
             .port = options.port,
             .max_body_bytes = options.max_body_bytes,
             .threads = options.threads,
             .request_timeout = options.request_timeout,
             .idle_timeout = options.idle_timeout},
            [this](const httplib::Request& request, httplib::Response& response) {
              answer(request, response);
            },
            [](const Error& error, int& status) {
              status = http_status(error.code());
              spdlog::debug("refused: {}", error.what());
              return dump_json(error_json(error)) + "\n";
            }) {
    router_.add("GET", "/healthz", [](const Call&) { return Reply{.body = {{"status", "ok"}}}; });
    add_study_routes(router_, api);
    add_trial_routes(router_, api);
    add_people_routes(router_, api);
    add_export_routes(router_, api);
    add_unsupported_routes(router_);
  }

  HttpListener& listener() { return listener_; }

 private:
  void answer(const httplib::Request& request, httplib::Response& response) const {
    const auto begin = std::chrono::steady_clock::now();
    const Reply reply = reply_to(request);
    response.status = reply.status;
    for (const auto& [name, value] : reply.headers) response.set_header(name, value);
    if (reply.pages) {
      put_pages(reply, request.target, response);
    } else {
      response.set_content(dump_json(reply.body) + "\n", "application/json");
    }
    log_access(request, reply.status, begin);
  }

  [[nodiscard]] Reply reply_to(const httplib::Request& request) const {
    try {
      require_same_site(request);
      return router_.handle({.method = request.method,
                             .args = {},
                             .query = request.params,
                             .accept = request.get_header_value("Accept"),
                             .body = request.body},
                            request.target);
    } catch (...) {
      return reply_to_current_exception();
    }
  }

  Router router_;
  HttpListener listener_;
};

HttpServer::HttpServer(StudyApi& api, const HttpOptions& options)
    : impl_(std::make_unique<Impl>(api, options)) {}
HttpServer::~HttpServer() = default;

int HttpServer::bind() { return impl_->listener().bind(); }
void HttpServer::run() { impl_->listener().run(); }
void HttpServer::stop() { impl_->listener().stop(); }

}  // namespace studyhall::server
