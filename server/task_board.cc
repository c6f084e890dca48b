#include "server/task_board.h"

#include <algorithm>
#include <utility>

#include "core/tags.h"

namespace studyhall::server {

using storage::LeaseRecord;
using storage::TaskRecord;

const std::set<std::int64_t>& TaskBoard::in(TaskState state) const {
  static const std::set<std::int64_t> kNone;
  const auto found = by_state_.find(state);
  return found == by_state_.end() ? kNone : found->second;
}

std::map<std::string, std::int64_t> TaskBoard::counts() const {
  std::map<std::string, std::int64_t> counts;
  if (records_.empty()) return counts;
  for (const TaskState state : {TaskState::Waiting, TaskState::Running, TaskState::Done,
                                TaskState::Failed, TaskState::Cancelled}) {
    counts[std::string(to_string(state))] = std::ssize(in(state));
  }
  return counts;
}

const LeaseRecord* TaskBoard::current_lease(std::int64_t number) const {
  for (const LeaseRecord& lease : record(number).leases) {
    if (lease.current) return &lease;
  }
  return nullptr;
}

std::optional<std::int64_t> TaskBoard::first_waiting(
    std::span<const std::string> accepts, const std::function<bool(const Task&)>& ready) const {
  std::optional<WaitingKey> first;
  for (const std::int64_t number : in(TaskState::Waiting)) {
    const Task& waiting = task(number);
    const WaitingKey key = waiting_key(waiting);
    if (first && *first < key) continue;
    if (accepts_all(accepts, waiting.tags) && ready(waiting)) first = key;
  }
  if (!first) return std::nullopt;
  return std::get<2>(*first);
}

bool TaskBoard::has_open(std::span<const std::string> accepts) const {
  for (const TaskState state : {TaskState::Waiting, TaskState::Running}) {
    for (const std::int64_t number : in(state)) {
      if (accepts_all(accepts, task(number).tags)) return true;
    }
  }
  return false;
}

std::vector<std::int64_t> TaskBoard::expired(Timestamp now) const {
  std::vector<std::int64_t> numbers;
  for (const std::int64_t number : in(TaskState::Running)) {
    const LeaseRecord* lease = current_lease(number);
    if (lease != nullptr && lease->expires_at <= now) numbers.push_back(number);
  }
  return numbers;
}

WaitingKey TaskBoard::waiting_key(const Task& task) {
  return {task.attempt > 0 ? 0 : 2, -task.priority, task.number};
}

void TaskBoard::place(TaskRecord record) {
  const std::int64_t number = record.task.number;
  const TaskState state = record.task.state;
  if (number < size()) {
    TaskRecord& before = records_[static_cast<std::size_t>(number)];
    by_state_[before.task.state].erase(number);
    before = std::move(record);
  } else {
    records_.push_back(std::move(record));
  }
  by_state_[state].insert(number);
}

void TaskBoard::extend_lease(std::int64_t number, Timestamp now) {
  TaskRecord& record = records_[static_cast<std::size_t>(number)];
  for (LeaseRecord& lease : record.leases) {
    if (!lease.current) continue;
    lease.expires_at = std::max(now, record.task.parked_until.value_or(now)) + lease.length;
    moved_.insert(number);
  }
}

std::vector<storage::Write> TaskBoard::take_lease_writes() {
  std::vector<storage::Write> writes;
  for (const std::int64_t number : std::exchange(moved_, {})) {
    const TaskRecord& moved = record(number);
    writes.emplace_back(storage::UpdateTask{moved.task.state, moved});
  }
  return writes;
}

}  // namespace studyhall::server
