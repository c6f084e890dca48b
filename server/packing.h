// Values as few bytes, and back: for what is kept of very many ended trials and leases.
//
// The form may change from build to build: what is kept of it on a disk names its form and can be
// done without (server/trial_block.cc).
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/json.h"

namespace studyhall::server {

// Texts of which many are the same, such as workers' names: each is kept once and has a number.
class TextPool {
 public:
  std::uint64_t number_of(std::string_view text);
  [[nodiscard]] const std::string& text(std::uint64_t number) const { return texts_[number]; }
  [[nodiscard]] std::uint64_t size() const { return texts_.size(); }

 private:
  std::deque<std::string> texts_;  // stay where they are
  std::unordered_map<std::string_view, std::uint64_t> numbers_;
};

class Packer {
 public:
  void clear() { bytes_.clear(); }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }

  void byte(std::uint8_t value) { bytes_.push_back(value); }
  void natural(std::uint64_t value);  // one byte below 128
  void whole(std::int64_t value);     // one byte from -64 to 63
  // One byte for a small natural number and for kInactive; else the eight that it has.
  void number(double value);
  void numbers(std::span<const double> values);
  void text(std::string_view value);
  void json(const Json& value);
  void raw(std::span<const std::uint8_t> bytes);

 private:
  std::vector<std::uint8_t> bytes_;
};

// Reads in the order in which a Packer wrote. REQUIRES: what is asked for is what was written.
class Unpacker {
 public:
  explicit Unpacker(std::span<const std::uint8_t> bytes) : at_(bytes.data()) {}

  [[nodiscard]] std::uint8_t byte() { return *at_++; }
  [[nodiscard]] std::uint64_t natural();
  [[nodiscard]] std::int64_t whole();
  [[nodiscard]] double number();
  void numbers(std::vector<double>& into);
  [[nodiscard]] std::string text();
  [[nodiscard]] Json json();
  [[nodiscard]] std::span<const std::uint8_t> raw(std::size_t count);

 private:
  const std::uint8_t* at_;
};

}  // namespace studyhall::server
