#include "bench/load/reader.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <string_view>

#include "tests/support/raw_socket.h"

namespace studyhall::load {
namespace {

constexpr int kLookMs = 20;  // how often a reader that nothing comes for looks whether to end

}  // namespace

Reader::Reader(int port, const std::string& path, const std::string& accept)
    : thread_([this, port,
               request = fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {}\r\n"
                                     "Connection: close\r\n\r\n",
                                     path, accept)] { read(port, request); }) {}

Reader::~Reader() {
  ends_ = true;
  thread_.join();
}

void Reader::read(int port, const std::string& request) {
  std::array<char, 65'536> buffer{};
  while (!ends_ && !failed_) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = testing::RawSocket::loopback(port);
    failed_ = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0;
    const testing::RawSocket socket(fd);
    socket.send(request);
    for (std::int64_t read = 0; !ends_ && !failed_;) {
      pollfd entry{fd, POLLIN, 0};
      if (::poll(&entry, 1, kLookMs) == 0) continue;
      const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (n <= 0) {
        ++answers_;
        break;
      }
      if (read == 0) {
        failed_ = !std::string_view(buffer.data(), static_cast<std::size_t>(n))
                       .starts_with("HTTP/1.1 200");
      }
      read += n;
      bytes_ += n;
    }
  }
}

}  // namespace studyhall::load
