#include "worker_shim/job.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace studyhall::worker_shim {
namespace {

constexpr std::string_view kTask = "task";

}  // namespace

Job::Job(AskedTask task)
    : is_task(true),
      priority(task.priority),
      tags(std::move(task.tags)),
      after(std::move(task.after)) {
  number = task.number;
  params = Json::object();
  lease = std::move(task.lease);
  attempt = task.attempt;
  title = std::move(task.title);
  description = std::move(task.description);
  insights = std::move(task.insights);
}

std::string Job::label() const { return fmt::format("{}{}", is_task ? "task " : "#", number); }

std::string Job::run_name(const std::string& worker) const {
  return fmt::format("{}-{}{}", worker, is_task ? kTask : "", number);
}

Json Job::config() const {
  if (!is_task) return params;
  return {{"task", number}, {"title", title}, {"description", description}, {"tags", tags}};
}

AskAnswer Job::as_answer() const {
  AskAnswer answer;
  if (!is_task) {
    answer.trials.push_back(*this);
    return answer;
  }
  AskedTask task;
  task.number = number;
  task.title = title;
  task.description = description;
  task.priority = priority;
  task.tags = tags;
  task.after = after;
  task.lease = lease;
  task.attempt = attempt;
  task.insights = insights;
  answer.tasks.push_back(std::move(task));
  return answer;
}

Job Job::from_answer(AskAnswer answer) {
  if (!answer.tasks.empty()) return Job(std::move(answer.tasks.front()));
  return Job(std::move(answer.trials.front()));
}

BeatAnswer JobLease::heartbeat(const std::string& stage) const {
  const BeatRequest request{token_, stage};
  return is_task_ ? api_.heartbeat_task(study_, number_, request)
                  : api_.heartbeat(study_, number_, request);
}

BeatAnswer JobLease::report(std::int64_t step, double value) const {
  return api_.report(study_, number_, {step, value, token_});
}

BeatAnswer JobLease::park(double for_s, const std::string& reason) const {
  const ParkRequest request{token_, std::nullopt, for_s, reason};
  return is_task_ ? api_.park_task(study_, number_, request) : api_.park(study_, number_, request);
}

void JobLease::release() const {
  if (is_task_) {
    api_.release_task(study_, number_, token_);
  } else {
    api_.release(study_, number_, token_);
  }
}

bool read_run_name(std::string_view folder, RunName& name) {
  const std::size_t dash = folder.rfind('-');
  if (dash == std::string_view::npos || dash == 0 || folder.front() == '.') return false;
  std::string_view rest = folder.substr(dash + 1);
  name.is_task = rest.starts_with(kTask);
  if (name.is_task) rest.remove_prefix(kTask.size());
  const char* end = rest.data() + rest.size();
  const auto [stop, error] = std::from_chars(rest.data(), end, name.number);
  if (error != std::errc() || name.number < 0) return false;
  if (stop != end) {
    int run = 0;
    if (*stop != '.') return false;
    const auto [last, run_error] = std::from_chars(stop + 1, end, run);
    if (run_error != std::errc() || last != end) return false;
  }
  name.worker = folder.substr(0, dash);
  return true;
}

}  // namespace studyhall::worker_shim
