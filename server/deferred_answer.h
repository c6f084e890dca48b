// Answers that hold no thread while they wait: for the disk, or for something to answer.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "server/commit_queue.h"
#include "server/live_stream.h"

namespace studyhall::server {

// What a request waits for before it is decided anew. Its end ends the wait.
class Waiting {
 public:
  Waiting() = default;
  virtual ~Waiting() = default;
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  // Calls `wake`, which must be quick, once there may be another decision, from any thread. May be
  // called again after that.
  virtual void begin(std::function<void()> wake) = 0;
};

// While one is open, the verbs that this thread calls need not wait for their commits: they leave
// the tickets here. Whoever opened it keeps the answer back until they are written, and if they are
// not, throws the answer away and calls again. Nor need they wait for anything else: what they
// would wait for they leave here too, and are called again once it wakes.
class DeferredAnswer {
 public:
  struct Terms {
    bool may_defer = true;                      // false: a verb waits for its commit
    bool may_wait = true;                       // false: a verb answers what it has now
    std::shared_ptr<Waiting> waited = nullptr;  // for which it is called again
  };

  // REQUIRES: none is open on this thread.
  explicit DeferredAnswer(Terms terms);
  ~DeferredAnswer();
  DeferredAnswer(const DeferredAnswer&) = delete;
  DeferredAnswer& operator=(const DeferredAnswer&) = delete;

  // The one that is open on this thread, or null.
  static DeferredAnswer* current();

  // The answer cannot be asked for again: from now on neither may be.
  void refuse() { terms_.may_defer = terms_.may_wait = false; }
  [[nodiscard]] bool may_defer() const { return terms_.may_defer; }
  [[nodiscard]] bool may_wait() const { return terms_.may_wait; }
  [[nodiscard]] const std::shared_ptr<Waiting>& waited() const { return terms_.waited; }

  // Takes tickets of `queue`, which are done in the order in which they are given. REQUIRES:
  // may_defer().
  void add(CommitQueue& queue, const std::vector<CommitQueue::Ticket>& tickets);
  // The answer goes on. REQUIRES: may_wait().
  void go_on(std::shared_ptr<LiveStream> live) { live_ = std::move(live); }
  [[nodiscard]] const std::shared_ptr<LiveStream>& live() const { return live_; }
  // The answer is none; it is to be asked for again. REQUIRES: may_wait().
  void wait_for(std::shared_ptr<Waiting> waiting) { waiting_ = std::move(waiting); }

  [[nodiscard]] const std::shared_ptr<Waiting>& waiting() const { return waiting_; }
  [[nodiscard]] bool is_pending() const { return !tickets_.empty(); }
  // Calls done(whether all are written) once that is known, from any thread. REQUIRES:
  // is_pending().
  void when_known(std::function<void(bool written)> done);

 private:
  Terms terms_;
  std::shared_ptr<Waiting> waiting_;
  std::shared_ptr<LiveStream> live_;
  CommitQueue* queue_ = nullptr;
  std::vector<CommitQueue::Ticket> tickets_;
};

}  // namespace studyhall::server
