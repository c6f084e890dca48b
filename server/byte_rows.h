// Rows of bytes by number, in large blocks: a row costs some ten bytes besides its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace studyhall::server {

class ByteRows {
 public:
  using Bytes = std::span<const std::uint8_t>;

  // Adds the row, or replaces it. REQUIRES: not empty, less than 4 GB.
  void put(std::size_t row, Bytes bytes);
  // Forgets the row, where there is one.
  void erase(std::size_t row);
  // Empty: there is none. Valid until the next change.
  [[nodiscard]] Bytes get(std::size_t row) const;
  [[nodiscard]] bool has(std::size_t row) const {
    return row < places_.size() && places_[row] != kNowhere;
  }
  // What the blocks take, for tests.
  [[nodiscard]] std::size_t allocated() const;

 private:
  static constexpr std::uint64_t kNowhere = ~std::uint64_t{0};
  static constexpr int kOffsetBits = 32;
  struct Block {
    std::unique_ptr<std::uint8_t[]> bytes;
    std::size_t size = 0;
  };

  std::uint64_t append(Bytes bytes);
  void drop(std::size_t row);
  // Copies the rows that count into new blocks, where a third of the bytes are of none.
  void compact_if_worth_it();

  std::vector<std::uint64_t> places_;  // by row: block and offset
  std::vector<Block> blocks_;
  std::size_t end_ = 0;   // of the last block
  std::size_t used_ = 0;  // in all blocks
  std::size_t dead_ = 0;  // of them, of rows that were replaced or erased
};

}  // namespace studyhall::server
