#include "server/request_id.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "core/hash.h"

namespace studyhall::server {
namespace {

constexpr std::size_t kMaxLength = 64;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

}  // namespace

std::string request_id(std::string_view given) {
  if (!given.empty() && given.size() <= kMaxLength &&
      std::all_of(given.begin(), given.end(), is_plain)) {
    return std::string(given);
  }
  static const std::string kStart = random_token().substr(0, 8);
  static std::atomic<std::uint64_t> count{0};
  return fmt::format("{}-{:x}", kStart, count.fetch_add(1, std::memory_order_relaxed));
}

}  // namespace studyhall::server
