// The tasks of a study in memory, with their leases.
//
// It keeps what there is; server/study_model_tasks.cc decides what becomes of it. Looking for the
// next task walks all that wait: studies have few tasks and many trials.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "core/task.h"
#include "storage/storage.h"

namespace studyhall::server {

// The order of the queue, for trials and tasks alike: class (0: given back or retried, 1: runs that
// confirm, 2: enqueued), -priority, number.
using WaitingKey = std::tuple<int, double, std::int64_t>;

class TaskBoard {
 public:
  [[nodiscard]] const std::vector<storage::TaskRecord>& records() const { return records_; }
  [[nodiscard]] std::int64_t size() const { return std::ssize(records_); }
  // REQUIRES: 0 <= number < size().
  [[nodiscard]] const storage::TaskRecord& record(std::int64_t number) const {
    return records_[static_cast<std::size_t>(number)];
  }
  [[nodiscard]] const Task& task(std::int64_t number) const { return record(number).task; }
  // Numbers by state, ascending.
  [[nodiscard]] const std::set<std::int64_t>& in(TaskState state) const;
  // By state name, every state present; empty while there are no tasks.
  [[nodiscard]] std::map<std::string, std::int64_t> counts() const;
  [[nodiscard]] const storage::LeaseRecord* current_lease(std::int64_t number) const;
  // The waiting task to hand out first to a worker that accepts these tags (sorted), of those that
  // are `ready`.
  [[nodiscard]] std::optional<std::int64_t> first_waiting(
      std::span<const std::string> accepts, const std::function<bool(const Task&)>& ready) const;
  // Whether a task that is not finished has tags that `accepts` has all of.
  [[nodiscard]] bool has_open(std::span<const std::string> accepts) const;
  // Tasks whose current lease had run out at `now`, ascending.
  [[nodiscard]] std::vector<std::int64_t> expired(Timestamp now) const;
  static WaitingKey waiting_key(const Task& task);

  // Adds the next task, or replaces one.
  void place(storage::TaskRecord record);
  // Moves the current lease's end: its full length from `now`, or from the end of its parking.
  void extend_lease(std::int64_t number, Timestamp now);
  // Writes for the leases moved since the last call.
  std::vector<storage::Write> take_lease_writes();

 private:
  std::vector<storage::TaskRecord> records_;
  std::map<TaskState, std::set<std::int64_t>> by_state_;
  std::set<std::int64_t> moved_;  // whose lease is not written as it is
};

}  // namespace studyhall::server
