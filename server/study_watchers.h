// Who wants to know when something of a study was written.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "storage/storage.h"

namespace studyhall::server {

// Thread safety: every call may be made from any thread.
class StudyWatchers {
 public:
  using Notice = std::function<void()>;

  // Calls `notice`, which must be quick, after each commit of the study, from the thread that
  // commits, until what is returned has ended (a call under way may end later).
  std::shared_ptr<void> add(storage::StudyId study, Notice notice);
  void written(storage::StudyId study);

 private:
  std::atomic<bool> any_ = false;
  std::mutex mutex_;
  std::unordered_map<storage::StudyId, std::vector<std::weak_ptr<Notice>>> notices_;
};

}  // namespace studyhall::server
