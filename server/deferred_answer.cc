#include "server/deferred_answer.h"

#include <algorithm>
#include <utility>

namespace studyhall::server {
namespace {

thread_local DeferredAnswer* open_answer = nullptr;

}  // namespace

DeferredAnswer::DeferredAnswer(Terms terms) : terms_(std::move(terms)) { open_answer = this; }

DeferredAnswer::~DeferredAnswer() { open_answer = nullptr; }

DeferredAnswer* DeferredAnswer::current() { return open_answer; }

void DeferredAnswer::add(CommitQueue& queue, const std::vector<CommitQueue::Ticket>& tickets) {
  queue_ = &queue;
  tickets_.insert(tickets_.end(), tickets.begin(), tickets.end());
}

void DeferredAnswer::when_known(std::function<void(bool written)> done) {
  const CommitQueue::Ticket last = tickets_.back();
  queue_->when_done(last, [tickets = std::move(tickets_), done = std::move(done)] {
    done(std::all_of(tickets.begin(), tickets.end(), CommitQueue::is_written));
  });
}

}  // namespace studyhall::server
