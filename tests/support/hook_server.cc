#include "tests/support/hook_server.h"

#include <httplib.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace studyhall::testing {

class HookServer::Impl {
 public:
  explicit Impl(std::deque<int> refusals) : refusals_(std::move(refusals)) {
    server_.Post("/secret-path", [this](const httplib::Request& request, httplib::Response& out) {
      const std::lock_guard lock(mutex_);
      ++requests_;
      if (!refusals_.empty()) {
        out.status = refusals_.front();
        refusals_.pop_front();
      } else {
        messages_.push_back(Json::parse(request.body));
      }
      changed_.notify_all();
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ~Impl() {
    while (!server_.is_running()) std::this_thread::yield();
    server_.stop();
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] int port() const { return port_; }
  std::vector<Json> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return messages_.size() >= count; });
    return messages_;
  }
  void wait_for_requests(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return requests_ >= count; });
  }

 private:
  httplib::Server server_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Json> messages_;
  std::deque<int> refusals_;
  int requests_ = 0;
  int port_ = 0;
};

HookServer::HookServer(std::deque<int> refusals)
    : impl_(std::make_unique<Impl>(std::move(refusals))) {}
HookServer::~HookServer() = default;

std::string HookServer::url() const {
  return "http://127.0.0.1:" + std::to_string(impl_->port()) + "/secret-path?token=hush";
}

std::vector<Json> HookServer::wait_for(std::size_t count) { return impl_->wait_for(count); }

std::vector<std::string> HookServer::kinds(std::size_t count) {
  std::vector<std::string> kinds;
  for (const Json& message : wait_for(count)) kinds.push_back(message.at("event"));
  return kinds;
}

void HookServer::wait_for_requests(int count) { impl_->wait_for_requests(count); }

}  // namespace studyhall::testing
