#include "core/digest.h"

#include <algorithm>
#include <charconv>

#include "core/hash.h"

namespace studyhall {

namespace {

constexpr std::size_t kDigits = 32;
constexpr std::string_view kHex = "0123456789abcdef";

std::uint64_t value_of(std::string_view digits) {
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

void append_hex(std::uint64_t value, std::string& out) {
  for (int shift = 60; shift >= 0; shift -= 4) out.push_back(kHex[(value >> shift) & 15]);
}

}  // namespace

Digest digest_of(std::string_view text) {
  const bool is_digest = text.size() == kDigits && std::ranges::all_of(text, [](char c) {
                           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                         });
  if (!is_digest) return digest_of(sha256_hex(text).substr(0, kDigits));
  return {value_of(text.substr(0, kDigits / 2)), value_of(text.substr(kDigits / 2))};
}

std::string to_hex(const Digest& digest) {
  std::string out;
  out.reserve(kDigits);
  append_hex(digest.high, out);
  append_hex(digest.low, out);
  return out;
}

}  // namespace studyhall
