// What the only writer of a file knows of its rows, having written them: saves it from asking
// before each write.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>

#include "core/trial.h"
#include "storage/storage.h"
#include "storage/stored_spec.h"

namespace studyhall::storage {

// Holds until another program writes or a transaction is rolled back: then clear() it.
struct KnownRows {
  struct Study {
    std::optional<std::int64_t> last_sequence;
    std::optional<std::int64_t> trials;  // how many
    std::shared_ptr<const StoredSpec> spec;
  };
  // A running trial, as it was written last.
  struct Running {
    std::int64_t trial_id = 0;
    Trial trial;
    std::shared_ptr<const StoredSpec> spec;  // with which its parameters were written
  };

  std::map<StudyId, Study> studies;                                      // that exist
  std::map<StudyId, std::unordered_map<std::int64_t, Running>> running;  // by number
  std::optional<std::int64_t> next_trial_id;

  void clear() { *this = {}; }
};

}  // namespace studyhall::storage
