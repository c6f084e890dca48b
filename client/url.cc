#include "client/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/error.h"

namespace studyhall::client {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

[[noreturn]] void refuse(std::string_view url, std::string_view why) {
  throw Error(ErrorCode::Invalid,
              fmt::format("server URL {}: {}, expected http://HOST:PORT", brief(Json(url)), why));
}

bool is_host(std::string_view host, bool bracketed) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [&](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_' ||
           (bracketed && (c == ':' || c == '%'));
  });
}

bool is_prefix(std::string_view path) {
  return std::all_of(path.begin(), path.end(), [](char c) {
    return is_letter_or_digit(c) || std::string_view("/-._~%").find(c) != std::string_view::npos;
  });
}

int parse_port(std::string_view url, std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port < 1 || port > 65535) {
    refuse(url, fmt::format("port {} is not a number from 1 to 65535", brief(Json(text))));
  }
  return port;
}

}  // namespace

std::string ServerUrl::text() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return fmt::format("http{}://{}{}{}:{}{}", tls ? "s" : "", is_v6 ? "[" : "", host,
                     is_v6 ? "]" : "", port, prefix);
}

ServerUrl parse_server_url(std::string_view url) {
  ServerUrl parsed;
  parsed.tls = url.starts_with("https://");
  const std::string_view scheme = parsed.tls ? "https://" : "http://";
  if (parsed.tls) parsed.port = 443;
  if (!url.starts_with(scheme)) refuse(url, "does not begin with http:// or https://");
  if (url.find_first_of("?#") != std::string_view::npos) refuse(url, "has a query or a fragment");

  std::string_view rest = url.substr(scheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view prefix = rest.substr(slash);
  std::string_view authority = rest.substr(0, slash);
  if (authority.find('@') != std::string_view::npos) {
    throw Error(ErrorCode::Invalid,
                "server URL: has a user name; a token goes into STUDY_TOKEN, the URL is "
                "http://HOST:PORT");
  }
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (!is_prefix(prefix)) refuse(url, "has a path with characters that must be percent-encoded");

  parsed.prefix = prefix;
  const bool bracketed = authority.starts_with('[');
  const std::size_t end =
      bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (end == std::string_view::npos) refuse(url, "has a bracket that does not close");
  parsed.host = bracketed ? authority.substr(1, end - 1) : authority.substr(0, end);
  if (!is_host(parsed.host, bracketed)) refuse(url, "has no valid host");
  const std::string_view port = authority.substr(end + (bracketed ? 1 : 0));
  if (port.empty()) return parsed;
  if (!port.starts_with(':')) refuse(url, "has text after the host");
  parsed.port = parse_port(url, port.substr(1));
  return parsed;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kDigits[byte >> 4];
    encoded += kDigits[byte & 0xF];
  }
  return encoded;
}

}  // namespace studyhall::client
