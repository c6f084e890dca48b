// 128 bits that stand for a text, and an index of things by them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace studyhall {

struct Digest {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const Digest&) const = default;
};

// Of 32 lower-case hexadecimal digits, such as config_hash() gives, their value; of any other text
// the first half of its SHA-256.
Digest digest_of(std::string_view text);
// 32 hexadecimal digits.
std::string to_hex(const Digest& digest);

// Positions of things by their digests, in a few bytes each: the things, with their digests, are
// kept elsewhere and found through `digest_at(position)`. Several may have one digest.
class DigestIndex {
 public:
  void clear() { *this = {}; }

  // REQUIRES: position is below 2^32 - 1 and not in the index; digest_at knows it.
  template <typename DigestAt>
  void insert(std::size_t position, const DigestAt& digest_at) {
    if (4 * (count_ + 1) > 3 * slots_.size()) grow(digest_at);
    ++count_;
    put(static_cast<std::uint32_t>(position), digest_at);
  }

  // The positions of that digest, in no order, until `wanted(position)` is true.
  template <typename DigestAt, typename Wanted>
  void find(const Digest& digest, const DigestAt& digest_at, const Wanted& wanted) const {
    if (slots_.empty()) return;
    for (std::size_t slot = home(digest); slots_[slot] != kFree; slot = next(slot)) {
      if (digest_at(slots_[slot]) == digest && wanted(std::size_t{slots_[slot]})) return;
    }
  }

  // Nothing where it is not in the index. digest_at must know it still.
  template <typename DigestAt>
  void erase(std::size_t position, const DigestAt& digest_at) {
    if (slots_.empty()) return;
    std::size_t gap = home(digest_at(position));
    while (slots_[gap] != kFree && slots_[gap] != position) gap = next(gap);
    if (slots_[gap] == kFree) return;
    --count_;
    // What stands behind it and is nearer to its home at the gap moves there.
    for (std::size_t slot = next(gap); slots_[slot] != kFree; slot = next(slot)) {
      const std::size_t its_home = home(digest_at(slots_[slot]));
      if (((slot - its_home) & mask()) < ((slot - gap) & mask())) continue;
      slots_[gap] = slots_[slot];
      gap = slot;
    }
    slots_[gap] = kFree;
  }

 private:
  static constexpr std::uint32_t kFree = ~std::uint32_t{0};
  static constexpr std::size_t kFewest = 16;

  [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
  [[nodiscard]] std::size_t home(const Digest& digest) const { return digest.low & mask(); }
  [[nodiscard]] std::size_t next(std::size_t slot) const { return (slot + 1) & mask(); }

  template <typename DigestAt>
  void put(std::uint32_t position, const DigestAt& digest_at) {
    std::size_t slot = home(digest_at(position));
    while (slots_[slot] != kFree) slot = next(slot);
    slots_[slot] = position;
  }

  template <typename DigestAt>
  void grow(const DigestAt& digest_at) {
    const std::size_t size = slots_.empty() ? kFewest : 2 * slots_.size();
    const std::vector<std::uint32_t> old =
        std::exchange(slots_, std::vector<std::uint32_t>(size, kFree));
    for (const std::uint32_t position : old) {
      if (position != kFree) put(position, digest_at);
    }
  }

  std::vector<std::uint32_t> slots_;  // a power of two of them
  std::size_t count_ = 0;
};

}  // namespace studyhall
