#include "server/commit_queue.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/error.h"

namespace studyhall::server {

struct CommitQueue::Entry {
  std::vector<storage::Change> changes;
  bool done = false;
  bool stale = false;
  std::exception_ptr error;
};

namespace {

constexpr std::size_t kGroupChanges = 512;

// Whether storage refused what it was given, rather than being unable to write.
bool is_refusal(const std::exception_ptr& error) {
  if (!error) return false;
  try {
    std::rethrow_exception(error);
  } catch (const Error& known) {
    return known.code() != ErrorCode::Unavailable;
  } catch (...) {
    return false;
  }
}

}  // namespace

CommitQueue::CommitQueue(storage::Storage& storage, std::function<void()> on_failure)
    : storage_(storage), on_failure_(std::move(on_failure)) {}

CommitQueue::Ticket CommitQueue::submit(std::vector<storage::Change> changes) {
  auto entry = std::make_shared<Entry>();
  entry->changes = std::move(changes);
  const std::lock_guard lock(mutex_);
  queue_.push_back(entry);
  return entry;
}

void CommitQueue::wait(const Ticket& ticket) {
  std::unique_lock lock(mutex_);
  while (!ticket->done) {
    if (leading_) {
      written_.wait(lock);
    } else {
      write_group(lock);
    }
  }
  if (ticket->stale) throw StateIsStale{};
  if (ticket->error) std::rethrow_exception(ticket->error);
}

void CommitQueue::exclusively(const std::function<void()>& work) {
  std::unique_lock lock(mutex_);
  written_.wait(lock, [this] { return !leading_; });
  leading_ = true;
  lock.unlock();
  std::exception_ptr error;
  try {
    work();
  } catch (...) {
    error = std::current_exception();
  }
  lock.lock();
  leading_ = false;
  written_.notify_all();
  if (error) std::rethrow_exception(error);
}

void CommitQueue::drop(storage::StudyId study) {
  const std::lock_guard lock(mutex_);
  const auto of_study = [&](const Ticket& entry) {
    return std::any_of(entry->changes.begin(), entry->changes.end(),
                       [&](const storage::Change& change) { return change.study == study; });
  };
  for (const Ticket& entry : queue_) {
    if (of_study(entry)) entry->done = entry->stale = true;
  }
  std::erase_if(queue_, of_study);
  written_.notify_all();
}

void CommitQueue::write_group(std::unique_lock<std::mutex>& lock) {
  leading_ = true;
  std::vector<Ticket> entries;
  std::size_t changes = 0;
  while (!queue_.empty() && changes < kGroupChanges) {
    changes += queue_.front()->changes.size();
    entries.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  lock.unlock();

  if (!write(entries)) {
    if (entries.size() > 1 && is_refusal(entries.front()->error)) write_one_by_one(entries);
    on_failure_();
  }

  lock.lock();
  for (const Ticket& entry : entries) {
    entry->done = true;
    entry->changes.clear();
  }
  leading_ = false;
  written_.notify_all();
}

bool CommitQueue::write(std::span<const Ticket> entries) {
  std::vector<storage::Change> group;
  for (const Ticket& entry : entries) {
    group.insert(group.end(), entry->changes.begin(), entry->changes.end());
  }
  bool stale = false;
  std::exception_ptr error;
  try {
    stale = storage_.commit(group).outcome == storage::CommitOutcome::Stale;
  } catch (...) {
    error = std::current_exception();
  }
  for (const Ticket& entry : entries) {
    entry->stale = stale;
    entry->error = error;
  }
  return !stale && !error;
}

void CommitQueue::write_one_by_one(std::span<const Ticket> entries) {
  std::set<storage::StudyId> refused;
  for (const Ticket& entry : entries) {
    const bool on_refused =
        std::any_of(entry->changes.begin(), entry->changes.end(),
                    [&](const storage::Change& change) { return refused.contains(change.study); });
    if (on_refused) {
      entry->stale = true;
      entry->error = nullptr;
    } else if (!write({&entry, 1})) {
      for (const storage::Change& change : entry->changes) refused.insert(change.study);
      refused.erase(storage::kNewStudy);
    }
  }
}

}  // namespace studyhall::server
