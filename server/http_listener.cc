#include "server/http_listener.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <thread>

#include "server/compression.h"
#include "server/http_body.h"
#include "server/http_connection.h"
#include "server/http_policy.h"
#include "server/listening_socket.h"

namespace studyhall::server {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kSweepInterval{200};
constexpr std::chrono::milliseconds kRestAfter{1000};
constexpr std::size_t kMaxHeadBytes = 65'536;
constexpr std::chrono::seconds kLingerTime{5};

void set_flag(int fd, int level, int option) {
  const int yes = 1;
  ::setsockopt(fd, level, option, &yes, sizeof(yes));
}

// Tells of `fd` as long as there is something to read from it.
void watch_level(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

// Whether the client has sent something that no thread has come to yet.
bool has_unread(int fd) {
  int bytes = 0;
  return ::ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0;
}

}  // namespace

HttpListener::HttpListener(ListenerOptions options, Answer answer, Refuse refuse)
    : options_(std::move(options)),
      answer_(std::move(answer)),
      refuse_(std::move(refuse)),
      mailbox_(std::make_shared<Mailbox>()) {
  set_handlers();
  requests_ = ::epoll_create1(EPOLL_CLOEXEC);
  events_ = ::epoll_create1(EPOLL_CLOEXEC);
  over_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (requests_ < 0 || events_ < 0 || mailbox_->fd < 0 || over_ < 0) {
    throw Error(ErrorCode::Unavailable,
                fmt::format("cannot start a server: {}", std::strerror(errno)));
  }
  watch_level(events_, mailbox_->fd);
  watch_level(requests_, over_);
}

HttpListener::~HttpListener() {
  idle_.clear();
  if (svr_sock_ != INVALID_SOCKET) ::close(svr_sock_);
  for (const int fd : {over_, requests_, events_}) ::close(fd);
}

void HttpListener::set_handlers() {
  set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    answer_(request, response);
    return HandlerResponse::Handled;
  });
  set_exception_handler(
      [this](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
        const Error error(ErrorCode::Internal, "internal error");
        response.set_content(refuse_(error, response.status), "application/json");
      });
  // Only what cpp-httplib refuses by itself comes here without a body: a malformed head.
  set_error_handler(Handler([this](const httplib::Request&, httplib::Response& response) {
    if (!response.body.empty()) return;
    const Error error =
        response.status == 414
            ? Error(ErrorCode::TooLarge, "the path is too long")
            : Error(ErrorCode::Malformed, "not an HTTP/1.1 request, or its head is too large");
    int status = 0;
    const std::string body = refuse_(error, status);
    if (response.status != 414) response.status = status;
    response.set_content(body, "application/json");
    response.set_header("Connection", "close");
  }));
  set_post_routing_handler([this](const httplib::Request&, httplib::Response& response) {
    if (stopping_ && !response.has_header("Connection")) response.set_header("Connection", "close");
    response.headers.erase("Keep-Alive");
  });
}

int HttpListener::bind() {
  const ListeningSocket socket = listen_on(options_.host, options_.port);
  svr_sock_ = socket.fd;
  watch_level(events_, svr_sock_);
  return socket.port;
}

void HttpListener::run() {
  for (std::size_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { work(); });
  auto next_sweep = SteadyClock::now() + kSweepInterval;
  while (!stopping_) {
    epoll_event events[2];
    const int n = ::epoll_wait(events_, events, 2, static_cast<int>(kSweepInterval.count()));
    for (int i = 0; i < n; ++i) {
      if (events[i].data.fd == svr_sock_) {
        accept_all();
      } else {
        send_deferred();
      }
    }
    if (SteadyClock::now() < next_sweep) continue;
    close_idle();
    look_after_streams(SteadyClock::now());
    next_sweep = SteadyClock::now() + kSweepInterval;
  }
  finish();
}

void HttpListener::stop() {
  stopping_ = true;
  signal_event(mailbox_->fd);
}

void HttpListener::accept_all() {
  while (true) {
    const int fd = ::accept4(svr_sock_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      set_flag(fd, IPPROTO_TCP, TCP_NODELAY);
      watch(std::make_shared<Connection>(fd, options_.tls ? options_.tls->session(fd) : nullptr),
            EPOLLIN, EPOLL_CTL_ADD);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // The listening socket stays readable: without a pause this would spin.
      spdlog::warn("cannot take a connection: {}", std::strerror(errno));
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      return;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

// Waits until a connection that nobody else has is ready for `events`; false when stopping.
bool HttpListener::watch(const SharedConnection& connection, std::uint32_t events, int operation) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  busy_.erase(connection);
  connection->idle_since = SteadyClock::now();
  idle_[connection->stream.fd()] = connection;
  if (!arm(*connection, events, operation)) idle_.erase(connection->stream.fd());
  return true;
}

bool HttpListener::arm(const Connection& connection, std::uint32_t events, int operation) const {
  epoll_event event{};
  event.events = events | EPOLLONESHOT;
  event.data.fd = connection.stream.fd();
  return ::epoll_ctl(requests_, operation, event.data.fd, &event) == 0;
}

HttpListener::SharedConnection HttpListener::take(int fd) {
  const std::lock_guard lock(mutex_);
  const auto found = idle_.find(fd);
  if (found == idle_.end()) return nullptr;
  SharedConnection connection = std::move(found->second);
  idle_.erase(found);
  busy_.insert(connection);
  return connection;
}

void HttpListener::drop(const SharedConnection& connection) {
  const std::lock_guard lock(mutex_);
  busy_.erase(connection);
}

void HttpListener::work() {
  epoll_event event{};
  while (true) {
    if (::epoll_wait(requests_, &event, 1, -1) != 1) continue;
    if (event.data.fd == over_) return;
    if (const SharedConnection connection = take(event.data.fd)) {
      serve(connection, (event.events & ~EPOLLOUT) != 0);
    } else {
      go_on(event.data.fd, event.events);
    }
  }
}

void HttpListener::serve(const SharedConnection& connection, bool readable) {
  SocketStream& stream = connection->stream;
  Next next = send_rest(*connection);
  while (next == Next::Request && (readable || stream.has_buffered())) {
    if (is_still_coming(*connection)) break;
    next = serve_one(connection);
    readable = false;
  }
  if (next == Next::Deferred) return;
  const std::uint32_t events = next == Next::Send ? EPOLLOUT : EPOLLIN;
  if (next == Next::Close || !watch(connection, events, EPOLL_CTL_MOD)) drop(connection);
}

// Sends what the client takes of what is written; only a server that ends waits for it.
HttpListener::Next HttpListener::send_rest(Connection& connection) const {
  SocketStream& stream = connection.stream;
  if (stopping_) stream.flush();
  const bool sent = stream.flush_now();
  if (stream.is_broken()) return Next::Close;
  if (!sent) return Next::Send;
  if (connection.lingers_until) return stream.linger() ? Next::Linger : Next::Close;
  return connection.keep ? Next::Request : Next::Close;
}

// After an answer to a request that was not read to its end.
HttpListener::Next HttpListener::begin_to_linger(Connection& connection) const {
  connection.keep = false;
  connection.lingers_until = SteadyClock::now() + kLingerTime;
  return send_rest(connection);
}

// Whether the client has sent a part of a request and has time to send the rest: no thread waits
// for it.
bool HttpListener::is_still_coming(Connection& connection) const {
  const auto now = SteadyClock::now();
  if (!connection.begun) connection.begun = now;
  const bool open = connection.stream.take_available();
  // A TLS handshake is no request: between requests the idle timeout holds.
  if (open && !connection.stream.has_buffered()) connection.begun.reset();
  return open && !connection.stream.has_request() &&
         (!connection.begun || now < *connection.begun + options_.request_timeout);
}

HttpListener::Next HttpListener::serve_one(const SharedConnection& connection) {
  SocketStream& stream = connection->stream;
  stream.begin_request(connection->begun.value_or(SteadyClock::now()) + options_.request_timeout,
                       kMaxHeadBytes);
  connection->begun.reset();
  bool has_head = false;
  bool closed = false;
  DeferredAnswer deferred({.may_defer = connection->may_defer,
                           .may_wait = connection->may_defer && !stopping_,
                           .waited = connection->waiting});
  try {
    const bool answered = process_request(stream, false, closed, [&](httplib::Request& request) {
      has_head = true;
      prepare(stream, request);
      if (!stream.can_rewind()) deferred.refuse();
    });
    connection->may_defer = true;
    connection->waiting = deferred.waiting();
    connection->live = deferred.live();
    if (connection->waiting || connection->live) {
      connection->live ? begin_stream(connection) : wait(connection);
      return Next::Deferred;
    }
    if (answered && !has_head) return begin_to_linger(*connection);
    const bool keep = answered && has_head && !closed && !stopping_;
    if (deferred.is_pending()) {
      defer(connection, deferred, keep);
      return Next::Deferred;
    }
    connection->keep = keep;
    return send_rest(*connection);
  } catch (const Error& error) {
    int status = 0;
    const std::string body = refuse_(error, status);
    const std::string text = fmt::format(
        "HTTP/1.1 {} Refused\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
        "{}Connection: close\r\n\r\n{}",
        status, body.size(), kSecurityHeaders, body);
    stream.put(text);
    return begin_to_linger(*connection);
  } catch (const std::exception& error) {
    spdlog::error("connection dropped: {}", error.what());
  }
  return Next::Close;
}

// A body that is not here whole holds the thread that reads it: half of them at most, so that slow
// senders never keep all others waiting.
void HttpListener::prepare(SocketStream& stream, httplib::Request& request) {
  const bool is_here =
      !request.has_header("Transfer-Encoding") &&
      request.get_header_value<std::uint64_t>("Content-Length") <= stream.buffered_bytes();
  std::shared_ptr<void> turn;
  if (!is_here) {
    const bool too_many = ++reading_ > std::max<std::size_t>(1, options_.threads / 2);
    turn = {nullptr, [this](void*) { --reading_; }};
    if (too_many) {
      throw Error(ErrorCode::Unavailable, "too many requests are being sent slowly; try again");
    }
  }
  request.body = read_body(stream, request, options_.max_body_bytes);
  request.headers.erase("Expect");
  request.headers.erase("Range");
  request.headers.erase(kTakesGzip);
  if (accepts_gzip(request.get_header_value("Accept-Encoding"))) {
    request.headers.emplace(kTakesGzip, "yes");
  }
  request.headers.erase("Accept-Encoding");
  request.ranges.clear();
}

void HttpListener::close_idle() {
  const auto now = SteadyClock::now();
  const std::lock_guard lock(mutex_);
  std::erase_if(idle_, [&](const auto& entry) {
    if (entry.second->lingers_until) return *entry.second->lingers_until < now;
    return !entry.second->begun && entry.second->idle_since < now - options_.idle_timeout &&
           !has_unread(entry.first);
  });
  for (const auto& [fd, connection] : idle_) {
    if (connection->begun && *connection->begun + options_.request_timeout < now) {
      arm(*connection, EPOLLOUT, EPOLL_CTL_MOD);  // a thread tells it that it is late
    } else if (connection->idle_since < now - kRestAfter) {
      connection->stream.rest();
    }
  }
}

void HttpListener::finish() {
  ::epoll_ctl(events_, EPOLL_CTL_DEL, svr_sock_, nullptr);
  ::shutdown(svr_sock_, SHUT_RDWR);
  signal_event(over_);
  {
    const std::lock_guard lock(mutex_);
    for (auto& [fd, connection] : idle_) {
      if (connection->waiting) held_[fd] = std::move(connection);
    }
    idle_.clear();
    for (const SharedConnection& connection : busy_) connection->stream.stop_reading();
  }
  for (std::thread& thread : threads_) thread.join();
  answer_held();
  while (true) {
    send_deferred();
    {
      const std::lock_guard lock(mutex_);
      if (busy_.empty()) return;
    }
    epoll_event event{};
    ::epoll_wait(events_, &event, 1, static_cast<int>(kSweepInterval.count()));
  }
}

}  // namespace studyhall::server
