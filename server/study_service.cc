#include "server/study_service.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "core/hash.h"
#include "core/study_api_json.h"
#include "server/explaining.h"
#include "server/importance.h"
#include "server/pruning.h"
#include "server/queue_views.h"
#include "server/service_impl.h"
#include "server/study_views.h"
#include "server/telling.h"
#include "server/trial_columns.h"

namespace studyhall::server {

namespace {

constexpr int kMostTrialsPerPage = 10'000;
constexpr std::int64_t kTrialsPerLock = 200;  // so that asks and tells need not wait for a page

// Whether a sign of life ends the trial's parking: it waits for no answer.
bool is_waiting_out(const Trial& trial) {
  return trial.record.parked_until && trial.record.question == 0;
}

std::string stage_of(const LiveStudy& live, const Trial& trial) {
  return trial.state == TrialState::Running ? live.stage({.number = trial.number}) : std::string();
}

}  // namespace

StudyService::StudyService(storage::Storage& storage, const Clock& clock, ServiceOptions options)
    : impl_(std::make_unique<Impl>(storage, clock, std::move(options))) {}

StudyService::~StudyService() = default;

void StudyService::catch_up() {
  impl_->queue.exclusively([this] {
    if (impl_->storage.refresh()) impl_->read_again();
  });
}

void StudyService::expire_leases() {
  for (const Impl::Live& live : impl_->in_memory()) {
    try {
      std::vector<CommitQueue::Ticket> tickets;
      {
        const std::lock_guard lock(live->mutex);
        tickets = impl_->tidy(*live);
      }
      impl_->wait(tickets);
    } catch (const StateIsStale&) {
      // The study changed under us: the next call looks again.
    } catch (const Error&) {
      // Deleted, or the disk does not take it now: other studies must not wait for this one.
    }
  }
}

std::shared_ptr<void> StudyService::watch(const std::string& study, std::function<void()> changed) {
  return impl_->watchers.add(impl_->find(study)->record.id, std::move(changed));
}

StudyInfo StudyService::create_study(const Json& file) {
  const std::string token = random_token();
  const std::uint64_t seed = std::stoull(token.substr(0, 8), nullptr, 16);
  const auto spec = parse_study_spec(file, seed);
  const auto taken = [&] {
    return Error(ErrorCode::Conflict, "there is a study \"" + spec->name +
                                          "\" already; delete it or choose another name");
  };
  if (impl_->storage.find_study(spec->name)) throw taken();
  storage::StudyRecord record;
  record.name = spec->name;
  record.directions = spec->directions;
  record.spec = spec;
  record.created = impl_->clock.now();
  storage::Change change;
  change.event = Event{1, record.created, "server", EventKind::Created, spec->resolved};
  change.writes.emplace_back(storage::CreateStudy{record});
  while (true) {
    try {
      CommitQueue::wait(impl_->queue.submit({change}));
      break;
    } catch (const StateIsStale&) {
      if (impl_->storage.find_study(spec->name)) throw taken();
    }
  }
  return study(spec->name);
}

std::vector<StudyInfo> StudyService::studies() {
  std::vector<StudyInfo> out;
  for (const Impl::Live& live : impl_->all()) {
    const std::lock_guard lock(live->mutex);
    const StudyModel& model = impl_->loaded(*live);
    out.push_back(view_study(model, impl_->clock.now()));
    out.back().sparkline = model.best_steps().line(model.trials().size(), kMostSparks);
  }
  return out;
}

StudyInfo StudyService::study(const std::string& name) {
  return impl_->on(name, [&](LiveStudy& live) {
    const std::lock_guard lock(live.mutex);
    const StudyModel& model = impl_->loaded(live);
    StudyInfo info = view_study(model, impl_->clock.now());
    info.proposals = view_proposals(model);
    return info;
  });
}

void StudyService::delete_study(const std::string& name) {
  impl_->on(name, [&](LiveStudy& live) {
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      impl_->loaded(live);
      storage::Change change;
      change.study = live.record.id;
      change.writes.emplace_back(storage::DeleteStudy{});
      live.deleted = true;
      ticket = impl_->queue.submit({std::move(change)});
    }
    try {
      CommitQueue::wait(ticket);
    } catch (...) {
      const std::lock_guard lock(live.mutex);
      live.deleted = false;
      throw;
    }
    impl_->forget(name);
    if (impl_->options.on_delete) impl_->options.on_delete(name);
  });
}

void StudyService::stop_study(const std::string& name, const std::string& reason) {
  impl_->on(name, [&](LiveStudy& live) {
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& study = impl_->writable(live);
      if (!study.record().stopped.empty()) return;
      const std::string why = reason.empty() ? "by request" : reason;
      ticket = impl_->submit(live, {study.set_stopped(why, impl_->clock.now())});
    }
    CommitQueue::wait(ticket);
  });
}

void StudyService::resume_study(const std::string& name) {
  impl_->on(name, [&](LiveStudy& live) {
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& study = impl_->writable(live);
      if (study.record().stopped.empty()) return;
      ticket = impl_->submit(live, {study.set_stopped("", impl_->clock.now())});
    }
    CommitQueue::wait(ticket);
  });
}

AskAnswer StudyService::ask(const std::string& study, const AskRequest& request) {
  return impl_->on(study, [&](LiveStudy& live) { return impl_->ask(live, request); });
}

TellAnswer StudyService::tell(const std::string& study, std::int64_t number,
                              const TellRequest& request) {
  return impl_->on(study, [&](LiveStudy& live) {
    if (const auto before = impl_->answered(live, request.request_id, "tell")) {
      return tell_answer_from_json(*before);
    }
    TellOutcome outcome;
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      outcome = server::tell(impl_->writable(live), number, request, impl_->clock.now());
      if (!outcome.changes.empty()) {
        ticket =
            impl_->submit(live, std::move(outcome.changes),
                          Impl::record_of(request.request_id, "tell", to_json(outcome.answer)));
      } else {
        ticket = live.latest;  // what was told before may not be durable yet
      }
    }
    if (ticket) impl_->wait_or_defer({ticket});
    return outcome.answer;
  });
}

BeatAnswer StudyService::report(const std::string& study, std::int64_t number,
                                const ReportRequest& request) {
  return impl_->on(study, [&](LiveStudy& live) {
    std::vector<Problem> problems;
    if (!std::isfinite(request.value)) {
      problems.push_back(
          {"/value", fmt::format("found {}, expected a finite number", request.value)});
    }
    if (request.step < 0) {
      problems.push_back({"/step", fmt::format("found {}, expected 0 or more", request.step)});
    }
    if (!problems.empty()) throw Error::from_problems(ErrorCode::Invalid, "report", problems);
    BeatAnswer answer;
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& model = impl_->writable(live);
      if (const std::size_t objectives = model.spec().directions.size(); objectives > 1) {
        throw Error(ErrorCode::Invalid,
                    fmt::format("report: a reported value is one of one objective, and study "
                                "\"{}\" has {}; use heartbeat",
                                model.record().name, objectives));
      }
      const Timestamp now = impl_->clock.now();
      answer = beat(model, number, request.lease, now);
      if (answer.stop) return answer;
      std::vector<storage::Change> changes;
      if (is_waiting_out(model.trial(number))) changes.push_back(model.unpark(number, now));
      const bool prune = wants_pruning(model, number, request.step, request.value);
      changes.push_back(model.report(number, request.step, request.value, prune, now));
      ticket = impl_->submit(live, std::move(changes));
      answer.prune = model.trial(number).record.prune;
    }
    impl_->wait_or_defer({ticket});
    return answer;
  });
}

BeatAnswer StudyService::heartbeat(const std::string& study, std::int64_t number,
                                   const BeatRequest& request) {
  return impl_->on(study, [&](LiveStudy& live) {
    BeatAnswer answer;
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& model = impl_->writable(live);
      const Timestamp now = impl_->clock.now();
      answer = beat(model, number, request.lease, now);
      if (answer.stop) return answer;
      live.note_stage({.number = number}, request.stage);
      if (is_waiting_out(model.trial(number))) {
        ticket = impl_->submit(live, {model.unpark(number, now)});
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

void StudyService::release(const std::string& study, std::int64_t number,
                           const std::string& lease) {
  impl_->on(study, [&](LiveStudy& live) {
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& model = impl_->writable(live);
      const Timestamp now = impl_->clock.now();
      if (beat(model, number, lease, now).stop) return;
      const std::string worker = model.trial(number).record.worker;
      ticket = impl_->submit(live, {model.requeue(number, EventKind::Released, {{"worker", worker}},
                                                  worker, true, {}, now)});
    }
    CommitQueue::wait(ticket);
  });
}

std::vector<TrialView> StudyService::trials(const std::string& study, const TrialQuery& query) {
  return impl_->on(study, [&](LiveStudy& live) {
    if (query.limit < 1 || query.limit > kMostTrialsPerPage) {
      throw Error(ErrorCode::Invalid, fmt::format("limit: found {}, expected 1 to {}", query.limit,
                                                  kMostTrialsPerPage));
    }
    std::vector<TrialView> out;
    std::int64_t n = std::max<std::int64_t>(query.after, -1) + 1;
    bool more = true;
    while (more) {
      const std::lock_guard lock(live.mutex);
      const StudyModel& model = impl_->loaded(live);
      const std::int64_t end = std::min(std::ssize(model.trials()), n + kTrialsPerLock);
      for (; n < end && std::ssize(out) < query.limit; ++n) {
        const Trial& trial = model.trial(n);
        if (query.state && trial.state != *query.state) continue;
        if (!query.worker.empty() && trial.record.worker != query.worker) continue;
        out.push_back(view_trial(model, trial));
        out.back().stage = stage_of(live, trial);
      }
      more = n < std::ssize(model.trials()) && std::ssize(out) < query.limit;
    }
    return out;
  });
}

TrialView StudyService::trial(const std::string& study, std::int64_t number) {
  return impl_->on(study, [&](LiveStudy& live) {
    const std::lock_guard lock(live.mutex);
    const StudyModel& model = impl_->loaded(live);
    TrialView view = view_trial(model, model.trial(number));
    view.stage = stage_of(live, model.trial(number));
    return view;
  });
}

TrialColumns StudyService::columns(const std::string& study, const ColumnsRequest& request) {
  return impl_->on(study, [&](LiveStudy& live) {
    std::optional<ColumnBuilder> builder;
    bool more = true;
    while (more) {
      const std::lock_guard lock(live.mutex);
      const StudyModel& model = impl_->loaded(live);
      if (!builder) builder.emplace(model, request);
      more = builder->add_some(model, kTrialsPerLock);
    }
    return builder->finish();
  });
}

Explanation StudyService::explain(const std::string& study, std::int64_t number) {
  return impl_->on(study, [&](LiveStudy& live) {
    ExplainTask task;
    {
      const std::lock_guard lock(live.mutex);
      task = explain_task(impl_->loaded(live), number);
    }
    return server::explain(impl_->storage, task);
  });
}

std::vector<BestRow> StudyService::best(const std::string& study, int top) {
  return impl_->on(study, [&](LiveStudy& live) {
    if (top < 0) {
      throw Error(ErrorCode::Invalid, fmt::format("top: found {}, expected 0 or more", top));
    }
    const std::lock_guard lock(live.mutex);
    return view_best(impl_->loaded(live), top);
  });
}

ImportanceAnswer StudyService::importance(const std::string& study,
                                          const ImportanceRequest& request) {
  return impl_->on(study, [&](LiveStudy& live) {
    std::optional<ImportanceTask> task;
    {
      const std::lock_guard lock(live.mutex);
      task = importance_task(impl_->loaded(live), request);
    }
    return importance_answer(*task);
  });
}

std::vector<Event> StudyService::events(const std::string& study, std::int64_t after, int limit) {
  return impl_->on(
      study, [&](LiveStudy& live) { return impl_->storage.events(live.record.id, after, limit); });
}

}  // namespace studyhall::server
