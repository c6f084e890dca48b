// A stream that lasts no longer than the token that it was asked for with.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "server/access.h"
#include "server/live_stream.h"

namespace studyhall::server {

class GuardedStream final : public LiveStream {
 public:
  // `access` must outlive it.
  GuardedStream(std::shared_ptr<LiveStream> inner, const Access& access,
                std::shared_ptr<const storage::TokenRecord> token)
      : inner_(std::move(inner)), access_(access), token_(std::move(token)) {}

  void begin(std::function<void()> wake) override { inner_->begin(std::move(wake)); }
  // Ends where the token is good no more, with nothing that came about since.
  std::optional<std::string> next() override {
    return access_.is_good(*token_) ? inner_->next() : std::nullopt;
  }
  [[nodiscard]] std::string heartbeat() const override { return inner_->heartbeat(); }

 private:
  std::shared_ptr<LiveStream> inner_;
  const Access& access_;
  std::shared_ptr<const storage::TokenRecord> token_;
};

}  // namespace studyhall::server
