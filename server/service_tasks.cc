// The verbs of tasks, and the tasks among what an ask hands out.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/study_api_json.h"
#include "server/queue_checks.h"
#include "server/service_impl.h"
#include "server/task_telling.h"

namespace studyhall::server {

namespace {

constexpr int kMostTasksPerPage = 10'000;
constexpr double kRetryAfterSeconds = 5;
constexpr int kMostRetries = 1000;

void check(const StudyModel& study, const TaskRequest& request) {
  std::vector<Problem> problems;
  if (request.title.empty()) problems.push_back({"/title", "is empty, expected a text"});
  check_words(request.title, request.description, request.tags, problems);
  check_priority(request.priority, problems);
  check_terms(study, request.queue, problems);
  if (!request.queue.topic.empty()) problems.push_back({"/topic", "is of trials only"});
  check_awaited_tasks(study, "/after", request.after, problems);
  check_awaited_trials(study, "/after_trials", request.after_trials, problems);
  if (request.retries && (*request.retries < 0 || *request.retries > kMostRetries)) {
    problems.push_back(
        {"/retries", fmt::format("found {}, expected 0 to {}", *request.retries, kMostRetries)});
  }
  if (!problems.empty()) throw Error::from_problems(ErrorCode::Invalid, "task", problems);
}

TaskView view_task(const LiveStudy& live, const StudyModel& study, std::int64_t number) {
  TaskView view{study.task(number)};
  if (const auto* lease = study.tasks().current_lease(number)) {
    view.lease_expires = lease->expires_at;
    view.stage = live.stage({.is_task = true, .number = number});
  }
  return view;
}

AskAnswer none_now(const StudyModel& study) {
  AskAnswer answer;
  answer.status = AskStatus::Wait;
  answer.retry_after_s = kRetryAfterSeconds;
  answer.reason = study.tasks().in(TaskState::Waiting).empty()
                      ? "no task waits"
                      : "no waiting task may go to this worker now (study queue --why says why)";
  return answer;
}

// The queue's order but for the numbers, which are no order between trials and tasks.
std::pair<int, double> rank_of(const WaitingKey& key) {
  return {std::get<0>(key), std::get<1>(key)};
}

// Whether a trial that waits for this worker comes before the task.
bool trial_comes_first(const StudyModel& study, const AskRequest& request, const Taker& taker,
                       std::int64_t task) {
  if (request.want != Want::Any || study.closed(taker.now) ||
      study.closed_for(request.worker, taker.now)) {
    return false;
  }
  const auto trial = study.first_waiting(taker);
  return trial && rank_of(StudyModel::waiting_key(study.trial(*trial))) <
                      rank_of(TaskBoard::waiting_key(study.task(task)));
}

}  // namespace

std::optional<AskAnswer> StudyService::Impl::ask_task(LiveStudy& live, const AskRequest& request,
                                                      int index, CommitQueue::Ticket& ticket) {
  const std::lock_guard lock(live.mutex);
  StudyModel& study = writable(live);
  const Timestamp now = clock.now();
  const bool only = request.want == Want::Tasks;
  if (auto closed = study.closed_to_tasks(request.worker, now)) {
    return only ? closed : std::nullopt;
  }
  const std::vector<std::string> accepts = accepts_of(study.spec(), request);
  const Taker taker{request.worker, accepts, now};
  const auto number = study.first_task(taker);
  if (!number) return only ? std::optional(none_now(study)) : std::nullopt;
  if (trial_comes_first(study, request, taker, *number)) return std::nullopt;

  const storage::LeaseRecord lease = new_lease(options, study.spec(), request, now);
  storage::Change change = study.hand_out_task(*number, lease, now);
  const Task& task = study.task(*number);
  AskAnswer answer;
  answer.tasks.push_back({.number = task.number,
                          .title = task.title,
                          .description = task.description,
                          .priority = task.priority,
                          .tags = task.tags,
                          .after = task.after,
                          .lease = {lease.token, lease.expires_at},
                          .attempt = task.attempt,
                          .insights = {}});
  ticket = submit(live, {std::move(change)}, part_record(request, index, answer));
  return answer;
}

std::int64_t StudyService::add_task(const std::string& study, const TaskRequest& request) {
  TaskRequest wanted = request;
  sort_unique(wanted.tags);
  sort_unique(wanted.queue.needs);
  sort_unique(wanted.after);
  sort_unique(wanted.after_trials);
  if (wanted.author.empty()) wanted.author = "user";
  return impl_->on(study, [&](LiveStudy& live) {
    if (const auto before = impl_->answered(live, wanted.request_id, "task")) {
      return before->at("number").get<std::int64_t>();
    }
    std::int64_t number = -1;
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& model = impl_->writable(live);
      check(model, wanted);
      number = model.tasks().size();
      storage::Change change = model.add_task(
          wanted, wanted.retries.value_or(retries(model.spec())), impl_->clock.now());
      ticket = impl_->submit(live, {std::move(change)},
                             Impl::record_of(wanted.request_id, "task", {{"number", number}}));
    }
    CommitQueue::wait(ticket);
    return number;
  });
}

std::vector<TaskView> StudyService::tasks(const std::string& study, const TaskQuery& query) {
  return impl_->on(study, [&](LiveStudy& live) {
    if (query.limit < 1 || query.limit > kMostTasksPerPage) {
      throw Error(ErrorCode::Invalid,
                  fmt::format("limit: found {}, expected 1 to {}", query.limit, kMostTasksPerPage));
    }
    std::vector<TaskView> out;
    const std::lock_guard lock(live.mutex);
    const StudyModel& model = impl_->loaded(live);
    for (std::int64_t n = std::max<std::int64_t>(query.after, -1) + 1;
         n < model.tasks().size() && std::ssize(out) < query.limit; ++n) {
      const Task& task = model.task(n);
      if (query.state && task.state != *query.state) continue;
      if (!query.worker.empty() && task.worker != query.worker) continue;
      out.push_back(view_task(live, model, n));
    }
    return out;
  });
}

TaskView StudyService::task(const std::string& study, std::int64_t number) {
  return impl_->on(study, [&](LiveStudy& live) {
    const std::lock_guard lock(live.mutex);
    const StudyModel& model = impl_->loaded(live);
    return view_task(live, model, number);
  });
}

TaskTellAnswer StudyService::tell_task(const std::string& study, std::int64_t number,
                                       const TaskTell& request) {
  return impl_->on(study, [&](LiveStudy& live) {
    if (const auto before = impl_->answered(live, request.request_id, "task tell")) {
      return task_tell_answer_from_json(*before);
    }
    TaskTellOutcome outcome;
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      outcome = server::tell_task(impl_->writable(live), number, request, impl_->clock.now());
      if (!outcome.changes.empty()) {
        ticket = impl_->submit(
            live, std::move(outcome.changes),
            Impl::record_of(request.request_id, "task tell", to_json(outcome.answer)));
      } else {
        ticket = live.latest;  // what was told before may not be durable yet
      }
    }
    if (ticket) impl_->wait_or_defer({ticket});
    return outcome.answer;
  });
}

BeatAnswer StudyService::heartbeat_task(const std::string& study, std::int64_t number,
                                        const BeatRequest& request) {
  return impl_->on(study, [&](LiveStudy& live) {
    BeatAnswer answer;
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& model = impl_->writable(live);
      const Timestamp now = impl_->clock.now();
      answer = beat_task(model, number, request.lease, now);
      if (answer.stop) return answer;
      live.note_stage({.is_task = true, .number = number}, request.stage);
      const Task& task = model.task(number);
      if (task.parked_until && task.question == 0) {
        ticket = impl_->submit(live, {model.unpark_task(number, now)});
      } else if (!impl_->options.renew_leases) {
        storage::Change change;
        change.study = live.record.id;
        ticket = impl_->submit(live, {std::move(change)});
      }
    }
    if (ticket) impl_->wait_or_defer({ticket});
    return answer;
  });
}

BeatAnswer StudyService::park_task(const std::string& study, std::int64_t number,
                                   const ParkRequest& request) {
  return impl_->on(study, [&](LiveStudy& live) {
    ParkOutcome outcome;
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      outcome = server::park_task(impl_->writable(live), number, request, impl_->clock.now());
      if (!outcome.change) return outcome.answer;
      ticket = impl_->submit(live, {std::move(*outcome.change)});
    }
    CommitQueue::wait(ticket);
    return outcome.answer;
  });
}

void StudyService::release_task(const std::string& study, std::int64_t number,
                                const std::string& lease) {
  impl_->on(study, [&](LiveStudy& live) {
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& model = impl_->writable(live);
      const Timestamp now = impl_->clock.now();
      if (beat_task(model, number, lease, now).stop) return;
      const std::string worker = model.task(number).worker;
      ticket =
          impl_->submit(live, {model.requeue_task(number, EventKind::TaskReleased,
                                                  {{"worker", worker}}, worker, true, {}, now)});
    }
    CommitQueue::wait(ticket);
  });
}

void StudyService::cancel_task(const std::string& study, std::int64_t number,
                               const PersonalRequest& request) {
  const std::string author = request.author.empty() ? "user" : request.author;
  impl_->on(study, [&](LiveStudy& live) {
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      auto changes = server::cancel_task(impl_->writable(live), number, request.reason, author,
                                         impl_->clock.now());
      ticket = changes.empty() ? live.latest : impl_->submit(live, std::move(changes));
    }
    if (ticket) CommitQueue::wait(ticket);
  });
}

}  // namespace studyhall::server
