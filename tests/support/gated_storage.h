// A Storage whose commits can be made to wait.
#pragma once

#include <condition_variable>
#include <mutex>
#include <span>

#include "tests/support/failing_storage.h"

namespace studyhall::testing {

class GatedStorage final : public FailingStorage {
 public:
  using FailingStorage::FailingStorage;

  void close_gate() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  void open_gate() {
    {
      const std::lock_guard lock(mutex_);
      open_ = true;
    }
    changed_.notify_all();
  }
  // Returns once a commit waits at the closed gate.
  void wait_for_a_commit() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }

  storage::CommitResult commit(std::span<const storage::Change> group) override {
    {
      std::unique_lock lock(mutex_);
      ++waiting_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return open_; });
      --waiting_;
      sizes_.push_back(group.size());
    }
    return FailingStorage::commit(group);
  }
  // Changes in each commit so far.
  std::vector<std::size_t> sizes() {
    const std::lock_guard lock(mutex_);
    return sizes_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int waiting_ = 0;
  std::vector<std::size_t> sizes_;
};

}  // namespace studyhall::testing
