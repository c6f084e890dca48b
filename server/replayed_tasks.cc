#include "server/replayed_tasks.h"

#include <fmt/format.h>

#include <utility>

#include "server/event_body.h"
#include "server/one_change.h"
#include "server/replayed_queue.h"
#include "server/task_telling.h"

namespace studyhall::server {

using storage::Change;

namespace {

std::vector<Change> apply_added(StudyModel& study, const Event& event) {
  const EventBody body(event);
  TaskRequest request;
  request.title = body.need<std::string>("title");
  request.description = body.get<std::string>("description");
  request.priority = body.need<double>("priority");
  request.tags = body.get<std::vector<std::string>>("tags");
  request.after = body.get<std::vector<std::int64_t>>("after");
  request.after_trials = body.get<std::vector<std::int64_t>>("after_trials");
  request.author = event.author;
  request.queue = terms_of(event);
  return one(study.add_task(request, body.need<int>("retries"), event.time));
}

std::vector<Change> apply_asked(StudyModel& study, const Event& event, std::int64_t number) {
  const EventBody body(event);
  if (study.task(number).state != TaskState::Waiting) {
    body.refuse(fmt::format("task {} is {}", number, to_string(study.task(number).state)));
  }
  storage::LeaseRecord lease;
  lease.token = fmt::format("event {}", event.sequence);
  lease.worker = body.need<std::string>("worker");
  lease.expires_at = event.time;
  return one(study.hand_out_task(number, std::move(lease), event.time));
}

std::vector<Change> apply_told(StudyModel& study, const Event& event, std::int64_t number) {
  const EventBody body(event);
  std::vector<Change> changes;
  if (!body.has("lease")) {
    lose_task_lease(study, number, event.time, changes);
    return changes;
  }
  TaskTell request;
  request.state = named(body, "state", task_state_from_string);
  if (body.has("reason")) request.reason = named(body, "reason", fail_reason_from_string);
  if (body.has("cause")) request.cause = named(body, "cause", fault_cause_from_string);
  request.result = body.get<Json>("result");
  request.evidence = body.get<Json>("evidence");
  request.note = body.get<std::string>("note");
  if (body.has("usage")) {
    request.usage = trial_record_from_json({{"usage", body.json()["usage"]}}).usage;
  }
  const auto& leases = study.tasks().record(number).leases;
  const auto lease = body.need<std::int64_t>("lease");
  if (lease < 1 || lease > std::ssize(leases)) {
    body.refuse(fmt::format("lease {} of task {}, which has had {}", lease, number, leases.size()));
  }
  request.lease = leases[static_cast<std::size_t>(lease - 1)].token;
  return tell_task(study, number, request, event.time).changes;
}

}  // namespace

std::vector<Change> apply_task_event(StudyModel& study, const Event& event) {
  const EventBody body(event);
  if (event.kind == EventKind::TaskAdded) return apply_added(study, event);
  const auto number = body.need<std::int64_t>("task");
  const bool runs = study.task(number).state == TaskState::Running;
  const auto reason = body.get<std::string>("reason");
  switch (event.kind) {
    case EventKind::TaskAsked:
      return apply_asked(study, event, number);
    case EventKind::TaskTold:
      return apply_told(study, event, number);
    case EventKind::TaskCancelled:
      return cancel_task(study, number, reason, event.author, event.time);
    default:
      break;
  }
  if (!runs) {
    body.refuse(fmt::format("task {} is {}", number, to_string(study.task(number).state)));
  }
  switch (event.kind) {
    case EventKind::TaskLeaseLost: {
      std::vector<Change> changes;
      lose_task_lease(study, number, event.time, changes);
      return changes;
    }
    case EventKind::TaskReleased:
      return one(study.requeue_task(number, event.kind,
                                    {{"worker", body.need<std::string>("worker")}}, event.author,
                                    true, {}, event.time));
    case EventKind::TaskParked: {
      const auto until = parse_utc(body.need<std::string>("until"));
      if (!until) body.refuse("\"until\" is no time");
      return one(study.park_task(number, *until, reason, event.time));
    }
    case EventKind::TaskUnparked:
      return one(study.unpark_task(number, event.time));
    default:
      body.refuse("it is no event of a task");
  }
}

}  // namespace studyhall::server
