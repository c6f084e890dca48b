// The trials of a study as storage has them, read ahead by other threads while they are taken in.
#pragma once

#include <cstdint>
#include <deque>
#include <future>
#include <optional>
#include <vector>

#include "server/trial_block.h"
#include "storage/storage.h"

namespace studyhall::server {

class StoredTrials {
 public:
  // Some trials that follow one another.
  struct Piece {
    std::vector<BlockTrial> trials;
    bool is_block = false;  // else they were read from their rows, and what they hold is not known
  };

  // `storage` outlives this.
  StoredTrials(storage::Storage& storage, storage::StudyId study);

  // Ascending by number; an empty piece after the last one. Throws as Storage::trials() does.
  Piece next();

 private:
  struct Range {
    std::int64_t first = 0;
    std::int64_t count = 0;
    bool is_block = false;
  };

  // The range after the last one.
  Range plan();
  [[nodiscard]] Piece read(const Range& range) const;

  storage::Storage& storage_;
  storage::StudyId study_;
  std::deque<std::int64_t> blocks_;  // that are still to come
  std::int64_t planned_ = 0;         // trials
  std::deque<std::future<Piece>> ahead_;
};

}  // namespace studyhall::server
