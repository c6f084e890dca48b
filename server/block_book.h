// Which blocks of trials (storage::PutTrialBlock) are to be written.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace studyhall::server {

class BlockBook {
 public:
  // A trial is now as said; a new one had not ended. One that had is changed: its block has gone.
  void note(std::int64_t number, bool had_ended, bool has_ended);
  // Storage has the block of these trials, as they are.
  void note_stored(std::int64_t first) { due_.erase(first); }
  // Storage has no block any more.
  void forget_stored();

  // The first trial of a block that storage should have, which from now on it has.
  [[nodiscard]] std::optional<std::int64_t> take();

 private:
  std::vector<std::int64_t> ended_;  // trials by block
  std::set<std::int64_t> due_;       // first trials
};

}  // namespace studyhall::server
