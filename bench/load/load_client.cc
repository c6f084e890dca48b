#include "bench/load/load_client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace studyhall::load {
namespace {

using SteadyClock = std::chrono::steady_clock;

// One connection: a request out, an answer in.
class Connection {
 public:
  explicit Connection(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd_ < 0 || ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      throw std::runtime_error("cannot connect to the server");
    }
    const int yes = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  }
  ~Connection() { ::close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] int fd() const { return fd_; }

  void post(std::string_view path, std::string_view body) {
    const std::string request = fmt::format(
        "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        "Content-Length: {}\r\n\r\n{}",
        path, body.size(), body);
    in_.clear();
    begun_ = SteadyClock::now();
    if (::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      throw std::runtime_error("the server does not take a request");
    }
  }

  // Reads what has come; the body once the answer is whole, else empty.
  std::string_view take_answer() {
    char buffer[16 * 1024];
    const ssize_t n = ::recv(fd_, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (n == 0) throw std::runtime_error("the server closed a connection: " + in_);
    if (n > 0) in_.append(buffer, static_cast<std::size_t>(n));
    const std::size_t head = in_.find("\r\n\r\n");
    if (head == std::string::npos) return {};
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t at = in_.find(kLength);
    if (at == std::string::npos) throw std::runtime_error("an answer without a length: " + in_);
    std::size_t length = 0;
    std::from_chars(in_.data() + at + kLength.size(), in_.data() + head, length);
    if (in_.size() < head + 4 + length) return {};
    if (!in_.starts_with("HTTP/1.1 200")) throw std::runtime_error("refused: " + in_);
    return std::string_view(in_).substr(head + 4, length);
  }

  [[nodiscard]] double ms_since_post() const {
    return std::chrono::duration<double, std::milli>(SteadyClock::now() - begun_).count();
  }

  // Of the trial that it has; -1: none.
  std::int64_t number = -1;
  std::string token;

 private:
  int fd_;
  std::string in_;
  SteadyClock::time_point begun_;
};

// The text between `before` and the next `end`.
std::string_view between(std::string_view text, std::string_view before, char end) {
  const std::size_t at = text.find(before);
  if (at == std::string_view::npos) throw std::runtime_error("unexpected: " + std::string(text));
  const std::size_t begin = at + before.size();
  return text.substr(begin, text.find(end, begin) - begin);
}

void take_trial(Connection& connection, std::string_view answer) {
  const std::string_view number = between(answer, "\"number\":", ',');
  std::from_chars(number.data(), number.data() + number.size(), connection.number);
  connection.token = between(answer, "\"token\":\"", '"');
}

// Connections and the loop that says which has something to read.
class Connections {
 public:
  explicit Connections(const LoadOptions& options)
      : base_("/api/v1/studies/" + options.study), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (int i = 0; i < options.connections; ++i) {
      auto& connection = all_.emplace_back(std::make_unique<Connection>(options.port));
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = connection.get();
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection->fd(), &event);
    }
  }
  ~Connections() { ::close(epoll_); }
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  [[nodiscard]] const auto& all() const { return all_; }

  void ask(Connection& connection, std::size_t index) const {
    connection.number = -1;
    connection.post(base_ + "/ask", fmt::format(R"({{"worker":"W{}"}})", index % 8 + 1));
  }
  void tell(Connection& connection) const {
    const auto value = static_cast<double>((connection.number * 7919) % 10007) / 100.0;
    connection.post(fmt::format("{}/trials/{}/tell", base_, connection.number),
                    fmt::format(R"({{"value":{},"lease":"{}"}})", value, connection.token));
  }
  void heartbeat(Connection& connection) const {
    connection.post(fmt::format("{}/trials/{}/heartbeat", base_, connection.number),
                    fmt::format(R"({{"lease":"{}"}})", connection.token));
  }

  // Waits up to `timeout` and calls take(connection, body) for every answer that is whole.
  void wait(std::chrono::milliseconds timeout,
            const std::function<void(Connection&, std::string_view)>& take) {
    epoll_event events[64];
    const int n = ::epoll_wait(epoll_, events, 64, static_cast<int>(timeout.count()));
    for (int i = 0; i < n; ++i) {
      auto& connection = *static_cast<Connection*>(events[i].data.ptr);
      const std::string_view answer = connection.take_answer();
      if (!answer.empty()) take(connection, answer);
    }
  }

 private:
  std::string base_;
  int epoll_;
  std::vector<std::unique_ptr<Connection>> all_;
};

}  // namespace

LoadResult ask_and_tell(const LoadOptions& options) {
  Connections connections(options);
  LoadResult result;
  std::int64_t asked = 0;
  const auto begin = SteadyClock::now();
  const auto ask = [&](Connection& connection) {
    if (asked == options.cycles) return;
    connections.ask(connection, static_cast<std::size_t>(asked++));
  };
  for (const auto& connection : connections.all()) ask(*connection);
  while (result.cycles < options.cycles) {
    connections.wait(std::chrono::seconds(10),
                     [&](Connection& connection, std::string_view answer) {
                       if (connection.number < 0) {
                         result.ask_ms.push_back(connection.ms_since_post());
                         take_trial(connection, answer);
                         connections.tell(connection);
                       } else {
                         result.tell_ms.push_back(connection.ms_since_post());
                         ++result.cycles;
                         ask(connection);
                       }
                     });
  }
  result.seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  std::sort(result.ask_ms.begin(), result.ask_ms.end());
  std::sort(result.tell_ms.begin(), result.tell_ms.end());
  return result;
}

std::int64_t heartbeats(const LoadOptions& options, std::chrono::milliseconds interval,
                        std::chrono::milliseconds duration) {
  Connections connections(options);
  const std::size_t count = connections.all().size();
  std::size_t leased = 0;
  for (std::size_t i = 0; i < count; ++i) connections.ask(*connections.all()[i], i);
  while (leased < count) {
    connections.wait(std::chrono::seconds(10), [&](Connection& connection, std::string_view body) {
      take_trial(connection, body);
      ++leased;
    });
  }
  const auto begin = SteadyClock::now();
  const auto due = [&](std::size_t i) {
    return begin + std::chrono::duration_cast<SteadyClock::duration>(
                       interval * (static_cast<double>(i) / static_cast<double>(count)));
  };
  std::int64_t answered = 0;
  for (std::size_t next = 0; SteadyClock::now() < begin + duration;) {
    while (SteadyClock::now() >= due(next)) {
      connections.heartbeat(*connections.all()[next % count]);
      ++next;
    }
    connections.wait(std::chrono::milliseconds(1),
                     [&](Connection&, std::string_view) { ++answered; });
  }
  return answered;
}

double quantile(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) return std::nan("");
  const auto last = static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(std::llround(q * last))];
}

}  // namespace studyhall::load
