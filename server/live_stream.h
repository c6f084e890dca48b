// An answer that goes on for as long as the client listens.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace studyhall::server {

// What is sent piece by piece, as it comes about. Between two pieces it holds no thread, and while
// the client does not take one the next is not made.
class LiveStream {
 public:
  LiveStream() = default;
  virtual ~LiveStream() = default;
  LiveStream(const LiveStream&) = delete;
  LiveStream& operator=(const LiveStream&) = delete;

  // From now on calls `wake`, which is quick, from any thread, whenever next() may have something.
  virtual void begin(std::function<void()> wake) = 0;
  // What there is to send now, empty for nothing; nullopt: the end. Called by one thread at a time.
  virtual std::optional<std::string> next() = 0;
  // What is sent to a client that was sent nothing for a while, so that both see that the other is
  // there.
  [[nodiscard]] virtual std::string heartbeat() const = 0;
};

}  // namespace studyhall::server
