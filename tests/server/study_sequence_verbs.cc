// Each verb, with its answer compared.
#include <algorithm>
#include <chrono>

#include "tests/server/study_sequence.h"

namespace studyhall::server {

void Sequence::ask(const Step& step) {
  AskRequest request;
  request.worker = worker_name(step.a);
  request.count = step.b % 5 == 0 ? 1 + step.c % 3 : 1;
  request.lease_s = step.c % 3 == 0 ? 600 : 7200;
  if (step.b % 3 == 0) request.request_id = "r" + std::to_string(step.b % 8);
  if (step.c % 4 == 0) request.accepts = {{"gpu"}};
  if (const auto before = asked_.find(request.request_id); before != asked_.end()) {
    std::vector<AskedTrial> expected = before->second;
    expected.resize(std::min(expected.size(), static_cast<std::size_t>(request.count)));
    return require_same_trials(service_->ask(kStudy, request).trials, expected);
  }
  std::vector<std::string> accepts;
  if (request.accepts || request.worker == "W2") accepts = {"gpu"};

  reference_.tidy(clock_.now());
  const AskAnswer answer = service_->ask(kStudy, request);

  std::size_t given = 0;
  for (int i = 0; i < request.count; ++i) {
    if (given == answer.trials.size() && all_wait_allowed() &&
        (given > 0 || answer.status == AskStatus::Wait)) {
      break;
    }
    ReferenceStudy::Ask expected = reference_.ask(request.worker, accepts, clock_.now());
    if (expected.status == AskStatus::Exhausted && something_runs() &&
        reference_.has_waiting(accepts)) {
      expected.status = AskStatus::Wait;
    }
    if (expected.status != AskStatus::Trials) {
      require_equal(answer.trials.size(), given, "trials handed out");
      if (given == 0) {
        require_equal(static_cast<int>(answer.status), static_cast<int>(expected.status),
                      "status of ask");
      }
      break;
    }
    require(given < answer.trials.size(),
            fmt::format("trial {} was not handed out: {}", expected.number, answer.reason));
    take_in(answer.trials[given++], expected.number, request);
  }
  if (!request.request_id.empty() && given > 0) asked_[request.request_id] = answer.trials;
}

bool Sequence::all_wait_allowed() const {
  int quarantined = 0;
  for (int w = 1; w < 4; ++w) quarantined += reference_.is_quarantined(worker_name(w));
  return quarantined > 1;
}

void Sequence::take_in(const AskedTrial& asked, std::int64_t expected, const AskRequest& request) {
  require_equal(asked.number, expected, "number of the trial handed out");
  const bool is_new = asked.number == std::ssize(reference_.trials);
  const bool drawn =
      is_new || reference_.trials[static_cast<std::size_t>(expected)].params.size() < 2;
  if (drawn) {
    require(reference_.holders(asked.params).empty(),
            "configuration " + asked.params.dump() + " is live or done already");
  }
  if (!is_new) {
    for (const auto& [name, value] :
         reference_.trials[static_cast<std::size_t>(expected)].params.items()) {
      require_equal(asked.params[name], value, "parameter given");
    }
  }
  reference_.hand_out(asked, request.worker, seconds_to_duration(*request.lease_s), clock_.now());
  const ReferenceTrial& trial = reference_.trials[static_cast<std::size_t>(expected)];
  require_equal(asked.attempt, trial.attempt, "attempt");
  require_equal(to_string(asked.purpose), to_string(trial.purpose), "purpose");
  require(asked.lease.expires_at == trial.leases.back().expires_at, "end of the lease");
  require_equal(asked.insights.size(),
                static_cast<std::size_t>(
                    std::count(reference_.insights.begin(), reference_.insights.end(), true)),
                "insights shown");
}

void Sequence::require_same_trials(const std::vector<AskedTrial>& found,
                                   const std::vector<AskedTrial>& expected) {
  require_equal(found.size(), expected.size(), "trials of a repeated ask");
  for (std::size_t i = 0; i < found.size(); ++i) {
    require_equal(found[i].number, expected[i].number, "number in a repeated ask");
    require_equal(found[i].lease.token, expected[i].lease.token, "lease in a repeated ask");
    require(found[i].params == expected[i].params, "params in a repeated ask");
  }
}

void Sequence::tell(const Step& step) {
  if (!has_trials()) return;
  const std::int64_t number = likely_running(step.a);
  TellRequest request;
  request.lease = any_lease(number, step.b);
  const int what = step.c % 12;
  if (what < 5) {
    request.values = {value_of(step)};
  } else if (what < 6) {
    request.state = TrialState::Pruned;
    if (step.a % 2 == 0) request.values = {value_of(step)};
  } else {
    request.state = TrialState::Fail;
    request.reason = what < 7    ? FailReason::BadConfig
                     : what < 10 ? FailReason::Infra
                     : what < 11 ? FailReason::Declined
                                 : FailReason::Cancelled;
    if (what == 8) request.cause = FaultCause::RateLimit;
    if (what == 9) request.cause = FaultCause::Stall;
  }
  if (step.b % 4 == 0) request.request_id = "t" + std::to_string(step.a % 6);
  tell(number, request);
  if (step.b % 9 == 0) tell(number, request);
}

void Sequence::tell(std::int64_t number, const TellRequest& request) {
  if (const auto before = told_.find(request.request_id); before != told_.end()) {
    const TellAnswer answer = service_->tell(kStudy, number, request);
    require_equal(answer.number, before->second.number, "number in a repeated tell");
    require_equal(answer.requeued, before->second.requeued, "requeued in a repeated tell");
    return;
  }
  const bool replicated = has_replicates();
  const std::optional<std::int64_t> best = reference_.best();
  TellAnswer expected;
  const ReferenceStudy::Told told = reference_.tell(number, request, clock_.now(), expected);
  const auto answer =
      unless_refused<TellAnswer>([&] { return service_->tell(kStudy, number, request); });
  require_equal(answer.has_value(), told != ReferenceStudy::Told::Refused,
                fmt::format("tell of trial {} taken", number));
  if (!answer) return;
  require_equal(answer->number, expected.number, "number answered to tell");
  require_equal(answer->already, told == ReferenceStudy::Told::Already, "already");
  if (told == ReferenceStudy::Told::Already) return;
  require_equal(answer->requeued, expected.requeued, "requeued");
  if (!replicated && !has_replicates()) {
    const bool leads = reference_.best() != best && reference_.best() == expected.number;
    require_equal(answer->new_best, leads, "new best");
  }
  if (!request.request_id.empty()) told_[request.request_id] = *answer;
}

bool Sequence::beat(std::int64_t number, const std::string& lease,
                    const std::function<BeatAnswer()>& verb) {
  const std::optional<bool> stop = reference_.beat(number, lease, clock_.now());
  const auto answer = unless_refused<BeatAnswer>(verb);
  require_equal(answer.has_value(), stop.has_value(), "beat taken");
  if (answer) require_equal(answer->stop, *stop, "stop");
  return stop && !*stop;
}

void Sequence::report(const Step& step) {
  if (!has_trials()) return;
  const std::int64_t number = likely_running(step.a);
  const ReportRequest request{step.c % 5, step.b / 8.0, any_lease(number, step.b)};
  if (beat(number, request.lease, [&] { return service_->report(kStudy, number, request); })) {
    reference_.report(number, request.step, request.value);
  }
}

void Sequence::heartbeat(const Step& step) {
  if (!has_trials()) return;
  const std::int64_t number = likely_running(step.a);
  const std::string lease = any_lease(number, step.b);
  beat(number, lease, [&] { return service_->heartbeat(kStudy, number, {lease}); });
}

void Sequence::park(const Step& step) {
  if (!has_trials()) return;
  const std::int64_t number = likely_running(step.a);
  ParkRequest request;
  request.lease = any_lease(number, step.b);
  request.until = clock_.now() + std::chrono::minutes(1 + step.c % 300);
  if (beat(number, request.lease, [&] { return service_->park(kStudy, number, request); })) {
    reference_.park(number, *request.until);
  }
}

void Sequence::release(const Step& step) {
  if (!has_trials()) return;
  const std::int64_t number = likely_running(step.a);
  const std::string lease = any_lease(number, step.b);
  const std::optional<bool> stop = reference_.beat(number, lease, clock_.now());
  const auto done = unless_refused<bool>([&] {
    service_->release(kStudy, number, lease);
    return true;
  });
  require_equal(done.has_value(), stop.has_value(), "release taken");
  if (stop && !*stop) reference_.release(number);
}

void Sequence::void_trial(const Step& step) {
  if (!has_trials()) return;
  const std::int64_t number = any_trial(step.a);
  service_->void_trial(kStudy, number, {step.b % 2 == 0 ? "" : "why", "Ann"});
  reference_.void_trial(number);
}

void Sequence::enqueue(const Step& step) {
  EnqueueRequest request;
  if (step.a % 3 > 0) request.params["k"] = step.b % (kHighest + 1);
  if (step.a % 4 > 0) request.params["c"] = step.b % 2 == 0 ? "a" : "b";
  request.priority = step.c % 3;
  if (step.c % 5 == 0) request.tags = {"gpu"};
  if (step.c % 2 == 0 && has_trials()) request.after = {any_trial(step.c)};
  if (step.c % 7 == 0) request.after.push_back(any_number(step.b));
  std::sort(request.after.begin(), request.after.end());
  request.after.erase(std::unique(request.after.begin(), request.after.end()), request.after.end());
  if (step.b % 4 == 0 && request.params.size() == 2) request.count = 2;
  if (step.b % 3 == 0) request.request_id = "e" + std::to_string(step.a % 6);
  if (step.c % 3 == 0) request.description = "words";

  if (const auto before = enqueued_.find(request.request_id); before != enqueued_.end()) {
    require_equal(service_->enqueue(kStudy, request).numbers, before->second,
                  "numbers of a repeated enqueue");
    return;
  }
  const auto answer =
      unless_refused<EnqueueAnswer>([&] { return service_->enqueue(kStudy, request); });
  require_equal(answer.has_value(), reference_.may_follow(request.after), "enqueue taken");
  if (!answer) return;
  const std::set<std::int64_t> holders = reference_.holders(request.params);
  if (request.count == 1 && !holders.empty()) {
    require(answer->already, "an enqueued configuration is there already");
    require_equal(answer->numbers.size(), std::size_t{1}, "trials of a known configuration");
    require(holders.contains(answer->numbers.front()), "number of a known configuration");
    return;
  }
  std::vector<std::int64_t> numbers;
  for (int i = 0; i < request.count; ++i) {
    numbers.push_back(std::ssize(reference_.trials) + i);
  }
  require_equal(answer->numbers, numbers, "numbers enqueued");
  reference_.enqueue(request);
  if (!request.request_id.empty()) enqueued_[request.request_id] = numbers;
}

void Sequence::stop_or_resume() {
  if (reference_.stopped) {
    service_->resume_study(kStudy);
  } else {
    service_->stop_study(kStudy, "enough");
  }
  reference_.stopped = !reference_.stopped;
}

void Sequence::edit(const Step& step) {
  reference_.limit = 1 + step.a % 30;
  Json limits{{"trials", reference_.limit}, {"running", nullptr}};
  reference_.running_limit.reset();
  if (step.b % 3 == 0) {
    reference_.running_limit = 1 + step.c % 4;
    limits["running"] = *reference_.running_limit;
  }
  service_->edit_study(kStudy, {{{"limits", limits}}, "Ann"});
}

void Sequence::change_insights(const Step& step) {
  const auto known = std::ssize(reference_.insights);
  if (known > 0 && step.a % 3 == 0) {
    const std::int64_t id = 1 + step.b % known;
    service_->retire_insight(kStudy, id, {"", "Ann"});
    reference_.insights[static_cast<std::size_t>(id - 1)] = false;
    return;
  }
  InsightRequest request{"note " + std::to_string(step.b), "Ann", std::nullopt};
  if (has_trials()) request.trial = any_trial(step.c);
  require_equal(service_->add_insight(kStudy, request).id, known + 1, "id of an insight");
  reference_.insights.push_back(true);
}

void Sequence::release_worker(const Step& step) {
  const std::string worker = worker_name(step.a);
  const bool known = reference_.has_asked(worker);
  try {
    service_->release_worker(kStudy, worker, {"", "Ann"});
    require(known, "a worker that never asked was released");
    reference_.release_worker(worker);
  } catch (const Error& error) {
    require(error.code() == ErrorCode::NotFound && !known, error.what());
  }
}

}  // namespace studyhall::server
