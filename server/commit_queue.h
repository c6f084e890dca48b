// Group commit: changes of all studies, submitted by many threads, written in as few transactions
// as the disk allows.
//
// There is no writer thread: the first thread that waits becomes the leader, writes everything that
// is queued as one group, and wakes the others; meanwhile the next group gathers. A single caller
// thus commits groups of one.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "storage/storage.h"

namespace studyhall::server {

// The changes waited for were not written because another program had written to the database; the
// state in memory has been read again. The verb must decide anew.
struct StateIsStale {};

class CommitQueue {
 public:
  struct Entry;
  // Shared by everyone who must not answer before the change is durable.
  using Ticket = std::shared_ptr<Entry>;

  // `on_failure` is called after a group was not written, while nothing else can be: it must see to
  // it that every study is read again from storage, and drop() what was decided on the old state.
  CommitQueue(storage::Storage& storage, std::function<void()> on_failure);

  // Queues changes to be written together. Changes of one study must be submitted in the order of
  // their events, so under that study's lock.
  Ticket submit(std::vector<storage::Change> changes);

  // Returns once the ticket's changes are durable. Throws StateIsStale, or the Error with which
  // they could not be written: Unavailable befalls a whole group, any other (a name that is taken)
  // only the changes that storage refuses. REQUIRES: no study's lock is held.
  void wait(const Ticket& ticket);

  // Runs `work` while no group is being written.
  void exclusively(const std::function<void()>& work);

  // Fails what is queued for `study` as stale: it was decided on a state that was never written.
  void drop(storage::StudyId study);

 private:
  void write_group(std::unique_lock<std::mutex>& lock);
  // One transaction; returns whether it was written, and notes on the entries why not.
  bool write(std::span<const Ticket> entries);
  void write_one_by_one(std::span<const Ticket> entries);

  storage::Storage& storage_;
  std::function<void()> on_failure_;
  std::mutex mutex_;
  std::condition_variable written_;
  std::deque<Ticket> queue_;
  bool leading_ = false;
};

}  // namespace studyhall::server
