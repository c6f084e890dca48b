// A Storage that counts the commits of another.
#pragma once

#include <memory>

#include "server/metrics.h"
#include "storage/storage.h"

namespace studyhall::server {

// Both must outlive it.
std::unique_ptr<storage::Storage> meter(storage::Storage& storage, CommitMetrics& metrics);

}  // namespace studyhall::server
