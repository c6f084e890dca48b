// One accepted connection, as cpp-httplib reads and writes it: buffered both ways, with a deadline
// for each request, so that a client that sends a byte now and then does not hold a thread forever.
#pragma once

#include <httplib.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/tls.h"

namespace studyhall::server {

class SocketStream final : public httplib::Stream {
 public:
  // Owns `fd`, a connected TCP socket. `tls`: what is spoken on it; null: TCP itself.
  explicit SocketStream(int fd, std::unique_ptr<TlsSession> tls = nullptr);
  ~SocketStream() override;
  SocketStream(const SocketStream&) = delete;
  SocketStream& operator=(const SocketStream&) = delete;

  [[nodiscard]] int fd() const { return fd_; }

  // What is read from now on belongs to a new request: it must have come by `deadline`, and no more
  // than `max_bytes` of it are taken until limit_bytes() says otherwise.
  void begin_request(std::chrono::steady_clock::time_point deadline, std::size_t max_bytes);
  void limit_bytes(std::size_t max_bytes) { allowed_ = max_bytes; }
  [[nodiscard]] bool timed_out() const { return timed_out_; }
  // Bytes of a further request are here already.
  [[nodiscard]] bool has_buffered() const { return begin_ < end_ || (tls_ && tls_->has_pending()); }
  // Bytes that were written and not sent yet.
  [[nodiscard]] std::size_t unsent_bytes() const { return out_.size(); }
  // Bytes that are here and not read yet.
  [[nodiscard]] std::size_t buffered_bytes() const { return end_ - begin_; }
  [[nodiscard]] bool is_broken() const { return broken_; }

  // Takes what has come, without waiting; false once nothing more will.
  bool take_available();
  // Whether what is here is a request that can be answered without waiting for more of it, or one
  // that must be read piece by piece: too large to be held, chunked, or waiting to be told to go
  // on.
  [[nodiscard]] bool has_request() const;

  // Whether all of the request that was begun last is still here, so that rewind() can undo its
  // reading, and what was answered to it.
  [[nodiscard]] bool can_rewind() const { return is_whole_; }
  void rewind();
  // Gives its buffers back until the next request, unless something is in them.
  void rest();
  // Gives back what the request leaves free of them, unless more has come behind it.
  void shrink();

  // Sends what it can of what was written, without waiting; whether nothing is left. A broken
  // connection has nothing left.
  bool flush_now();
  // Sends what was written. False once the connection is broken or takes no byte for 30 s.
  bool flush();
  // After an answer to a request whose body was not read: tells the client that no more comes, and
  // throws away what has come of it, so that it reads the answer instead of a reset. False once it
  // has closed its side.
  bool linger();
  // Wakes a reader in another thread, as if the client had stopped sending.
  void stop_reading();

  [[nodiscard]] bool is_readable() const override;
  [[nodiscard]] bool is_writable() const override;
  // Bytes read; 0: the client stopped sending; -1: broken, late or above the limit.
  ssize_t read(char* ptr, size_t size) override;
  ssize_t write(const char* ptr, size_t size) override;
  // As write(), without sending anything yet.
  void put(std::string_view bytes) { out_.append(bytes); }
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  [[nodiscard]] socket_t socket() const override { return fd_; }

 private:
  void make_room();
  void make_input();
  ssize_t fill();
  TransferStep receive(char* bytes, std::size_t size);
  TransferStep transmit(const char* bytes, std::size_t size);

  int fd_;
  std::unique_ptr<TlsSession> tls_;
  std::vector<char> in_;  // bytes [begin_, end_) are read but not taken; [request_begin_, begin_)
                          // may be read again
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t request_begin_ = 0;
  bool is_whole_ = false;
  bool lingers_ = false;
  std::string out_;
  bool broken_ = false;
  bool timed_out_ = false;
  std::size_t allowed_ = 0;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace studyhall::server
