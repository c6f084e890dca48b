// The trials of a study in memory: those that wait or run whole, those that have ended in some
// hundred bytes each, made again when they are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/trial.h"
#include "server/byte_rows.h"
#include "server/packing.h"

namespace studyhall::server {

// What most loops over all trials look at: read without making the whole trial.
struct TrialOutline {
  TrialState state = TrialState::Waiting;
  Fit fit = Fit::Exact;
  std::optional<FailReason> reason;
  std::int64_t told = 0;
  std::vector<double> values;
  std::vector<double> constraints;
  Config config;
};

class TrialTable {
 public:
  // Replaces the trial of that number. REQUIRES: its number is at most size().
  void put(Trial trial);

  [[nodiscard]] std::size_t size() const { return size_; }
  // A copy. REQUIRES: there is such a trial; so for all that follow.
  [[nodiscard]] Trial operator[](std::size_t number) const;
  [[nodiscard]] TrialState state(std::size_t number) const;
  [[nodiscard]] Config config(std::size_t number) const;
  // Into an outline whose memory is used again.
  void read(std::size_t number, TrialOutline& outline) const;

  // `for (const Trial& trial : table)` makes one trial after the other.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Trial;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = Trial;
    Iterator() = default;
    Iterator(const TrialTable& table, std::size_t number) : table_(&table), number_(number) {}
    Trial operator*() const { return (*table_)[number_]; }
    Iterator& operator++() {
      ++number_;
      return *this;
    }
    void operator++(int) { ++number_; }
    bool operator==(const Iterator& other) const = default;

   private:
    const TrialTable* table_ = nullptr;
    std::size_t number_ = 0;
  };
  [[nodiscard]] Iterator begin() const { return {*this, 0}; }
  [[nodiscard]] Iterator end() const { return {*this, size_}; }
  // What the packed trials take, for tests.
  [[nodiscard]] std::size_t packed_bytes() const { return ended_.allocated(); }

 private:
  [[nodiscard]] const Trial* open(std::size_t number) const;

  std::size_t size_ = 0;
  std::unordered_map<std::size_t, Trial> open_;  // waiting and running
  ByteRows ended_;
  TextPool texts_;
  // Of ended trials whose record has what few have.
  std::unordered_map<std::size_t, TrialRecord> rare_;
  Packer packer_;
};

}  // namespace studyhall::server
