#include "server/replayed_study.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "server/event_body.h"
#include "server/foreign_trial.h"
#include "server/one_change.h"
#include "server/pruning.h"
#include "server/replayed_queue.h"
#include "server/replayed_tasks.h"
#include "server/telling.h"

namespace studyhall::server {

using storage::Change;

namespace {

storage::StudyRecord record_of(const Event& created) {
  if (created.kind != EventKind::Created || created.sequence != 1) {
    throw Error(ErrorCode::Corrupt, name_of(created) + ": a study's events begin with created");
  }
  storage::StudyRecord record;
  record.spec = parse_study_spec(created.body);
  record.id = 1;
  record.name = record.spec->name;
  record.directions = record.spec->directions;
  record.created = created.time;
  return record;
}

bool same_bits(const Config& a, const Config& b) {
  return std::ranges::equal(a, b, [](double x, double y) {
    return (x == y && std::signbit(x) == std::signbit(y)) || (std::isnan(x) && std::isnan(y));
  });
}

TellRequest request_of(const StudyModel& study, const EventBody& body) {
  TellRequest request;
  request.state = named(body, "state", trial_state_from_string);
  request.values = body.get<std::vector<double>>("values");
  request.metrics = body.get<std::map<std::string, double>>("metrics");
  request.note = body.get<std::string>("note");
  request.evidence = body.get<Json>("evidence");
  if (body.has("reason")) request.reason = named(body, "reason", fail_reason_from_string);
  if (body.has("cause")) request.cause = named(body, "cause", fault_cause_from_string);
  if (body.has("usage")) {
    request.usage = trial_record_from_json({{"usage", body.json()["usage"]}}).usage;
  }
  const std::int64_t of = body.get<std::int64_t>("of", body.number());
  const auto& leases = study.leases(of);
  const auto lease = body.need<std::int64_t>("lease");
  if (lease < 1 || lease > std::ssize(leases)) {
    body.refuse(fmt::format("lease {} of trial {}, which has had {}", lease, of, leases.size()));
  }
  request.lease = leases[static_cast<std::size_t>(lease - 1)].token;
  return request;
}

}  // namespace

ReplayedStudy::ReplayedStudy(const Event& created, std::vector<Ask> asks)
    : model_(StudyModel::created(record_of(created))),
      asks_(std::move(asks)),
      asker_(model_.record().spec) {
  redraw();
}

void ReplayedStudy::take(const Event& event) {
  const std::int64_t next = model_.last_sequence() + 1 - std::ssize(expected_);
  if (event.sequence != next) {
    throw Error(ErrorCode::Corrupt, fmt::format("{}: event {} was expected", name_of(event), next));
  }
  if (expected_.empty()) {
    for (Change& change : apply(event)) expected_.push_back(std::move(*change.event));
    if (expected_.empty()) EventBody(event).refuse("it changes nothing");
  }
  const Event again = std::move(expected_.front());
  expected_.pop_front();
  compare(again, event);
  if (expected_.empty()) redraw();
}

void ReplayedStudy::compare(const Event& again, const Event& event) {
  if (again.kind != event.kind) {
    throw Error(ErrorCode::Corrupt,
                fmt::format("{}: from the events before it follows {} {}", name_of(event),
                            to_string(again.kind), dump_json(again.body)));
  }
  if (again.time != event.time) {
    differ(event, "time", format_utc(again.time), format_utc(event.time));
  }
  if (again.author != event.author) differ(event, "author", again.author, event.author);
  Json written = event.body;
  written.erase("request_id");
  if (again.body == written) return;
  for (const auto& [key, value] : again.body.items()) {
    const auto found = written.find(key);
    if (found == written.end()) {
      differ(event, key, dump_json(value), "nothing");
    } else if (*found != value) {
      differ(event, key, dump_json(value), dump_json(*found));
    }
  }
  for (const auto& [key, value] : written.items()) {
    if (!again.body.contains(key)) differ(event, key, "nothing", dump_json(value));
  }
}

void ReplayedStudy::differ(const Event& event, std::string what, std::string expected,
                           std::string found) {
  const auto number = event.body.find("number");
  differences_.push_back(
      {event.sequence,
       number != event.body.end() && number->is_number_integer() ? number->get<std::int64_t>() : -1,
       std::move(what), std::move(expected), std::move(found)});
}

// Draws what was asked for when the study stood as it does now.
void ReplayedStudy::redraw() {
  while (next_ask_ < asks_.size() && asks_[next_ask_].as_of <= model_.last_sequence()) {
    const Ask& ask = asks_[next_ask_++];
    if (ask.as_of < model_.last_sequence() || ask.number > std::ssize(model_.trials())) continue;
    Redrawn again{ask_snapshot(model_, ask.number, ask.worker), std::nullopt};
    if (ask.draw && (ask.number == std::ssize(model_.trials()) || !again.ask.given.empty())) {
      asker_.apply(model_.take_history_changes());
      again.draw = asker_.draw(
          again.ask, [&](const Config& config) { return model_.holder(config).has_value(); });
    }
    redrawn_.emplace(ask.event, std::move(again));
  }
}

const ReplayedStudy::Redrawn* ReplayedStudy::redrawn(std::int64_t event) const {
  const auto found = redrawn_.find(event);
  return found == redrawn_.end() ? nullptr : &found->second;
}

void ReplayedStudy::check_suggestion(const Event& event, const Redrawn& again) {
  const EventBody body(event);
  const auto pin =
      std::pair(body.need<std::int64_t>("pin"), body.need<std::int64_t>("pin_version"));
  const Pin& drawn_pin = again.ask.pin;
  if (pin != std::pair(drawn_pin.number, drawn_pin.version)) {
    differ(event, "pin", fmt::format("trial {}, version {}", drawn_pin.number, drawn_pin.version),
           fmt::format("trial {}, version {}", pin.first, pin.second));
  }
  if (!again.draw) return;
  if (body.need<std::string>("cpu") != cpu_level() ||
      body.need<int>("sampler_version") != again.draw->sampler_version) {
    ++suggestions_.elsewhere;
    return;
  }
  ++suggestions_.checked;
  const Json drawn =
      again.draw->exhausted ? Json("exhausted") : model_.space().to_json(again.draw->config);
  const Config asked = model_.space().partial_from_json(body.json().at("params")).config;
  if (again.draw->exhausted || !same_bits(again.draw->config, asked)) {
    differ(event, "params", dump_json(drawn), dump_json(body.json().at("params")));
  } else if (again.draw->sampler != body.need<std::string>("sampler") ||
             again.draw->slice.key != body.need<std::string>("slice")) {
    differ(event, "sampler", again.draw->sampler + " on \"" + again.draw->slice.key + "\"",
           body.need<std::string>("sampler") + " on \"" + body.need<std::string>("slice") + "\"");
  } else {
    ++suggestions_.equal;
  }
}

std::vector<Change> ReplayedStudy::apply(const Event& event) {
  const EventBody body(event);
  const auto reason = body.get<std::string>("reason");
  switch (event.kind) {
    case EventKind::Asked:
      return apply_asked(event);
    case EventKind::Enqueued:
      return apply_enqueued(event);
    case EventKind::Told:
      return apply_told(event);
    case EventKind::Reported:
      return apply_reported(event);
    case EventKind::LeaseLost: {
      std::vector<Change> changes;
      lose_lease(model_, body.number(), event.time, changes);
      return changes;
    }
    case EventKind::Released:
      return one(model_.requeue(body.number(), event.kind,
                                {{"worker", body.need<std::string>("worker")}}, event.author, true,
                                {}, event.time));
    case EventKind::Stopped:
    case EventKind::Resumed:
      return one(model_.set_stopped(reason, event.time));
    case EventKind::Foreign:
      return apply_foreign(event);
    case EventKind::Voided:
      return model_.void_trial(body.number(), reason, event.author, event.time);
    case EventKind::Parked: {
      const auto until = parse_utc(body.need<std::string>("until"));
      if (!until) body.refuse("\"until\" is no time");
      return one(model_.park(body.number(), *until, reason, event.time));
    }
    case EventKind::Unparked:
      return one(model_.unpark(body.number(), event.time));
    case EventKind::WorkerReleased:
      return apply_to_worker(event);
    case EventKind::InsightAdded:
    case EventKind::InsightRetired:
      return apply_insight(event);
    case EventKind::Edited:
      return apply_edited(event);
    case EventKind::Candidate:
      return model_.confirm_contender(body.get<bool>("exhausted"), event.time);
    case EventKind::TaskAdded:
    case EventKind::TaskAsked:
    case EventKind::TaskTold:
    case EventKind::TaskLeaseLost:
    case EventKind::TaskReleased:
    case EventKind::TaskParked:
    case EventKind::TaskUnparked:
    case EventKind::TaskCancelled:
      return apply_task_event(model_, event);
    case EventKind::QueueChanged:
    case EventKind::QuestionAsked:
    case EventKind::QuestionAnswered:
    case EventKind::Requeued:
    case EventKind::Imported:
    case EventKind::TopicAdded:
      return apply_queue_event(model_, event);
    case EventKind::Created:
    case EventKind::NewBest:
    case EventKind::Confirmed:
    case EventKind::Refuted:
    case EventKind::Quarantined:
    case EventKind::Deleted:
      break;
  }
  body.refuse("nothing before it makes it follow");
}

std::vector<Change> ReplayedStudy::apply_asked(const Event& event) {
  const EventBody body(event);
  HandOut what;
  what.config = model_.space().partial_from_json(body.need<Json>("params")).config;
  what.worker = body.need<std::string>("worker");
  what.purpose = named(body, "purpose", purpose_from_string);
  what.sampler = body.need<std::string>("sampler");
  what.sampler_version = body.need<int>("sampler_version");
  what.slice = body.need<std::string>("slice");
  what.as_of = body.need<std::int64_t>("as_of");
  what.pin.number = body.need<std::int64_t>("pin");
  what.pin.version = body.need<std::int64_t>("pin_version");
  const auto cpu = body.need<std::string>("cpu");
  what.cpu = cpu;

  const std::int64_t number = body.number();
  const bool is_new = number == std::ssize(model_.trials());
  if (!is_new && model_.trial(number).state != TrialState::Waiting) {
    body.refuse(fmt::format("trial {} is {}", number, to_string(model_.trial(number).state)));
  }
  if (const auto again = redrawn_.extract(event.sequence)) {
    check_suggestion(event, again.mapped());
  } else {
    body.refuse(fmt::format("\"as_of\" is {}, which was no moment to ask for trial {}", what.as_of,
                            number));
  }
  if (!is_new) {
    const Trial& waiting = model_.trial(number);
    if (model_.space().contains(waiting.config) && !same_bits(waiting.config, what.config)) {
      differ(event, "params", dump_json(model_.space().to_json(waiting.config)),
             dump_json(body.json()["params"]));
    }
    if (waiting.record.purpose != what.purpose) {
      differ(event, "purpose", std::string(to_string(waiting.record.purpose)),
             std::string(to_string(what.purpose)));
    }
  }
  storage::LeaseRecord lease;
  lease.token = fmt::format("event {}", event.sequence);
  lease.expires_at = event.time;
  return one(model_.hand_out(number, std::move(what), std::move(lease), event.time));
}

std::vector<Change> ReplayedStudy::apply_enqueued(const Event& event) {
  const EventBody body(event);
  EnqueueRequest request;
  request.priority = body.need<double>("priority");
  request.tags = body.get<std::vector<std::string>>("tags");
  request.after = body.get<std::vector<std::int64_t>>("after");
  request.after_tasks = body.get<std::vector<std::int64_t>>("after_tasks");
  request.title = body.get<std::string>("title");
  request.description = body.get<std::string>("description");
  request.queue = terms_of(event);
  if (event.author != "server") request.author = event.author;
  const bool replicate = named(body, "purpose", purpose_from_string) == Purpose::Replicate;
  Config config = model_.space().partial_from_json(body.need<Json>("params")).config;
  return one(model_.enqueue(std::move(config), request, replicate, event.time));
}

std::vector<Change> ReplayedStudy::apply_told(const Event& event) {
  const EventBody body(event);
  if (body.has("lease")) {
    const std::int64_t number = body.get<std::int64_t>("of", body.number());
    return tell(model_, number, request_of(model_, body), event.time).changes;
  }
  if (event.author != "server") throw body.lacks("lease");
  const FailReason reason = named(body, "reason", fail_reason_from_string);
  std::vector<Change> changes;
  if (reason == FailReason::Infra) {
    lose_lease(model_, body.number(), event.time, changes);
    return changes;
  }
  Trial failed = model_.trial(body.number());
  failed.state = TrialState::Fail;
  failed.record.reason = reason;
  failed.record.note = body.get<std::string>("note");
  return model_.finish(std::move(failed), event.author, event.time);
}

std::vector<Change> ReplayedStudy::apply_reported(const Event& event) {
  const EventBody body(event);
  const auto step = body.need<std::int64_t>("step");
  const auto value = body.need<double>("value");
  const bool prune = wants_pruning(model_, body.number(), step, value);
  if (model_.spec().pruner.name != "none") ++prunings_;
  return one(model_.report(body.number(), step, value, prune, event.time));
}

std::vector<Change> ReplayedStudy::apply_foreign(const Event& event) {
  const EventBody body(event);
  static_cast<void>(body.need<std::string>("worker"));
  const std::int64_t number = body.number();
  if (number > std::ssize(model_.trials())) {
    body.refuse(fmt::format("trial {} does not follow {} trials", number, model_.trials().size()));
  }
  Trial trial;
  if (number < std::ssize(model_.trials())) trial = model_.trial(number);
  read_foreign_body(model_.spec(), event.body, trial);
  model_.find_foreign(std::move(trial));
  return model_.adopt(number, event.time);
}

std::vector<Change> ReplayedStudy::apply_edited(const Event& event) {
  const EventBody body(event);
  const auto spec = parse_study_spec(body.need<Json>("file"));
  std::vector<Change> changes = model_.edit(
      spec, body.need<Json>("patch"), body.get<std::string>("reason"), event.author, event.time);
  asker_ = Asker(spec);
  asker_.reset(model_);
  static_cast<void>(model_.take_history_changes());
  return changes;
}

std::vector<Change> ReplayedStudy::apply_to_worker(const Event& event) {
  const EventBody body(event);
  const auto worker = body.need<std::string>("worker");
  if (!model_.workers().contains(worker)) body.refuse("that worker has never asked");
  auto change = model_.release_worker(worker, event.author, event.time);
  if (!change) body.refuse("that worker was not quarantined");
  return one(std::move(*change));
}

std::vector<Change> ReplayedStudy::apply_insight(const Event& event) {
  const EventBody body(event);
  const auto id = body.need<std::int64_t>("id");
  if (event.kind == EventKind::InsightRetired) {
    if (id < 1 || id > std::ssize(model_.insights())) body.refuse("there is no such insight");
    return one(model_.retire_insight(id, event.author, event.time));
  }
  InsightRequest request;
  request.text = body.need<std::string>("text");
  request.author = event.author;
  if (body.has("trial")) request.trial = body.need<std::int64_t>("trial");
  return one(model_.add_insight(request, event.time));
}

}  // namespace studyhall::server
