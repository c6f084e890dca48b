// TCP on the loopback, byte by byte: clients and servers that do not keep to HTTP.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace studyhall::testing {

// Owns a connected socket. A read that nothing comes for ends after 20 s, so that a broken test
// fails instead of hanging.
class RawSocket {
 public:
  explicit RawSocket(int fd) : fd_(fd) {
    const timeval limit{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  static RawSocket connect_to(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      throw std::runtime_error("cannot connect");
    }
    return RawSocket(fd);
  }
  RawSocket(RawSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  RawSocket& operator=(RawSocket&&) = delete;
  ~RawSocket() {
    if (fd_ >= 0) ::close(fd_);
  }

  // False once the other side is gone.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void finish_sending() const { ::shutdown(fd_, SHUT_WR); }

  // All until the other side closes.
  [[nodiscard]] std::string read_all() const { return read_until(""); }
  // Until `end` was read, or the other side closed.
  [[nodiscard]] std::string read_until(std::string_view end) const {
    std::string text;
    char bytes[4096];
    while (end.empty() || text.find(end) == std::string::npos) {
      const ssize_t n = ::recv(fd_, bytes, sizeof(bytes), 0);
      if (n <= 0) break;
      text.append(bytes, static_cast<std::size_t>(n));
    }
    return text;
  }

  // Whether something has come that was not read yet.
  [[nodiscard]] bool has_input() const {
    char byte = 0;
    return ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
  }

  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

 private:
  int fd_;
};

// Listens on a free port; each connection is given to the next of `scripts`, one after the other,
// and closed when that returns. Connections after the last script are refused.
class RawServer {
 public:
  using Script = std::function<void(RawSocket&)>;

  explicit RawServer(std::vector<Script> scripts) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = RawSocket::loopback(0);
    socklen_t length = sizeof(address);
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(fd_, 16) != 0 ||
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, scripts = std::move(scripts)] { serve(scripts); });
  }
  ~RawServer() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  void serve(const std::vector<Script>& scripts) const {
    for (const Script& script : scripts) {
      const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      RawSocket connection(fd);
      script(connection);
    }
    ::shutdown(fd_, SHUT_RDWR);
  }

  int fd_ = -1;
  int port_ = 0;
  std::thread thread_;
};

// A whole HTTP answer with a JSON (or other) body, after which the connection closes.
inline std::string http_answer(int status, std::string_view body,
                               std::string_view type = "application/json") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" +
         std::string(body);
}

// A script that reads a request's head and body (if it is JSON that ends in "}") and answers.
inline RawServer::Script answering(std::string answer) {
  return [answer = std::move(answer)](RawSocket& connection) {
    const std::string head = connection.read_until("\r\n\r\n");
    if (head.starts_with("POST") && !head.ends_with("}")) {
      static_cast<void>(connection.read_until("}"));
    }
    connection.send(answer);
  };
}

}  // namespace studyhall::testing
