// What a webhook points to: an HTTP server on the loopback that keeps what it is sent.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/json.h"

namespace studyhall::testing {

class HookServer {
 public:
  // Answers the first messages with these statuses instead of taking them.
  explicit HookServer(std::deque<int> refusals = {});
  ~HookServer();
  HookServer(const HookServer&) = delete;
  HookServer& operator=(const HookServer&) = delete;

  // "http://127.0.0.1:PORT/secret-path?token=hush".
  [[nodiscard]] std::string url() const;
  // The messages taken, once there are so many; without a bound.
  std::vector<Json> wait_for(std::size_t count);
  // "event" of each.
  std::vector<std::string> kinds(std::size_t count);
  // Until so many requests came, refused ones included.
  void wait_for_requests(int count);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace studyhall::testing
