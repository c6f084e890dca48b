#include "server/router.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/json_field.h"
#include "core/space.h"
#include "core/study_api_json.h"
#include "server/http_error.h"

namespace studyhall::server {
namespace {

// A body of the largest size could otherwise be millions of them, at many times its memory.
constexpr std::size_t kMaxValues = 200'000;

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> segments;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    segments.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return segments;
}

bool is_parameter(std::string_view segment) { return segment.starts_with('{'); }

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  return std::equal(pattern.begin(), pattern.end(), path.begin(), path.end(),
                    [](const std::string& expected, const std::string& found) {
                      return is_parameter(expected) ? !found.empty() : expected == found;
                    });
}

bool is_utf8(const std::string& text) {
  try {
    Json(text).dump();
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

std::string decode_segment(std::string_view segment) {
  std::string decoded;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != '%') {
      decoded += segment[i];
      continue;
    }
    unsigned char byte = 0;
    const std::string_view digits = segment.substr(i + 1, 2);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2 || byte == 0) {
      throw Error(ErrorCode::Malformed,
                  fmt::format("path: \"%{}\" is not an encoded byte", brief(Json(digits))));
    }
    decoded += static_cast<char>(byte);
    i += 2;
  }
  if (!is_utf8(decoded)) throw Error(ErrorCode::Malformed, "path: not UTF-8");
  return decoded;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Reply method_not_allowed(const std::string& method, const std::vector<std::string>& allowed) {
  const std::string list = fmt::format("{}", fmt::join(allowed, ", "));
  Reply reply;
  reply.status = 405;
  reply.headers["Allow"] = list;
  reply.body = error_json("unsupported", fmt::format("method {}: expected {}", method, list),
                          Json{{"allow", allowed}});
  return reply;
}

}  // namespace

Json Call::json(Comments comments) const {
  return body.empty() ? Json::object() : parse_json(body, "request body", comments, kMaxValues);
}

std::string Call::only_string(std::string_view name) const {
  const Json object = json();
  std::vector<Problem> problems;
  ObjectReader reader(JsonField(&object, "", &problems));
  const auto value = reader.field(name).string();
  reader.close();
  if (!problems.empty()) {
    throw Error::from_problems(ErrorCode::Malformed, "request body", problems);
  }
  return value.value_or("");
}

std::int64_t Call::number(std::size_t position) const {
  const auto number = parse_integer(args.at(position));
  if (!number || *number < 0) {
    throw Error(ErrorCode::Malformed, fmt::format("number {}: expected a whole number from 0",
                                                  brief(Json(args.at(position)))));
  }
  return *number;
}

void Router::add(std::string_view method, std::string_view pattern, Handler handler) {
  routes_.push_back(
      {std::string(method), std::string(pattern), split_path(pattern), std::move(handler)});
}

std::vector<std::string> Router::names() const {
  std::vector<std::string> names;
  for (const Route& route : routes_) names.push_back(route.method + " " + route.pattern);
  return names;
}

Reply Router::handle(Call call, std::string_view target) const {
  int number = -1;
  try {
    const std::string_view path = target.substr(0, target.find('?'));
    const std::vector<std::string> segments = split_path(path);
    const std::string method = call.method == "HEAD" ? "GET" : call.method;
    std::vector<std::string> allowed;
    for (const Route& route : routes_) {
      if (!matches(route.segments, segments)) continue;
      if (route.method != method) {
        allowed.push_back(route.method);
        continue;
      }
      for (std::size_t i = 0; i < segments.size(); ++i) {
        if (is_parameter(route.segments[i])) call.args.push_back(decode_segment(segments[i]));
      }
      call.pattern = route.pattern;
      number = static_cast<int>(&route - routes_.data());
      if (guard_) guard_(call);
      Reply reply = route.handler(call);
      reply.route = number;
      return reply;
    }
    if (!allowed.empty()) return method_not_allowed(call.method, allowed);
    throw Error(ErrorCode::NotFound, fmt::format("no such path: {}", brief(Json(path))));
  } catch (...) {
    Reply reply = reply_to_current_exception();
    reply.route = number;
    return reply;
  }
}

Reply reply_to_current_exception() {
  Reply reply;
  try {
    throw;
  } catch (const Error& error) {
    reply.status = http_status(error.code());
    reply.body = error_json(error);
    if (error.code() == ErrorCode::Unavailable) reply.headers.emplace("Retry-After", "1");
  } catch (const std::exception& error) {
    reply.status = 500;
    reply.body = error_json("internal", fmt::format("internal error: {}", error.what()));
  } catch (...) {
    reply.status = 500;
    reply.body = error_json("internal", "internal error");
  }
  if (reply.status == 500) spdlog::error("{}", dump_json(reply.body));
  return reply;
}

std::int64_t QueryReader::integer(const std::string& name, std::int64_t absent, std::int64_t low,
                                  std::int64_t high) {
  const auto given = text(name);
  if (!given) return absent;
  const auto value = parse_integer(*given);
  if (!value) {
    throw Error(ErrorCode::Malformed, fmt::format("query parameter {}: {}, expected a whole number",
                                                  name, brief(Json(*given))));
  }
  if (*value < low || *value > high) {
    const std::string range = high == std::numeric_limits<std::int64_t>::max()
                                  ? fmt::format("at least {}", low)
                                  : fmt::format("{} to {}", low, high);
    throw Error(ErrorCode::Invalid,
                fmt::format("query parameter {}: {}, expected {}", name, *value, range));
  }
  return *value;
}

double QueryReader::number(const std::string& name, double absent) {
  const auto given = text(name);
  if (!given) return absent;
  double value = 0;
  const char* end = given->data() + given->size();
  const auto [stop, fault] = std::from_chars(given->data(), end, value);
  if (fault != std::errc{} || stop != end || !std::isfinite(value)) {
    throw Error(ErrorCode::Malformed, fmt::format("query parameter {}: {}, expected a number", name,
                                                  brief(Json(*given))));
  }
  return value;
}

std::optional<std::string> QueryReader::text(const std::string& name) {
  known_.push_back(name);
  if (query_.count(name) > 1) {
    throw Error(ErrorCode::Malformed, fmt::format("query parameter {}: given twice", name));
  }
  const auto found = query_.find(name);
  if (found == query_.end()) return std::nullopt;
  if (!is_utf8(found->second)) {
    throw Error(ErrorCode::Malformed, fmt::format("query parameter {}: not UTF-8", name));
  }
  return found->second;
}

void QueryReader::finish() const {
  for (const auto& [name, value] : query_) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    const auto nearest = nearest_name(name, known_);
    std::string expected = "this path takes none";
    if (nearest) {
      expected = fmt::format("did you mean {}?", *nearest);
    } else if (!known_.empty()) {
      expected = fmt::format("expected {}", fmt::join(known_, ", "));
    }
    throw Error(ErrorCode::Malformed,
                fmt::format("unknown query parameter {}: {}", brief(Json(name)), expected));
  }
}

}  // namespace studyhall::server
