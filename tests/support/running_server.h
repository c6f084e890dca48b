// An HTTP server over a StudyApi, on a free port of the loopback, for one test.
#pragma once

#include <algorithm>
#include <string>
#include <thread>

#include "server/http_server.h"

namespace studyhall::testing {

class RunningServer {
 public:
  explicit RunningServer(StudyApi& api, server::HttpOptions options = {})
      : server_(api, on_free_port(std::move(options))),
        port_(server_.bind()),
        thread_([this] { server_.run(); }) {}
  ~RunningServer() { stop(); }

  // Returns once all that was taken is answered.
  void stop() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  static server::HttpOptions on_free_port(server::HttpOptions options) {
    options.host = "127.0.0.1";
    options.port = 0;
    options.threads = std::min<std::size_t>(options.threads, 8);
    return options;
  }

  server::HttpServer server_;
  int port_;
  std::thread thread_;
};

}  // namespace studyhall::testing
