// What an event does that makes one change.
#pragma once

#include <utility>
#include <vector>

#include "storage/storage.h"

namespace studyhall::server {

inline std::vector<storage::Change> one(storage::Change change) {
  std::vector<storage::Change> changes;
  changes.push_back(std::move(change));
  return changes;
}

}  // namespace studyhall::server
