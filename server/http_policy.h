// What every request and every answer is held to, whatever its path: which hosts and origins are
// taken, and the headers that keep browsers from doing harm.
#pragma once

#include <httplib.h>

#include <string>
#include <string_view>
#include <vector>

namespace studyhall::server {

// Headers of every answer, "Name: value\r\n" each.
inline constexpr std::string_view kSecurityHeaders =
    "X-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cache-Control: no-store\r\n";

class HttpPolicy {
 public:
  // `host`: what the server listens on. Where that is the loopback, a request must name it, or one
  // of `allowed_hosts`, as its Host: a web page whose name was made to mean 127.0.0.1 names itself.
  // Pages of `cors_origins` ("https://host[:port]") may use the API.
  HttpPolicy(const std::string& host, const std::vector<std::string>& allowed_hosts,
             std::vector<std::string> cors_origins);

  // Throws Error(Forbidden) for a Host that is not the server's, Error(Malformed) for a write from
  // a page of another site.
  void check(const httplib::Request& request) const;
  // Whether it is a browser's question if it may send a request; answered then.
  bool answer_preflight(const httplib::Request& request, httplib::Response& response) const;
  // The headers of every answer, and those for a page of a CORS origin.
  void finish(const httplib::Request& request, httplib::Response& response) const;

 private:
  [[nodiscard]] bool is_cors_origin(const std::string& origin) const;

  std::vector<std::string> hosts_;  // in lower case; empty: any
  std::vector<std::string> origins_;
};

// Whether `host`, an address or a name, is the loopback.
bool is_loopback(std::string_view host);

}  // namespace studyhall::server
