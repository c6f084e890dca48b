// The verb ask: who gets which trial.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <future>
#include <memory>
#include <utility>

#include "core/rng.h"
#include "core/study_api_json.h"
#include "server/deferred_answer.h"
#include "server/service_impl.h"

namespace studyhall::server {

namespace {

constexpr double kDefaultLeaseSeconds = 24.0 * 3600;
constexpr double kLongestLeaseSeconds = 365.0 * 24 * 3600;
constexpr int kMostTrialsPerAsk = 1000;
constexpr double kRetryAfterSeconds = 5;

void check(const AskRequest& request) {
  std::vector<Problem> problems;
  if (!request.worker.empty() && !is_valid_name(request.worker)) {
    problems.push_back({"/worker", fmt::format("found \"{}\", expected 1 to 64 letters, digits, "
                                               "'.', '_' or '-', beginning with a letter, digit or "
                                               "'_'",
                                               request.worker)});
  }
  if (request.count < 1 || request.count > kMostTrialsPerAsk) {
    problems.push_back(
        {"/count", fmt::format("found {}, expected 1 to {}", request.count, kMostTrialsPerAsk)});
  }
  if (request.lease_s && !(*request.lease_s > 0 && *request.lease_s <= kLongestLeaseSeconds)) {
    problems.push_back({"/lease_s", fmt::format("found {}, expected seconds above 0 and at most a "
                                                "year",
                                                *request.lease_s)});
  }
  if (!(request.wait_s >= 0 && request.wait_s <= kMostWaitSeconds)) {
    problems.push_back({"/wait_s", fmt::format("found {}, expected seconds, 0 to {}",
                                               request.wait_s, kMostWaitSeconds)});
  }
  if (!problems.empty()) throw Error::from_problems(ErrorCode::Invalid, "ask", problems);
}

// Each trial of an ask has a request record of its own, so that a crash between two leaves none
// unknown.
std::string part_id(const AskRequest& request, int index) {
  if (request.request_id.empty()) return {};
  return request.request_id + "#" + std::to_string(index);
}

// Moves what one part of an ask gave to the whole answer.
void add_part(AskAnswer& answer, AskAnswer part) {
  std::ranges::move(part.trials, std::back_inserter(answer.trials));
  std::ranges::move(part.tasks, std::back_inserter(answer.tasks));
}

}  // namespace

storage::LeaseRecord new_lease(const ServiceOptions& options, const StudySpec& spec,
                               const AskRequest& request, Timestamp now) {
  storage::LeaseRecord lease;
  lease.token = options.new_token();
  const double limit_min = spec.experiment ? spec.experiment->longest_min() : 0;
  lease.length = seconds_to_duration(request.lease_s ? *request.lease_s
                                     : limit_min > 0 ? limit_min * 60 * 1.1
                                                     : kDefaultLeaseSeconds);
  lease.worker = request.worker;
  lease.expires_at = now + lease.length;
  return lease;
}

std::vector<std::string> accepts_of(const StudySpec& spec, const AskRequest& request) {
  if (request.accepts) {
    std::vector<std::string> accepts = *request.accepts;
    std::sort(accepts.begin(), accepts.end());
    return accepts;
  }
  const auto found = spec.workers.find(request.worker);
  return found == spec.workers.end() ? std::vector<std::string>{} : found->second.accepts;
}

bool has_to_wait(const StudyModel& study, const AskRequest& request, Timestamp now) {
  const auto waits = [](const std::optional<AskAnswer>& closed) {
    return closed && closed->status == AskStatus::Wait;
  };
  const std::vector<std::string> accepts = accepts_of(study.spec(), request);
  if (request.want != Want::Trials) {
    const auto closed = study.closed_to_tasks(request.worker, now);
    if (!closed && study.first_task({request.worker, accepts, now})) return false;
    if (request.want == Want::Tasks) return !closed || waits(closed);
  }
  auto closed = study.closed(now);
  if (!closed) closed = study.closed_for(request.worker, now);
  if (!closed || waits(closed)) return closed.has_value();
  return request.want == Want::Any && study.wait_for_tasks(request.worker, accepts, now);
}

AskAnswer StudyService::Impl::ask(LiveStudy& live, const AskRequest& request) {
  DeferredAnswer* const deferred = DeferredAnswer::current();
  std::shared_ptr<AskWaiter> waiter;
  if (deferred != nullptr) waiter = std::dynamic_pointer_cast<AskWaiter>(deferred->waited());
  while (true) {
    AskAnswer answer = ask_now(live, request);
    if (answer.status != AskStatus::Wait || request.wait_s <= 0) return answer;
    if (deferred != nullptr && !deferred->may_wait()) return answer;
    if (!waiter) waiter = waiters.add(live.shared_from_this(), request);
    if (!waiter || waiter->is_over()) return answer;
    if (deferred != nullptr) {
      deferred->wait_for(std::move(waiter));
      return answer;
    }
    const auto woken = std::make_shared<std::promise<void>>();
    waiter->begin([woken] { woken->set_value(); });
    woken->get_future().wait();
  }
}

AskAnswer StudyService::Impl::ask_now(LiveStudy& live, const AskRequest& request) {
  check(request);
  AskAnswer answer;
  std::vector<CommitQueue::Ticket> tidied;
  std::vector<CommitQueue::Ticket> tickets;
  std::vector<AskAnswer> parts;
  {
    const std::lock_guard asking(live.ask_mutex);
    for (int i = 0; i < request.count && !request.request_id.empty(); ++i) {
      const auto before = answered(live, part_id(request, i), "ask");
      if (!before) break;
      add_part(answer, ask_answer_from_json(*before));
    }
    if (!answer.trials.empty() || !answer.tasks.empty()) {
      add_insights(live, answer);
      return answer;
    }
    {
      const std::lock_guard lock(live.mutex);
      tidied = tidy(live);
    }
    for (int i = 0; i < request.count; ++i) {
      CommitQueue::Ticket ticket;
      AskAnswer one = ask_one(live, request, i, ticket);
      if (one.status != AskStatus::Trials) {
        if (ticket) tidied.push_back(std::move(ticket));  // what it found out on the way
        if (parts.empty()) answer = std::move(one);
        break;
      }
      parts.push_back(std::move(one));
      tickets.push_back(std::move(ticket));
    }
  }
  if (tickets.size() <= 1) {
    tidied.insert(tidied.end(), tickets.begin(), tickets.end());
    wait_or_defer(tidied);
  } else {
    wait(tidied);
    for (std::size_t i = 0; i < tickets.size(); ++i) {
      try {
        CommitQueue::wait(tickets[i]);
      } catch (...) {
        if (i == 0) throw;
        parts.resize(i);
        break;
      }
    }
  }
  for (AskAnswer& part : parts) add_part(answer, std::move(part));
  if (!parts.empty()) add_insights(live, answer);
  return answer;
}

void StudyService::Impl::add_insights(LiveStudy& live, AskAnswer& answer) {
  const std::lock_guard lock(live.mutex);
  for (const Insight& insight : loaded(live).insights()) {
    if (insight.retired) continue;
    for (AskedTrial& trial : answer.trials) trial.insights.push_back(insight);
    for (AskedTask& task : answer.tasks) task.insights.push_back(insight);
  }
}

void StudyService::Impl::sync_asker(LiveStudy& live, StudyModel& study) {
  if (live.asker && live.asker_epoch == live.epoch) {
    live.asker->apply(study.take_history_changes());
    return;
  }
  live.asker.emplace(study.record().spec);
  live.asker->reset(study);
  static_cast<void>(study.take_history_changes());
  live.asker_epoch = live.epoch;
}

AskAnswer StudyService::Impl::ask_one(LiveStudy& live, const AskRequest& request, int index,
                                      CommitQueue::Ticket& ticket) {
  if (request.want == Want::Trials) return ask_trial(live, request, index, ticket);
  if (auto task = ask_task(live, request, index, ticket)) return std::move(*task);
  AskAnswer answer = ask_trial(live, request, index, ticket);
  if (answer.status != AskStatus::Finished && answer.status != AskStatus::Exhausted) return answer;
  const std::lock_guard lock(live.mutex);
  const StudyModel& study = loaded(live);
  const auto wait =
      study.wait_for_tasks(request.worker, accepts_of(study.spec(), request), clock.now());
  return wait ? *wait : answer;
}

AskAnswer StudyService::Impl::ask_trial(LiveStudy& live, const AskRequest& request, int index,
                                        CommitQueue::Ticket& ticket) {
  while (true) {
    AskSnapshot ask;
    Purpose purpose = Purpose::Suggested;
    std::uint64_t holder_changes = 0;
    std::vector<std::string> accepts;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& study = writable(live);
      const Timestamp now = clock.now();
      accepts = accepts_of(study.spec(), request);
      if (auto closed = study.closed(now)) return std::move(*closed);
      if (auto closed = study.closed_for(request.worker, now)) return std::move(*closed);
      const auto waiting = study.first_waiting({request.worker, accepts, now});
      if (!waiting && study.is_kept_for_confirming()) {
        std::vector<storage::Change> changes = study.confirm_contender(false, now);
        if (!changes.empty()) {
          ticket = submit(live, std::move(changes));
          continue;
        }
      }
      ask = ask_snapshot(study, waiting.value_or(std::ssize(study.trials())), request.worker);
      if (waiting) {
        const Trial& trial = study.trial(*waiting);
        if (trial.fit == Fit::Outside) {
          ticket = submit(live, study.withdraw(*waiting, now));
          continue;
        }
        purpose = trial.record.purpose;
        if (ask.given.empty()) {
          HandOut what{trial.config,       request.worker, purpose, trial.record.sampler,
                       trial.record.slice, ask.as_of,      ask.pin};
          return hand_out(live, request, index, *waiting, std::move(what), ticket);
        }
      }
      holder_changes = study.holder_changes();
      sync_asker(live, study);
    }

    const Draw draw = live.asker->draw(ask, [&](const Config& config) {
      const std::lock_guard lock(live.mutex);
      if (!live.study || live.epoch != live.asker_epoch) throw StateIsStale{};
      return live.study->holder(config).has_value();
    });

    const std::lock_guard lock(live.mutex);
    if (!live.study || live.epoch != live.asker_epoch) throw StateIsStale{};
    StudyModel& study = *live.study;
    if (draw.exhausted && ask.given.empty()) {
      std::vector<storage::Change> changes = study.confirm_contender(true, clock.now());
      if (!changes.empty()) {
        ticket = submit(live, std::move(changes));
        continue;
      }
      AskAnswer answer;
      if (study.may_have_later({request.worker, accepts, clock.now()})) {
        answer.status = AskStatus::Wait;
        answer.retry_after_s = kRetryAfterSeconds;
        answer.reason = "what is left waits in the queue (study queue --why says for what)";
        return answer;
      }
      answer.status = AskStatus::Exhausted;
      answer.reason =
          fmt::format("study \"{}\": every configuration{} was handed out", live.record.name,
                      draw.sampler.empty() ? "" : " of its sampler (" + draw.sampler + ")");
      return answer;
    }
    if (draw.exhausted) {
      Trial failed = study.trial(ask.number);
      failed.state = TrialState::Fail;
      failed.record.reason = FailReason::Declined;
      failed.record.note = "every configuration with the values given was already tried";
      ticket = submit(live, study.finish(std::move(failed), "server", clock.now()));
      continue;
    }
    const bool as_before = ask.given.empty()
                               ? ask.number == std::ssize(study.trials()) &&
                                     !study.first_waiting({request.worker, accepts, clock.now()})
                               : study.trial(ask.number).state == TrialState::Waiting;
    if (!as_before || study.holder_changes() != holder_changes) continue;
    HandOut what{draw.config,    request.worker, purpose, draw.sampler,
                 draw.slice.key, ask.as_of,      ask.pin, draw.sampler_version};
    return hand_out(live, request, index, ask.number, std::move(what), ticket);
  }
}

AskAnswer StudyService::Impl::hand_out(LiveStudy& live, const AskRequest& request, int index,
                                       std::int64_t number, HandOut what,
                                       CommitQueue::Ticket& ticket) {
  StudyModel& study = *live.study;
  const Timestamp now = clock.now();
  const storage::LeaseRecord lease = new_lease(options, study.spec(), request, now);
  std::vector<storage::Change> changes{study.hand_out(number, std::move(what), lease, now)};
  const Trial& trial = study.trial(number);
  AskedTrial asked;
  asked.number = number;
  asked.params = study.space().to_json(trial.config);
  asked.lease = {lease.token, lease.expires_at};
  asked.attempt = trial.record.attempt;
  asked.purpose = trial.record.purpose;
  asked.sampler = trial.record.sampler;
  asked.pin = trial.record.pin;
  asked.pin_version = trial.record.pin_version;
  asked.title = trial.record.title;
  asked.description = trial.record.description;
  asked.seed = experiment_seed(study.spec().seed, number);
  asked.topic = study.topic_step(trial);
  AskAnswer answer;
  answer.trials.push_back(std::move(asked));

  ticket = submit(live, std::move(changes), part_record(request, index, answer));
  return answer;
}

std::optional<storage::RequestRecord> StudyService::Impl::part_record(const AskRequest& request,
                                                                      int index,
                                                                      const AskAnswer& answer) {
  return record_of(part_id(request, index), "ask", to_json(answer));
}

}  // namespace studyhall::server
