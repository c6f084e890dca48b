// The verbs under /api/v1, as JSON over HTTP.
#pragma once

#include <memory>
#include <string>

#include "core/study_api.h"

namespace studyhall::server {

struct HttpOptions {
  std::string host = "127.0.0.1";
  int port = 8642;                         // 0: any free port
  std::size_t max_body_bytes = 4'000'000;  // more: 413
};

class HttpServer {
 public:
  // `api` must outlive the server.
  HttpServer(StudyApi& api, HttpOptions options);
  ~HttpServer();

  // Takes the port; returns the one taken. Throws Error(Unavailable) naming host and port if it
  // cannot.
  int bind();
  // Serves until stop(); what was taken before is answered. REQUIRES: bind().
  void run();
  // May be called from any thread, once run() was entered or not.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace studyhall::server
