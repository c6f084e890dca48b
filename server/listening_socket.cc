#include "server/listening_socket.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "core/error.h"

namespace studyhall::server {
namespace {

constexpr int kBacklog = 1024;

// A listening socket on `address`, or -1 with errno.
int open_listener(const addrinfo& address) {
  const int fd = ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                          address.ai_protocol);
  if (fd < 0) return -1;
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (::bind(fd, address.ai_addr, address.ai_addrlen) == 0 && ::listen(fd, kBacklog) == 0) {
    return fd;
  }
  const int cause = errno;
  ::close(fd);
  errno = cause;
  return -1;
}

int bound_port(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return -1;
  char service[NI_MAXSERV] = "";
  if (::getnameinfo(reinterpret_cast<sockaddr*>(&storage), length, nullptr, 0, service,
                    sizeof(service), NI_NUMERICSERV) != 0) {
    return -1;
  }
  return std::atoi(service);
}

Error cannot_listen(const std::string& host, int port, const std::string& cause,
                    std::string_view hint) {
  const bool is_v6 = host.find(':') != std::string::npos;
  return Error(ErrorCode::Unavailable,
               fmt::format("cannot listen on {}{}{}:{}: {}{}", is_v6 ? "[" : "", host,
                           is_v6 ? "]" : "", port, cause, hint));
}

std::string_view hint_for(int cause) {
  switch (cause) {
    case EADDRINUSE:
      return "; another program, perhaps another server, has this port: choose one with --port";
    case EACCES:
      return "; ports below 1024 are for root: choose one with --port";
    case EADDRNOTAVAIL:
      return "; no network interface of this machine has that address";
    default:
      return "";
  }
}

}  // namespace

ListeningSocket listen_on(const std::string& host, int port) {
  if (port < 0 || port > 65535) {
    throw cannot_listen(host, port, "expected a port from 0 to 65535", "");
  }
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const std::string service = std::to_string(port);
  const int result = ::getaddrinfo(host.c_str(), service.c_str(), &hints, &found);
  if (result != 0) {
    throw cannot_listen(host, port, ::gai_strerror(result),
                        "; expected an address or a name of this machine, as 127.0.0.1 or 0.0.0.0");
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  int cause = 0;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    const int fd = open_listener(*address);
    if (fd < 0) {
      cause = errno;
      continue;
    }
    return {.fd = fd, .port = bound_port(fd)};
  }
  throw cannot_listen(host, port, std::strerror(cause), hint_for(cause));
}

}  // namespace studyhall::server
