// A Storage in one SQLite file with Optuna's own tables, which Optuna opens as its own.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "storage/network_mount.h"
#include "storage/storage.h"

namespace studyhall::storage {

struct SqliteOptions {
  Duration busy_timeout = std::chrono::seconds(5);
  // Where the file lies; tests name another mount.
  std::function<Mount(const std::filesystem::path&)> mount_of = studyhall::storage::mount_of;
};

// Opens or creates `file` (write-ahead log, synchronous=FULL, foreign keys on).
//
// Throws Error(Corrupt) for a file that is not a database or has another schema version (naming
// both), Error(Unsupported) with advice for a file on a network mount, where a write-ahead log
// cannot work, Error(Unavailable) where it cannot be opened or created.
std::unique_ptr<Storage> open_sqlite_storage(const std::filesystem::path& file,
                                             const SqliteOptions& options = {});

}  // namespace studyhall::storage
