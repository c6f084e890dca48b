// TLS on accepted connections, by OpenSSL.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

struct ssl_ctx_st;
struct ssl_st;

namespace studyhall::server {

// What came of reading or writing.
struct TransferStep {
  ssize_t bytes = -1;  // 0: the other side has ended; -1: nothing was transferred
  short wait_for = 0;  // of -1: POLLIN or POLLOUT, then again; 0: broken
};

// One connection. Thread safety: one thread at a time.
class TlsSession {
 public:
  explicit TlsSession(ssl_st* session) : session_(session) {}
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // Both do what is left of the handshake first, and never block.
  TransferStep read(char* bytes, std::size_t size);
  TransferStep write(const char* bytes, std::size_t size);
  // Bytes were received that read() gives without the socket.
  [[nodiscard]] bool has_pending() const;
  // Tells the other side that no more comes.
  void close();

 private:
  TransferStep outcome(int result);

  ssl_st* session_;
  bool failed_ = false;
};

// TLS 1.2 and 1.3 with one certificate. Thread safety: everything may be called from any thread.
class TlsServer {
 public:
  // `cert`: the chain, `key`: its key, PEM. Throws Error(Invalid) naming the file and the cause for
  // what cannot be used. A process that has left SIGPIPE alone ignores it from now on, since
  // OpenSSL writes to sockets that may be closed.
  TlsServer(std::string cert, std::string key);

  // Reads the files again, for sessions from now on. Throws as the constructor; then the
  // certificate before stays.
  void reload();
  // On the connected, non-blocking socket `fd`, which stays the caller's.
  [[nodiscard]] std::unique_ptr<TlsSession> session(int fd) const;

 private:
  std::string cert_;
  std::string key_;
  std::atomic<std::shared_ptr<ssl_ctx_st>> context_;
};

}  // namespace studyhall::server
