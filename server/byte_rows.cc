#include "server/byte_rows.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace studyhall::server {

namespace {

constexpr std::size_t kBlock = std::size_t{1} << 18;
constexpr std::size_t kLength = sizeof(std::uint32_t);  // before each row
constexpr std::size_t kWorthIt = std::size_t{1} << 20;

std::size_t length_at(const std::uint8_t* row) {
  std::uint32_t length = 0;
  std::memcpy(&length, row, kLength);
  return length;
}

}  // namespace

void ByteRows::put(std::size_t row, Bytes bytes) {
  if (row >= places_.size()) places_.resize(row + 1, kNowhere);
  drop(row);
  places_[row] = append(bytes);
  compact_if_worth_it();
}

void ByteRows::erase(std::size_t row) {
  if (row >= places_.size()) return;
  drop(row);
  compact_if_worth_it();
}

ByteRows::Bytes ByteRows::get(std::size_t row) const {
  if (!has(row)) return {};
  const std::uint64_t place = places_[row];
  const std::uint8_t* const at =
      blocks_[place >> kOffsetBits].bytes.get() + (place & ((std::uint64_t{1} << kOffsetBits) - 1));
  return {at + kLength, length_at(at)};
}

std::size_t ByteRows::allocated() const {
  std::size_t sum = 0;
  for (const Block& block : blocks_) sum += block.size;
  return sum;
}

std::uint64_t ByteRows::append(Bytes bytes) {
  const std::size_t wanted = kLength + bytes.size();
  if (blocks_.empty() || end_ + wanted > blocks_.back().size) {
    const std::size_t size = std::max(kBlock, wanted);
    blocks_.push_back({std::unique_ptr<std::uint8_t[]>(new std::uint8_t[size]), size});
    end_ = 0;
  }
  std::uint8_t* const at = blocks_.back().bytes.get() + end_;
  const auto length = static_cast<std::uint32_t>(bytes.size());
  std::memcpy(at, &length, kLength);
  std::memcpy(at + kLength, bytes.data(), bytes.size());
  const std::uint64_t place = (std::uint64_t{blocks_.size() - 1} << kOffsetBits) | end_;
  end_ += wanted;
  used_ += wanted;
  return place;
}

void ByteRows::drop(std::size_t row) {
  if (places_[row] == kNowhere) return;
  dead_ += kLength + get(row).size();
  places_[row] = kNowhere;
}

void ByteRows::compact_if_worth_it() {
  if (dead_ < kWorthIt || 3 * dead_ < used_) return;
  ByteRows compact;
  compact.places_.reserve(places_.size());
  for (std::size_t row = 0; row < places_.size(); ++row) {
    compact.places_.push_back(has(row) ? compact.append(get(row)) : kNowhere);
  }
  *this = std::move(compact);
}

}  // namespace studyhall::server
