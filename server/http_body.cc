#include "server/http_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "core/error.h"

namespace studyhall::server {
namespace {

// A chunk's size line or a trailer may have extensions, which are skipped.
constexpr std::size_t kMaxChunkLineBytes = 1024;
constexpr int kMaxTrailers = 64;
// Size lines may take as many bytes as the body, and this much where the body is small.
constexpr std::size_t kInputSlackBytes = 16 * 1024;

std::optional<std::size_t> parse_size(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

Error too_large(std::size_t max_bytes) {
  return Error(ErrorCode::TooLarge,
               fmt::format("request body: expected at most {} bytes", max_bytes));
}

void read_exactly(SocketStream& stream, std::size_t size, std::string& body) {
  const std::size_t before = body.size();
  body.resize(before + size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n = stream.read(body.data() + before + done, size - done);
    if (n <= 0) {
      throw Error(ErrorCode::Malformed,
                  fmt::format("request body: {} after {} bytes, {} more were announced",
                              stream.timed_out() ? "nothing more came in time" : "ended",
                              before + done, size - done));
    }
    done += static_cast<std::size_t>(n);
  }
}

std::string read_chunk_line(SocketStream& stream) {
  std::string line;
  char c = 0;
  while (line.size() < kMaxChunkLineBytes) {
    if (stream.read(&c, 1) <= 0) {
      throw Error(ErrorCode::Malformed, "request body: ended before its last chunk");
    }
    if (c == '\n') {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      return line;
    }
    line += c;
  }
  throw Error(ErrorCode::Malformed, "request body: the size line of a chunk is too long");
}

std::string read_chunks(SocketStream& stream, std::size_t max_bytes) {
  std::string body;
  while (true) {
    const std::string line = read_chunk_line(stream);
    std::string_view digits = line;
    digits = digits.substr(0, digits.find_first_of("; \t"));
    const auto size = parse_size(digits, 16);
    if (!size) {
      throw Error(ErrorCode::Malformed, "request body: a chunk's size is not a hexadecimal number");
    }
    if (*size == 0) break;
    if (*size > max_bytes - body.size()) throw too_large(max_bytes);
    read_exactly(stream, *size, body);
    if (!read_chunk_line(stream).empty()) {
      throw Error(ErrorCode::Malformed, "request body: a chunk is longer than its size");
    }
  }
  for (int trailers = 0; !read_chunk_line(stream).empty(); ++trailers) {
    if (trailers == kMaxTrailers) {
      throw Error(ErrorCode::Malformed, "request body: too many trailers");
    }
  }
  return body;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return text;
}

// Some clients send a large body only when it is asked for.
void invite(SocketStream& stream, const httplib::Request& request) {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  if (lower(request.get_header_value("Expect")) == "100-continue" && !stream.has_buffered()) {
    stream.write(kContinue.data(), kContinue.size());
  }
}

}  // namespace

std::string read_body(SocketStream& stream, const httplib::Request& request,
                      std::size_t max_bytes) {
  const bool has_length = request.has_header("Content-Length");
  const bool has_transfer = request.has_header("Transfer-Encoding");
  if (!has_length && !has_transfer) return "";

  const std::string encoding = lower(request.get_header_value("Content-Encoding"));
  if (!encoding.empty() && encoding != "identity") {
    throw Error(ErrorCode::Unsupported,
                fmt::format("Content-Encoding {:?}: this build takes bodies as they are",
                            encoding.substr(0, 40)));
  }
  if (has_transfer) {
    if (has_length || request.get_header_value_count("Transfer-Encoding") > 1 ||
        lower(request.get_header_value("Transfer-Encoding")) != "chunked") {
      throw Error(ErrorCode::Malformed,
                  "Transfer-Encoding: expected \"chunked\" alone, without Content-Length");
    }
    stream.limit_bytes(2 * max_bytes + kInputSlackBytes);
    invite(stream, request);
    return read_chunks(stream, max_bytes);
  }

  const std::string text = request.get_header_value("Content-Length");
  const auto length = parse_size(text, 10);
  if (!length || request.get_header_value_count("Content-Length") > 1) {
    throw Error(ErrorCode::Malformed,
                fmt::format("Content-Length {:?}: expected one whole number", text.substr(0, 40)));
  }
  if (*length > max_bytes) throw too_large(max_bytes);
  stream.limit_bytes(*length);
  std::string body;
  if (*length == 0) return body;
  invite(stream, request);
  read_exactly(stream, *length, body);
  return body;
}

}  // namespace studyhall::server
