// What happens to tasks meanwhile, compared with a list of them. Their worker is no other's, and
// does nothing wrong, so that the trials go on as if there were no tasks.
#include <algorithm>
#include <tuple>

#include "tests/server/study_sequence.h"

namespace studyhall::server {

namespace {

constexpr const char* kWorker = "T1";
constexpr int kRetries = 2;
constexpr double kLongLeaseSeconds = 3e7;  // longer than a sequence

}  // namespace

bool Sequence::something_runs() const {
  return reference_.count(TrialState::Running) > 0 ||
         std::any_of(tasks_.begin(), tasks_.end(),
                     [](const SequenceTask& task) { return task.state == TaskState::Running; });
}

void Sequence::act_on_tasks(const Step& step) {
  switch (step.a % 6) {
    case 0:
    case 1:
      return add_task(step);
    case 2:
    case 3:
      return ask_task(step);
    case 4:
      return tell_task(step);
    default:
      return step_in_task(step);
  }
}

void Sequence::add_task(const Step& step) {
  TaskRequest request{.title = "t", .priority = static_cast<double>(step.b % 3)};
  request.retries = kRetries;
  if (step.c % 2 == 0 && !tasks_.empty()) {
    request.after = {static_cast<std::int64_t>(static_cast<std::size_t>(step.b) % tasks_.size())};
  }
  const bool lost = std::ranges::any_of(request.after, [&](std::int64_t n) {
    const TaskState state = tasks_[static_cast<std::size_t>(n)].state;
    return state == TaskState::Failed || state == TaskState::Cancelled;
  });
  const auto number =
      unless_refused<std::int64_t>([&] { return service_->add_task(kStudy, request); });
  require_equal(number.has_value(), !lost, "task taken");
  if (!number) return;
  require_equal(*number, std::ssize(tasks_), "number of a task");
  tasks_.push_back({.priority = request.priority, .after = request.after});
}

void Sequence::ask_task(const Step& step) {
  AskRequest request;
  request.worker = kWorker;
  request.lease_s = kLongLeaseSeconds;
  request.want = Want::Tasks;
  if (step.b % 4 == 0) request.request_id = "task-" + std::to_string(step.c);
  reference_.tidy(clock_.now());
  const AskAnswer answer = service_->ask(kStudy, request);
  if (const auto before = asked_tasks_.find(request.request_id); before != asked_tasks_.end()) {
    require_equal(answer.tasks.at(0).lease.token, before->second, "lease of a repeated ask");
    return;
  }
  if (answer.tasks.empty() && all_wait_allowed()) return;
  using Key = std::tuple<bool, double, std::int64_t>;
  std::optional<Key> first;
  for (std::size_t n = 0; n < tasks_.size() && !reference_.stopped; ++n) {
    const SequenceTask& task = tasks_[n];
    const bool ready = std::ranges::all_of(task.after, [&](std::int64_t awaited) {
      return tasks_[static_cast<std::size_t>(awaited)].state == TaskState::Done;
    });
    if (task.state != TaskState::Waiting || !ready) continue;
    const Key key(task.attempt == 0, -task.priority, static_cast<std::int64_t>(n));
    if (!first || key < *first) first = key;
  }
  require_equal(answer.tasks.size(), first ? std::size_t{1} : std::size_t{0}, "tasks of an ask");
  if (!first) return;
  const AskedTask& asked = answer.tasks.front();
  require_equal(asked.number, std::get<2>(*first), "the task of an ask");
  SequenceTask& task = tasks_[static_cast<std::size_t>(asked.number)];
  task.state = TaskState::Running;
  task.lease = asked.lease.token;
  require_equal(asked.attempt, ++task.attempt, "attempt at a task");
  if (!request.request_id.empty()) asked_tasks_[request.request_id] = task.lease;
}

void Sequence::end_task(std::size_t number, TaskState state) {
  tasks_[number].state = state;
  if (state == TaskState::Done) return;
  for (std::size_t n = 0; n < tasks_.size(); ++n) {
    const auto& after = tasks_[n].after;
    if (tasks_[n].state != TaskState::Waiting) continue;
    if (std::ranges::find(after, static_cast<std::int64_t>(number)) == after.end()) continue;
    end_task(n, TaskState::Failed);
  }
}

void Sequence::tell_task(const Step& step) {
  if (tasks_.empty()) return;
  const std::size_t number = static_cast<std::size_t>(step.b) % tasks_.size();
  SequenceTask& task = tasks_[number];
  TaskTell request{.result = step.c % 2, .lease = task.lease};
  if (step.c % 3 == 1) request.state = TaskState::Failed;
  if (step.c % 9 == 1) request.reason = FailReason::Declined;
  if (step.c % 9 == 4) request.reason = FailReason::Cancelled;
  const auto answer = unless_refused<TaskTellAnswer>(
      [&] { return service_->tell_task(kStudy, static_cast<std::int64_t>(number), request); });
  if (task.state != TaskState::Running) {
    require(!answer || answer->already || task.state == TaskState::Waiting,
            "a result of a task that has ended was taken");
    if (!answer || answer->already) return;
  }
  require(answer.has_value(), "the result of a task was refused");
  const bool back =
      request.reason == FailReason::Cancelled || (request.reason && task.attempt <= kRetries);
  require_equal(answer->requeued, back, "task requeued");
  if (back) {
    task.state = TaskState::Waiting;
  } else {
    end_task(number, request.state);
  }
}

void Sequence::step_in_task(const Step& step) {
  if (tasks_.empty()) return;
  const std::size_t at = static_cast<std::size_t>(step.b) % tasks_.size();
  const auto number = static_cast<std::int64_t>(at);
  SequenceTask& task = tasks_[at];
  if (step.c % 4 == 0) {
    const bool cancelled = unless_refused<bool>([&] {
                             service_->cancel_task(kStudy, number, {"", "Ann"});
                             return true;
                           }).has_value();
    const bool open = !is_finished(task.state);
    require_equal(cancelled, open || task.state == TaskState::Cancelled, "task cancelled");
    if (open) end_task(at, TaskState::Cancelled);
    return;
  }
  if (task.state != TaskState::Running) return;
  if (step.c % 4 == 1) {
    service_->release_task(kStudy, number, task.lease);
    task.state = TaskState::Waiting;
    --task.attempt;
  } else if (step.c % 4 == 2) {
    ParkRequest request;
    request.lease = task.lease;
    request.for_s = 60;
    require(!service_->park_task(kStudy, number, request).stop, "parking of a running task");
  } else {
    require(!service_->heartbeat_task(kStudy, number, {task.lease}).stop, "beat of a running task");
  }
}

void Sequence::compare_tasks() {
  const std::vector<TaskView> views = service_->tasks(kStudy, {});
  require_equal(views.size(), tasks_.size(), "tasks");
  for (std::size_t n = 0; n < views.size(); ++n) {
    const std::string name = fmt::format("task {}: ", n);
    require_equal(to_string(views[n].task.state), to_string(tasks_[n].state), name + "state");
    require_equal(views[n].task.attempt, tasks_[n].attempt, name + "attempt");
  }
}

}  // namespace studyhall::server
