// What keeps a request of cpp-httplib from outlasting its program.
#pragma once

#include <httplib.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace studyhall::client {

// cpp-httplib sends without MSG_NOSIGNAL: a server that goes away must not end this program.
class SigpipeBlocked {
 public:
  SigpipeBlocked() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
  }
  ~SigpipeBlocked() {
    const timespec none{};
    if (!was_pending_) {
      while (sigtimedwait(&pipe_, nullptr, &none) > 0) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeBlocked(const SigpipeBlocked&) = delete;
  SigpipeBlocked& operator=(const SigpipeBlocked&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

// Breaks a connection off once `interrupted` is set, from a thread of its own.
class Interruption {
 public:
  // Both must outlive it.
  Interruption(httplib::Client& connection, const std::atomic<bool>& interrupted)
      : thread_([&connection, &interrupted](const std::stop_token& done) {
          while (!done.stop_requested()) {
            if (interrupted) connection.stop();
            std::this_thread::sleep_for(std::chrono::milliseconds(25));
          }
        }) {}

 private:
  std::jthread thread_;
};

}  // namespace studyhall::client
