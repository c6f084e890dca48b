// Takes connections and gives their requests to a pool of threads. cpp-httplib parses requests and
// writes answers; accepting, waiting and stopping are done here, for four reasons: a connection
// between two requests holds no thread, a port in use is seen (cpp-httplib binds with
// SO_REUSEPORT), the cause of a failed bind is known, and bodies are read with limits.
#pragma once

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "core/error.h"
#include "server/http_stream.h"

namespace studyhall::server {

struct ListenerOptions {
  std::string host;
  int port = 0;  // 0: any free port
  std::size_t max_body_bytes = 0;
  std::size_t threads = 1;
  std::chrono::milliseconds request_timeout{};  // from the first byte of a request to its last
  std::chrono::milliseconds idle_timeout{};     // of a connection between requests
};

class HttpListener final : private httplib::Server {
 public:
  // Answers a request that is there with its body; called from the pool's threads.
  using Answer = std::function<void(const httplib::Request&, httplib::Response&)>;
  // Answers what could not be read as a request: the status and body for it.
  using Refuse = std::function<std::string(const Error&, int& status)>;

  HttpListener(ListenerOptions options, Answer answer, Refuse refuse);
  ~HttpListener() override;

  // Takes the port; returns the one taken. Throws Error(Unavailable) naming host, port and cause.
  int bind();
  // Serves until stop(); requests that were taken before are answered. REQUIRES: bind().
  void run();
  // May be called from any thread and from a signal handler, before run() too.
  void stop();

 private:
  struct Connection;
  using SharedConnection = std::shared_ptr<Connection>;

  void set_handlers();
  void dispatch(int timeout_ms);
  void accept_all();
  void watch(const SharedConnection& connection, int operation);
  SharedConnection take(int fd);
  void serve(const SharedConnection& connection);
  bool serve_one(SocketStream& stream);
  void prepare(SocketStream& stream, httplib::Request& request) const;
  void close_idle();
  void finish();

  ListenerOptions options_;
  Answer answer_;
  Refuse refuse_;
  int epoll_ = -1;
  int wake_ = -1;
  std::atomic<bool> stopping_ = false;
  std::unique_ptr<httplib::ThreadPool> pool_;

  std::mutex mutex_;
  std::unordered_map<int, SharedConnection> idle_;  // by file descriptor
  std::unordered_set<SharedConnection> busy_;       // given to the pool
};

}  // namespace studyhall::server
