// Group commit: changes of all studies, submitted by many threads, written in as few transactions
// as the disk allows. A thread of the queue writes; while it does the next group gathers.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
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

  using OnWritten = std::function<void(std::span<const storage::Change>)>;

  // `on_failure` is called after a group was not written, while nothing else can be: it must see to
  // it that every study is read again from storage, and drop() what was decided on the old state.
  // `on_written`, which must be quick, is called with what was.
  CommitQueue(storage::Storage& storage, std::function<void()> on_failure, OnWritten on_written);
  // Writes what is queued.
  ~CommitQueue();
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;

  // Queues changes to be written together. Changes of one study must be submitted in the order of
  // their events, so under that study's lock.
  Ticket submit(std::vector<storage::Change> changes);

  // Returns once the ticket's changes are durable. Throws StateIsStale, or the Error with which
  // they could not be written: Unavailable befalls a whole group, any other (a name that is taken)
  // only the changes that storage refuses. REQUIRES: no study's lock is held.
  static void wait(const Ticket& ticket);

  // Calls `done`, which must be quick, once wait() would return: from the queue's thread, or from
  // this one.
  void when_done(const Ticket& ticket, std::function<void()> done);
  // REQUIRES: done.
  [[nodiscard]] static bool is_written(const Ticket& ticket);

  // Runs `work` while no group is being written.
  void exclusively(const std::function<void()>& work);

  // Fails what is queued for `study` as stale: it was decided on a state that was never written.
  void drop(storage::StudyId study);

 private:
  void write_groups();
  std::vector<Ticket> take_group();
  void write_group(std::span<const Ticket> entries);
  // One transaction; returns whether it was written, and notes on the entries why not.
  bool write(std::span<const Ticket> entries);
  void write_one_by_one(std::span<const Ticket> entries);
  void finish(std::span<const Ticket> entries);

  storage::Storage& storage_;
  std::function<void()> on_failure_;
  OnWritten on_written_;
  std::mutex mutex_;  // guards what follows, and the entries' callbacks
  std::condition_variable changed_;
  std::deque<Ticket> queue_;
  bool busy_ = false;  // a group is being written, or must not be
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace studyhall::server
