#include "server/compression.h"

#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <new>

#include "core/error.h"

namespace studyhall::server {
namespace {

constexpr int kLevel = 4;  // half as large again as at 9 on our answers, in a tenth of the time
// Large answers are columns of numbers: 5 % larger than at 4, in half the time.
constexpr int kFastLevel = 1;
constexpr std::size_t kFastFromBytes = 1 << 20;
constexpr int kGzipWindow = 15 + 16;
constexpr int kMemory = 8;
constexpr std::size_t kPieceBytes = 32'768;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

// A weight of zero refuses: "q=0", "q=0.000".
bool is_refused(std::string_view parameters) {
  const std::size_t at = parameters.find("q=");
  if (at == std::string_view::npos) return false;
  const std::string_view weight = trimmed(parameters.substr(at + 2));
  return !weight.empty() && weight.find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  bool any = false;
  while (!accept_encoding.empty()) {
    const std::size_t end = std::min(accept_encoding.find(','), accept_encoding.size());
    const std::string_view item = accept_encoding.substr(0, end);
    accept_encoding.remove_prefix(std::min(end + 1, accept_encoding.size()));
    const std::size_t semicolon = std::min(item.find(';'), item.size());
    const std::string_view name = trimmed(item.substr(0, semicolon));
    const bool refused = is_refused(item.substr(semicolon));
    if (is_same(name, "gzip") || is_same(name, "x-gzip")) return !refused;
    if (name == "*") any = !refused;
  }
  return any;
}

class Gzip::State {
 public:
  explicit State(int level) {
    if (::deflateInit2(&stream_, level, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~State() { ::deflateEnd(&stream_); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::string take(std::string_view text, int flush) {
    std::string out;
    // zlib does not write to what it reads.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    do {
      const std::size_t before = out.size();
      out.resize(before + kPieceBytes);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
      stream_.avail_out = kPieceBytes;
      ::deflate(&stream_, flush);
      out.resize(out.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
    return out;
  }

 private:
  z_stream stream_{};
};

Gzip::Gzip(std::size_t expected_bytes)
    : state_(std::make_unique<State>(expected_bytes < kFastFromBytes ? kLevel : kFastLevel)) {}
Gzip::~Gzip() = default;
std::string Gzip::add(std::string_view piece) { return state_->take(piece, Z_NO_FLUSH); }
std::string Gzip::finish() { return state_->take({}, Z_FINISH); }

std::string gzip(std::string_view text) {
  Gzip gzip(text.size());
  std::string out = gzip.add(text);
  out += gzip.finish();
  return out;
}

std::string gunzip(std::string_view packed) {
  z_stream stream{};
  if (::inflateInit2(&stream, kGzipWindow) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, int (*)(z_stream*)> ended(&stream, ::inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  int status = Z_OK;
  while (status == Z_OK) {
    const std::size_t before = out.size();
    out.resize(before + kPieceBytes);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = kPieceBytes;
    status = ::inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  if (status != Z_STREAM_END) throw Error(ErrorCode::Corrupt, "compressed data: broken");
  return out;
}

}  // namespace studyhall::server
