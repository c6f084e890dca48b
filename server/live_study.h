// A study that the service has in memory, with its two locks.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "server/asker.h"
#include "server/commit_queue.h"
#include "server/study_model.h"

namespace studyhall::server {

// Answers to requests with an id, as long as they may not be on disk yet, and a while longer.
class RequestMemory {
 public:
  struct Known {
    std::string verb;
    Json answer;
    CommitQueue::Ticket ticket;  // wait for it before repeating the answer
  };
  [[nodiscard]] std::optional<Known> find(const std::string& request_id) const {
    const auto found = known_.find(request_id);
    if (found == known_.end()) return std::nullopt;
    return found->second;
  }
  // Keeps the last 4,096; older ones are on disk.
  void remember(const std::string& request_id, Known known) {
    known_[request_id] = std::move(known);
    order_.push_back(request_id);
    if (order_.size() > 4096) {
      known_.erase(order_.front());
      order_.pop_front();
    }
  }
  void clear() {
    known_.clear();
    order_.clear();
  }

 private:
  std::unordered_map<std::string, Known> known_;
  std::deque<std::string> order_;
};

struct LiveStudy : std::enable_shared_from_this<LiveStudy> {
  storage::StudyRecord record;  // as first read; the model's own is the current one

  // Guards study, epoch, deleted, jumps, requests, latest and stages. Held for memory work only,
  // never while sampling or writing.
  std::mutex mutex;
  std::optional<StudyModel> study;  // absent: must be read (again) from storage
  std::uint64_t epoch = 0;          // counts the readings
  bool deleted = false;
  std::uint64_t jumps = 0;  // of the clock, after which its leases were renewed
  RequestMemory requests;
  CommitQueue::Ticket latest;  // of its changes; null: none since it was read
  // What the holders of running trials and tasks said at their last heartbeat that they are at.
  std::map<std::pair<bool, std::int64_t>, std::string> stages;

  [[nodiscard]] std::string stage(const WorkRef& work) const {
    const auto found = stages.find({work.is_task, work.number});
    return found == stages.end() ? std::string() : found->second;
  }
  // REQUIRES: `study` is read, and the trial or task runs.
  void note_stage(const WorkRef& work, const std::string& stage);

  // One ask at a time; taken before `mutex`. Guards asker and asker_epoch.
  std::mutex ask_mutex;
  std::optional<Asker> asker;
  std::uint64_t asker_epoch = 0;  // the reading that the asker's history belongs to
};

}  // namespace studyhall::server
