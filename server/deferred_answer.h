// Answers that are made before what they say is durable, so that no thread waits for the disk.
#pragma once

#include <functional>
#include <vector>

#include "server/commit_queue.h"

namespace studyhall::server {

// While one is open, the verbs that this thread calls need not wait for their commits: they leave
// the tickets here. Whoever opened it keeps the answer back until they are written, and if they are
// not, throws the answer away and calls again without one.
class DeferredAnswer {
 public:
  // REQUIRES: none is open on this thread.
  DeferredAnswer();
  ~DeferredAnswer();
  DeferredAnswer(const DeferredAnswer&) = delete;
  DeferredAnswer& operator=(const DeferredAnswer&) = delete;

  // The one that is open on this thread, or null.
  static DeferredAnswer* current();

  // Takes tickets of `queue`, which are done in the order in which they are given.
  void add(CommitQueue& queue, const std::vector<CommitQueue::Ticket>& tickets);

  [[nodiscard]] bool is_pending() const { return !tickets_.empty(); }
  // Calls done(whether all are written) once that is known, from any thread. REQUIRES:
  // is_pending().
  void when_known(std::function<void(bool written)> done);

 private:
  CommitQueue* queue_ = nullptr;
  std::vector<CommitQueue::Ticket> tickets_;
};

}  // namespace studyhall::server
