#include "server/http_stream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace studyhall::server {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kInputBytes = 16'384;
constexpr int kPiecesAtOnce = 16;  // thrown away, of what lingers
constexpr std::size_t kFlushAboveBytes = 65'536;
constexpr std::chrono::seconds kWriteTimeout{30};

// Whether the event came before `deadline`.
bool wait_for(int fd, short events, SteadyClock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    if (left.count() < 0) return false;
    pollfd entry{fd, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::min<long>(left.count(), 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

// The value of the first header of this name (in lower case), if there is one.
std::optional<std::string_view> header_of(std::string_view head, std::string_view name) {
  const auto same = [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  };
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;
       at = head.find("\r\n", at + 2)) {
    const std::string_view line = head.substr(at + 2);
    if (line.size() <= name.size() || line[name.size()] != ':' ||
        !std::equal(name.begin(), name.end(), line.begin(),
                    [&](char b, char a) { return same(a, b); })) {
      continue;
    }
    std::string_view value = line.substr(name.size() + 1);
    value = value.substr(0, value.find("\r\n"));
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    return value;
  }
  return std::nullopt;
}

void read_address(const sockaddr_storage& storage, std::string& ip, int& port) {
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, &storage, sizeof(address));
    ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof(text));
    port = ntohs(address.sin_port);
  } else if (storage.ss_family == AF_INET6) {
    sockaddr_in6 address{};
    std::memcpy(&address, &storage, sizeof(address));
    ::inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof(text));
    port = ntohs(address.sin6_port);
  }
  ip = text;
}

}  // namespace

SocketStream::SocketStream(int fd, std::unique_ptr<TlsSession> tls)
    : fd_(fd), tls_(std::move(tls)) {}

SocketStream::~SocketStream() {
  tls_.reset();
  ::close(fd_);
}

TransferStep SocketStream::receive(char* bytes, std::size_t size) {
  if (tls_) return tls_->read(bytes, size);
  const ssize_t n = ::recv(fd_, bytes, size, MSG_DONTWAIT);
  if (n >= 0) return {.bytes = n};
  const bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {.wait_for = static_cast<short>(later ? POLLIN : 0)};
}

TransferStep SocketStream::transmit(const char* bytes, std::size_t size) {
  if (tls_) return tls_->write(bytes, size);
  const ssize_t n = ::send(fd_, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n > 0) return {.bytes = n};
  const bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {.wait_for = static_cast<short>(later ? POLLOUT : 0)};
}

bool SocketStream::take_available() {
  while (true) {
    if (begin_ == end_) begin_ = end_ = 0;
    make_input();
    if (end_ == in_.size()) return true;
    const std::size_t room = in_.size() - end_;
    const TransferStep step = receive(in_.data() + end_, room);
    if (step.bytes <= 0) return step.bytes < 0 && step.wait_for != 0;
    end_ += static_cast<std::size_t>(step.bytes);
    if (!tls_ && static_cast<std::size_t>(step.bytes) < room) return true;
  }
}

bool SocketStream::has_request() const {
  const std::string_view text(in_.data() + begin_, end_ - begin_);
  const std::size_t end_of_head = text.find("\r\n\r\n");
  if (end_of_head == std::string_view::npos) return end_ == in_.size();
  const std::string_view head = text.substr(0, end_of_head);
  const auto length = header_of(head, "content-length");
  if (!length || header_of(head, "expect")) return true;
  std::size_t bytes = 0;
  const auto [rest, error] =
      std::from_chars(length->data(), length->data() + length->size(), bytes);
  const bool fits = error == std::errc() && bytes <= in_.size() - begin_ - (end_of_head + 4);
  return !fits || text.size() >= end_of_head + 4 + bytes;
}

void SocketStream::begin_request(SteadyClock::time_point deadline, std::size_t max_bytes) {
  deadline_ = deadline;
  timed_out_ = false;
  allowed_ = max_bytes;
  if (begin_ == end_) begin_ = end_ = 0;
  request_begin_ = begin_;
  is_whole_ = true;
}

void SocketStream::rewind() {
  begin_ = request_begin_;
  out_.clear();
}

void SocketStream::rest() {
  if (has_buffered() || !out_.empty()) return;
  std::vector<char>().swap(in_);
  std::string().swap(out_);
  begin_ = end_ = 0;
}

void SocketStream::shrink() {
  if (!is_whole_ || has_buffered()) return;
  using Offset = std::vector<char>::difference_type;
  std::vector<char>(in_.begin() + static_cast<Offset>(request_begin_),
                    in_.begin() + static_cast<Offset>(end_))
      .swap(in_);
  request_begin_ = 0;
  begin_ = end_ = in_.size();
}

bool SocketStream::flush_now() {
  std::size_t sent = 0;
  while (sent < out_.size() && !broken_) {
    const TransferStep step = transmit(out_.data() + sent, out_.size() - sent);
    if (step.bytes > 0) {
      sent += static_cast<std::size_t>(step.bytes);
    } else if (step.wait_for != 0) {
      break;
    } else {
      broken_ = true;
    }
  }
  out_.erase(0, broken_ ? out_.size() : sent);
  return out_.empty();
}

bool SocketStream::flush() {
  while (!flush_now()) {
    if (!wait_for(fd_, POLLOUT, SteadyClock::now() + kWriteTimeout)) {
      broken_ = true;
      out_.clear();
    }
  }
  return !broken_;
}

bool SocketStream::linger() {
  if (!std::exchange(lingers_, true)) {
    if (tls_) tls_->close();
    ::shutdown(fd_, SHUT_WR);
  }
  begin_ = end_ = 0;
  make_input();
  for (int pieces = 0; pieces < kPiecesAtOnce; ++pieces) {
    const TransferStep step = receive(in_.data(), in_.size());
    if (step.bytes <= 0) return step.bytes < 0 && step.wait_for != 0;
  }
  return true;
}

void SocketStream::stop_reading() { ::shutdown(fd_, SHUT_RD); }

bool SocketStream::is_readable() const { return has_buffered() || !broken_; }

bool SocketStream::is_writable() const { return !broken_; }

// A whole buffer, unless what is in it keeps one that was shrunk.
void SocketStream::make_input() {
  if (end_ == 0 && in_.size() < kInputBytes) in_.resize(kInputBytes);
}

// Room for more input behind end_: where there is none, what was taken of the request goes.
void SocketStream::make_room() {
  make_input();
  if (end_ < in_.size()) return;
  const std::size_t kept = is_whole_ && request_begin_ > 0 ? request_begin_ : begin_;
  if (kept == begin_) is_whole_ = false;
  std::memmove(in_.data(), in_.data() + kept, end_ - kept);
  begin_ -= kept;
  end_ -= kept;
  request_begin_ = 0;
}

ssize_t SocketStream::fill() {
  make_room();
  // TLS may have bytes that the socket has no more.
  short events = tls_ ? 0 : POLLIN;
  while (true) {
    if (events != 0 && !wait_for(fd_, events, deadline_)) {
      timed_out_ = true;
      return -1;
    }
    const TransferStep step = receive(in_.data() + end_, in_.size() - end_);
    if (step.bytes >= 0) {
      end_ += static_cast<std::size_t>(step.bytes);
      return step.bytes;
    }
    if (step.wait_for == 0) {
      broken_ = true;
      return -1;
    }
    events = step.wait_for;
  }
}

ssize_t SocketStream::read(char* ptr, size_t size) {
  if (allowed_ == 0) return -1;
  if (begin_ == end_) {
    if (!flush()) return -1;
    const ssize_t n = fill();
    if (n <= 0) return n;
  }
  const std::size_t n = std::min({size, end_ - begin_, allowed_});
  std::memcpy(ptr, in_.data() + begin_, n);
  begin_ += n;
  allowed_ -= n;
  return static_cast<ssize_t>(n);
}

ssize_t SocketStream::write(const char* ptr, size_t size) {
  if (broken_) return -1;
  out_.append(ptr, size);
  if (out_.size() > kFlushAboveBytes && !flush()) return -1;
  return static_cast<ssize_t>(size);
}

void SocketStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  if (::getpeername(fd_, reinterpret_cast<sockaddr*>(&storage), &length) == 0) {
    read_address(storage, ip, port);
  }
}

void SocketStream::get_local_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&storage), &length) == 0) {
    read_address(storage, ip, port);
  }
}

}  // namespace studyhall::server
