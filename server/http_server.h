// The verbs under /api/v1, as JSON over HTTP.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/artifact_api.h"
#include "core/study_api.h"
#include "server/event_stream.h"

namespace studyhall::server {

class Access;
class AuditLog;
struct CommitMetrics;

struct HttpOptions {
  std::string host = "127.0.0.1";
  int port = 8642;                         // 0: any free port
  std::size_t max_body_bytes = 4'000'000;  // more: 413
  std::size_t threads = 64;                // requests answered at once; idle connections need none
  std::chrono::milliseconds request_timeout{30'000};  // for a request to come, head and body
  std::chrono::milliseconds idle_timeout{75'000};     // of a connection between two requests
  std::chrono::milliseconds heartbeat{15'000};        // of a stream to which nothing was sent
  std::chrono::milliseconds stall_timeout{30'000};    // for a client to take something of it
  std::vector<std::string> allowed_hosts = {};        // besides the loopback's names: http_policy.h
  std::vector<std::string> cors_origins = {};         // whose pages may use the API
  double requests_per_s = 0;                          // of one client; 0: as many as it likes

  // PEM files of the certificate chain and its key: https. Empty: http.
  std::string tls_cert = {};
  std::string tls_key = {};

  // Null for none. Each must outlive the server.
  const Access* access = nullptr;
  AuditLog* audit = nullptr;
  const CommitMetrics* commits = nullptr;
  // Of the studies of the API; must outlive the server. Null: there are none.
  ArtifactApi* artifacts = nullptr;
  // Of the studies of the API, for streams of events; empty: there are none.
  StudyWatch watch = {};
  // Throws where the storage does not answer: /readyz.
  std::function<void()> probe = {};
};

class HttpServer {
 public:
  // `api` must outlive the server.
  HttpServer(StudyApi& api, const HttpOptions& options);
  ~HttpServer();

  // Takes the port; returns the one taken. Throws Error(Unavailable) naming host and port if it
  // cannot.
  int bind();
  // Serves until stop(); what was taken before is answered. REQUIRES: bind().
  void run();
  // May be called from any thread or a signal handler, once run() was entered or not.
  void stop();
  // "GET /healthz", ... of every route.
  [[nodiscard]] std::vector<std::string> routes() const;
  // Reads the TLS certificate and key again, for connections from now on; nothing without TLS.
  // Throws Error(Invalid) for files that cannot be used, and those before stay.
  void reload_certificate();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace studyhall::server
