#include "server/http_policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace studyhall::server {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// A Host header, or what stands behind the scheme of an origin, without its port.
std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

bool is_reading(const std::string& method) { return method == "GET" || method == "HEAD"; }

}  // namespace

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.");
}

HttpPolicy::HttpPolicy(const std::string& host, const std::vector<std::string>& allowed_hosts,
                       std::vector<std::string> cors_origins)
    : origins_(std::move(cors_origins)) {
  if (!is_loopback(host)) return;
  hosts_ = {"localhost", "127.0.0.1", "[::1]", lower(host)};
  for (const std::string& allowed : allowed_hosts) hosts_.push_back(lower(allowed));
}

bool HttpPolicy::is_cors_origin(const std::string& origin) const {
  return std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
}

void HttpPolicy::check(const httplib::Request& request) const {
  const std::string host = request.get_header_value("Host");
  if (!hosts_.empty() && !host.empty()) {
    const std::string name = lower(without_port(host));
    if (std::find(hosts_.begin(), hosts_.end(), name) == hosts_.end()) {
      throw Error(
          ErrorCode::Forbidden,
          fmt::format("Host {}: this server is only for its own machine; expected localhost "
                      "or 127.0.0.1 (`study serve --allow-host` takes another name)",
                      brief(Json(host))));
    }
  }
  // A web page of another site could otherwise write into a server on its reader's machine:
  // browsers send a POST without a body, or with one that is not JSON, to any address without
  // asking first.
  if (is_reading(request.method) || !request.has_header("Origin")) return;
  const std::string origin = request.get_header_value("Origin");
  const std::size_t scheme = origin.find("://");
  if (scheme != std::string::npos && origin.substr(scheme + 3) == host) return;
  if (is_cors_origin(origin)) return;
  throw Error(ErrorCode::Malformed,
              fmt::format("Origin {}: requests from pages of other sites are not taken",
                          brief(Json(origin))));
}

bool HttpPolicy::answer_preflight(const httplib::Request& request,
                                  httplib::Response& response) const {
  if (request.method != "OPTIONS" || !request.has_header("Access-Control-Request-Method") ||
      !is_cors_origin(request.get_header_value("Origin"))) {
    return false;
  }
  response.status = 204;
  response.set_header("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE");
  response.set_header("Access-Control-Allow-Headers",
                      "Authorization, Content-Type, If-None-Match, Last-Event-ID, "
                      "MCP-Protocol-Version, X-Request-Id");
  response.set_header("Access-Control-Max-Age", "600");
  return true;
}

void HttpPolicy::finish(const httplib::Request& request, httplib::Response& response) const {
  std::string_view rest = kSecurityHeaders;
  while (!rest.empty()) {
    const std::size_t colon = rest.find(": ");
    const std::size_t end = rest.find("\r\n");
    response.headers.emplace(rest.substr(0, colon), rest.substr(colon + 2, end - colon - 2));
    rest.remove_prefix(end + 2);
  }
  if (origins_.empty()) return;
  response.headers.emplace("Vary", "Origin");
  const std::string origin = request.get_header_value("Origin");
  if (!is_cors_origin(origin)) return;
  response.headers.emplace("Access-Control-Allow-Origin", origin);
  response.headers.emplace("Access-Control-Expose-Headers", "ETag, X-Request-Id, Retry-After");
}

}  // namespace studyhall::server
