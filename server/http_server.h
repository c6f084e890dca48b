// The verbs under /api/v1, as JSON over HTTP.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "core/study_api.h"

namespace studyhall::server {

struct HttpOptions {
  std::string host = "127.0.0.1";
  int port = 8642;                         // 0: any free port
  std::size_t max_body_bytes = 4'000'000;  // more: 413
  std::size_t threads = 64;                // requests answered at once; idle connections need none
  std::chrono::milliseconds request_timeout{30'000};  // for a request to come, head and body
  std::chrono::milliseconds idle_timeout{75'000};     // of a connection between two requests
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

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace studyhall::server
