// Where a server is.
#pragma once

#include <string>
#include <string_view>

namespace studyhall::client {

struct ServerUrl {
  std::string host;    // without brackets
  int port = 80;       // as in every http URL (443: https); the server's own default is 8642
  std::string prefix;  // path before /api/v1: empty, or "/..." without a slash at its end

  bool tls = false;  // https

  // "http://host:port/prefix", IPv6 in brackets.
  [[nodiscard]] std::string text() const;
};

// "http://host[:port][/prefix]", or https; the host may be an IPv6 address in brackets.
//
// Throws Error(Invalid) for what is not such a URL.
ServerUrl parse_server_url(std::string_view url);

// `text` as one segment of a path or one value of a query: every byte but letters, digits and
// "-._~" is percent-encoded.
std::string percent_encode(std::string_view text);

}  // namespace studyhall::client
