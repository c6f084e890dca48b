#include "server/packing.h"

#include <bit>
#include <cstring>

#include "core/space.h"

namespace studyhall::server {

namespace {

constexpr std::uint8_t kSmallest = 250;  // naturals up to this one are a byte of their own
constexpr std::uint8_t kInactiveByte = 254;
constexpr std::uint8_t kEightBytes = 255;

}  // namespace

std::uint64_t TextPool::number_of(std::string_view text) {
  if (const auto found = numbers_.find(text); found != numbers_.end()) return found->second;
  const std::uint64_t number = texts_.size();
  numbers_.emplace(texts_.emplace_back(text), number);
  return number;
}

void Packer::natural(std::uint64_t value) {
  while (value >= 0x80) {
    bytes_.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  bytes_.push_back(static_cast<std::uint8_t>(value));
}

void Packer::whole(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  natural((bits << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0));
}

void Packer::number(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  if (value >= 0 && value <= kSmallest) {
    const auto small = static_cast<std::uint8_t>(value);
    if (std::bit_cast<std::uint64_t>(static_cast<double>(small)) == bits) return byte(small);
  }
  if (bits == std::bit_cast<std::uint64_t>(kInactive)) return byte(kInactiveByte);
  std::uint8_t eight[sizeof bits];
  std::memcpy(eight, &bits, sizeof bits);
  byte(kEightBytes);
  raw(eight);
}

void Packer::numbers(std::span<const double> values) {
  natural(values.size());
  for (const double value : values) number(value);
}

void Packer::text(std::string_view value) {
  natural(value.size());
  bytes_.insert(bytes_.end(), value.begin(), value.end());
}

void Packer::json(const Json& value) {
  const std::vector<std::uint8_t> binary = Json::to_cbor(value);
  natural(binary.size());
  raw(binary);
}

void Packer::raw(std::span<const std::uint8_t> bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

std::uint64_t Unpacker::natural() {
  std::uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const std::uint8_t next = byte();
    value |= std::uint64_t{next & 0x7fU} << shift;
    if (next < 0x80) return value;
  }
}

std::int64_t Unpacker::whole() {
  const std::uint64_t bits = natural();
  return static_cast<std::int64_t>((bits >> 1) ^ ((bits & 1) != 0 ? ~std::uint64_t{0} : 0));
}

double Unpacker::number() {
  const std::uint8_t first = byte();
  if (first <= kSmallest) return first;
  if (first == kInactiveByte) return kInactive;
  std::uint64_t bits = 0;
  std::memcpy(&bits, raw(sizeof bits).data(), sizeof bits);
  return std::bit_cast<double>(bits);
}

void Unpacker::numbers(std::vector<double>& into) {
  into.resize(natural());
  for (double& value : into) value = number();
}

std::string Unpacker::text() {
  const std::span<const std::uint8_t> bytes = raw(natural());
  return {bytes.begin(), bytes.end()};
}

Json Unpacker::json() { return Json::from_cbor(raw(natural())); }

std::span<const std::uint8_t> Unpacker::raw(std::size_t count) {
  const std::uint8_t* const from = at_;
  at_ += count;
  return {from, count};
}

}  // namespace studyhall::server
