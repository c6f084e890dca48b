// The leases of a study's trials: whole while one of them is current, else packed.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/byte_rows.h"
#include "server/packing.h"
#include "storage/storage.h"

namespace studyhall::server {

class LeaseBook {
 public:
  // In the order in which they were given.
  [[nodiscard]] std::vector<storage::LeaseRecord> of(std::int64_t number) const;
  // Null while there is none; valid until the trial's leases change.
  [[nodiscard]] const storage::LeaseRecord* current(std::int64_t number) const;

  // Of the trial lease.number.
  void add(storage::LeaseRecord lease);
  // Moves the current lease's end. REQUIRES: there is one.
  void extend(std::int64_t number, Timestamp expires_at);
  // Nothing where there is none.
  void close(std::int64_t number);
  // Notes which trial keeps the result of the holder of that lease. Returns whether there is one.
  bool mark_told(std::int64_t number, const std::string& token, std::int64_t told_as);

  // What the packed ones take, for tests.
  [[nodiscard]] std::size_t packed_bytes() const { return packed_.allocated(); }

 private:
  void put(std::int64_t number, std::vector<storage::LeaseRecord> leases);

  std::unordered_map<std::int64_t, std::vector<storage::LeaseRecord>> whole_;
  ByteRows packed_;  // by trial number
  TextPool workers_;
  Packer packer_;
};

}  // namespace studyhall::server
