#include "server/commit_queue.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <set>
#include <utility>

#include "core/error.h"

namespace studyhall::server {

struct CommitQueue::Entry {
  std::vector<storage::Change> changes;
  bool stale = false;
  std::exception_ptr error;
  std::vector<std::function<void()>> callbacks;
  std::atomic<bool> done = false;  // what stands above is settled
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

CommitQueue::CommitQueue(storage::Storage& storage, std::function<void()> on_failure,
                         OnWritten on_written)
    : storage_(storage),
      on_failure_(std::move(on_failure)),
      on_written_(std::move(on_written)),
      thread_([this] { write_groups(); }) {}

CommitQueue::~CommitQueue() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

CommitQueue::Ticket CommitQueue::submit(std::vector<storage::Change> changes) {
  auto entry = std::make_shared<Entry>();
  entry->changes = std::move(changes);
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = queue_.empty();
    queue_.push_back(entry);
  }
  if (first) changed_.notify_all();
  return entry;
}

void CommitQueue::wait(const Ticket& ticket) {
  ticket->done.wait(false);
  if (ticket->stale) throw StateIsStale{};
  if (ticket->error) std::rethrow_exception(ticket->error);
}

void CommitQueue::when_done(const Ticket& ticket, std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    if (!ticket->done) {
      ticket->callbacks.push_back(std::move(done));
      return;
    }
  }
  done();
}

bool CommitQueue::is_written(const Ticket& ticket) { return !ticket->stale && !ticket->error; }

void CommitQueue::exclusively(const std::function<void()>& work) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !busy_; });
  busy_ = true;
  lock.unlock();
  std::exception_ptr error;
  try {
    work();
  } catch (...) {
    error = std::current_exception();
  }
  lock.lock();
  busy_ = false;
  lock.unlock();
  changed_.notify_all();
  if (error) std::rethrow_exception(error);
}

void CommitQueue::drop(storage::StudyId study) {
  std::vector<Ticket> dropped;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(queue_, [&](const Ticket& entry) {
      const bool of_study =
          std::any_of(entry->changes.begin(), entry->changes.end(),
                      [&](const storage::Change& change) { return change.study == study; });
      if (of_study) dropped.push_back(entry);
      return of_study;
    });
  }
  for (const Ticket& entry : dropped) entry->stale = true;
  finish(dropped);
}

void CommitQueue::write_groups() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return !busy_ && (ending_ || !queue_.empty()); });
    if (queue_.empty()) return;
    const std::vector<Ticket> entries = take_group();
    busy_ = true;
    lock.unlock();
    write_group(entries);
    finish(entries);
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

std::vector<CommitQueue::Ticket> CommitQueue::take_group() {
  std::vector<Ticket> entries;
  std::size_t changes = 0;
  while (!queue_.empty() && changes < kGroupChanges) {
    changes += queue_.front()->changes.size();
    entries.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return entries;
}

void CommitQueue::write_group(std::span<const Ticket> entries) {
  if (write(entries)) return;
  if (entries.size() > 1 && is_refusal(entries.front()->error)) write_one_by_one(entries);
  on_failure_();
}

void CommitQueue::finish(std::span<const Ticket> entries) {
  std::vector<std::function<void()>> callbacks;
  {
    const std::lock_guard lock(mutex_);
    for (const Ticket& entry : entries) {
      std::move(entry->callbacks.begin(), entry->callbacks.end(), std::back_inserter(callbacks));
      entry->callbacks.clear();
      entry->changes.clear();
      entry->done = true;
      entry->done.notify_all();
    }
  }
  for (const auto& callback : callbacks) callback();
}

bool CommitQueue::write(std::span<const Ticket> entries) {
  std::vector<storage::Change> group;
  for (const Ticket& entry : entries) {
    std::move(entry->changes.begin(), entry->changes.end(), std::back_inserter(group));
  }
  bool stale = false;
  std::exception_ptr error;
  try {
    stale = storage_.commit(group).outcome == storage::CommitOutcome::Stale;
  } catch (...) {
    error = std::current_exception();
  }
  if (!stale && !error) on_written_(group);
  auto given_back = group.begin();
  for (const Ticket& entry : entries) {
    for (storage::Change& change : entry->changes) change = std::move(*given_back++);
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
