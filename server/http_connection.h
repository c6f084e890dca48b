// What a listener knows of a connection. Used by server/http_listener*.cc alone.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "server/http_listener.h"

namespace studyhall::server {

inline void signal_event(int fd) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(fd, &one, sizeof(one));
}

struct HttpListener::Connection {
  Connection(int fd, std::unique_ptr<TlsSession> tls) : stream(fd, std::move(tls)) {}
  SocketStream stream;
  SteadyTime idle_since = std::chrono::steady_clock::now();
  // When the request that is coming began; absent between requests.
  std::optional<SteadyTime> begun;
  // The last answer is given, and what still comes is thrown away until then.
  std::optional<SteadyTime> lingers_until;
  std::shared_ptr<Waiting> waiting;  // of the request that is to be decided anew
  std::shared_ptr<LiveStream> live;  // the answer that goes on
  std::shared_ptr<void> counted;     // among those
  SteadyTime sent_at;                // its last piece
  SteadyTime taken_at;               // when the client last took something of it
  SteadyTime looked_at;              // for a further piece
  bool may_defer = true;             // the answer to the next request
  bool keep = true;                  // once the deferred answer is sent
  bool woken = false;                // there may be a further piece; guarded by the listener's lock
  bool has_more = false;             // to send, once the client takes what was sent
  bool ended = false;                // the last piece was sent
};

// Connections whose answers go on, from whatever thread found that out.
struct HttpListener::Mailbox {
  Mailbox() : fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Mailbox() { ::close(fd); }
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  void put(std::weak_ptr<Connection> connection, Fate fate) {
    bool first = false;
    {
      const std::lock_guard lock(mutex);
      first = letters.empty();
      letters.emplace_back(std::move(connection), fate);
    }
    if (first) signal_event(fd);
  }

  const int fd;  // readable: there is a letter, or stop() was called
  std::mutex mutex;
  std::vector<std::pair<std::weak_ptr<Connection>, Fate>> letters;
};

}  // namespace studyhall::server
