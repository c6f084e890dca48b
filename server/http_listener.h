// Takes connections and answers their requests by a pool of threads. cpp-httplib parses requests
// and writes answers; accepting, waiting and stopping are done here, for five reasons: a connection
// between two requests, or whose answer waits for the disk or for something to answer, holds no
// thread; a port in use is seen (cpp-httplib binds with SO_REUSEPORT); the cause of a failed bind
// is known; and bodies are read with limits.
#pragma once

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/error.h"
#include "server/deferred_answer.h"
#include "server/http_stream.h"

namespace studyhall::server {

struct ListenerOptions {
  std::string host;
  int port = 0;  // 0: any free port
  std::size_t max_body_bytes = 0;
  std::size_t threads = 1;
  std::chrono::milliseconds request_timeout{};  // from the first byte of a request to its last
  std::chrono::milliseconds idle_timeout{};     // of a connection between requests
  std::chrono::milliseconds heartbeat{};        // of an answer that goes on
  std::chrono::milliseconds stall_timeout{};    // for the client to take something of it
  const TlsServer* tls = nullptr;               // null: HTTP without TLS; must outlive the listener
};

// What a request has in place of Accept-Encoding where it takes gzip: cpp-httplib would compress
// every answer by itself, small ones too, and with Brotli at its slowest.
inline constexpr const char* kTakesGzip = "Studyhall-Takes-Gzip";

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
  // Requests that wait to be decided anew.
  [[nodiscard]] std::size_t waiting() const;
  // Answers that go on.
  [[nodiscard]] std::int64_t streams() const { return *streams_; }

 private:
  struct Connection;
  struct Mailbox;
  using SharedConnection = std::shared_ptr<Connection>;
  using SteadyTime = std::chrono::steady_clock::time_point;
  // What became of what an answer waited for: it is written, it is not, or there may be another.
  enum class Fate { Written, Lost, Woken };
  // What becomes of a connection after a request.
  enum class Next { Request, Close, Deferred, Send, Linger };

  void set_handlers();
  void accept_all();
  bool watch(const SharedConnection& connection, std::uint32_t events, int operation);
  bool arm(const Connection& connection, std::uint32_t events, int operation) const;
  SharedConnection take(int fd);
  void drop(const SharedConnection& connection);
  void work();
  void serve(const SharedConnection& connection, bool readable);
  Next send_rest(Connection& connection) const;
  Next begin_to_linger(Connection& connection) const;
  bool is_still_coming(Connection& connection) const;
  Next serve_one(const SharedConnection& connection);
  void prepare(SocketStream& stream, httplib::Request& request);
  void defer(const SharedConnection& connection, DeferredAnswer& answer, bool keep);
  void send_deferred();
  void release(const SharedConnection& connection, Fate fate);
  void close_idle();

  // In server/http_listener_held.cc. hold() and take_held() REQUIRE that mutex_ is held.
  void hold(const SharedConnection& connection, std::uint32_t events);
  SharedConnection take_held(int fd);
  void wait(const SharedConnection& connection);
  bool may_be_decided(const SharedConnection& connection);
  void go_on(int fd, std::uint32_t events);
  void begin_stream(const SharedConnection& connection);
  void send_piece(const SharedConnection& connection);
  static void put_chunk(Connection& connection, const std::optional<std::string>& piece);
  void look_after_streams(SteadyTime now);
  void answer_held();
  void finish();

  ListenerOptions options_;
  Answer answer_;
  Refuse refuse_;
  int requests_ = -1;  // epoll of the threads: connections, and that it is over
  int events_ = -1;    // epoll of run(): new connections, and the mailbox
  int over_ = -1;
  std::shared_ptr<std::atomic<std::int64_t>> streams_ =
      std::make_shared<std::atomic<std::int64_t>>(0);
  std::shared_ptr<Mailbox> mailbox_;  // shared with those who put something in
  std::atomic<bool> stopping_ = false;
  std::vector<std::thread> threads_;
  std::atomic<std::size_t> reading_ = 0;  // threads that wait for the rest of a body

  mutable std::mutex mutex_;
  std::unordered_map<int, SharedConnection> idle_;  // by file descriptor
  std::unordered_set<SharedConnection> busy_;       // being served, or deferred
  std::unordered_map<int, SharedConnection> held_;  // whose answer waits or goes on
};

}  // namespace studyhall::server
