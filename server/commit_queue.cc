#include "server/commit_queue.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace studyhall::server {

struct CommitQueue::Entry {
  std::vector<storage::Change> changes;
  bool done = false;
  bool stale = false;
  std::exception_ptr error;
  std::vector<storage::StudyId> created;
};

namespace {

constexpr std::size_t kGroupChanges = 512;

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

const std::vector<storage::StudyId>& CommitQueue::created(const Ticket& ticket) {
  return ticket->created;
}

void CommitQueue::write_group(std::unique_lock<std::mutex>& lock) {
  leading_ = true;
  std::vector<Ticket> entries;
  std::vector<storage::Change> group;
  while (!queue_.empty() && group.size() < kGroupChanges) {
    const Ticket entry = std::move(queue_.front());
    queue_.pop_front();
    group.insert(group.end(), entry->changes.begin(), entry->changes.end());
    entries.push_back(entry);
  }
  lock.unlock();

  storage::CommitResult result;
  std::exception_ptr error;
  try {
    result = storage_.commit(group);
  } catch (...) {
    error = std::current_exception();
  }
  const bool failed = error || result.outcome == storage::CommitOutcome::Stale;
  if (failed) {
    on_failure_();
  }

  lock.lock();
  auto created = result.created.begin();
  for (const Ticket& entry : entries) {
    entry->done = true;
    entry->error = error;
    entry->stale = failed && !error;
    for (const storage::Change& change : entry->changes) {
      if (!failed && change.study == storage::kNewStudy) entry->created.push_back(*created++);
    }
    entry->changes.clear();
  }
  leading_ = false;
  written_.notify_all();
}

}  // namespace studyhall::server
