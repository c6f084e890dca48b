#include "server/service_impl.h"

#include <utility>

#include "server/deferred_answer.h"
#include "server/task_telling.h"
#include "server/telling.h"

namespace studyhall::server {

StudyService::Impl::Impl(storage::Storage& storage_, const Clock& clock_, ServiceOptions options_)
    : storage(storage_),
      clock(clock_),
      options(std::move(options_)),
      last_now_(clock_.now()),
      last_steady_(clock_.steady()),
      waiters(clock_, has_to_wait),
      queue(
          storage_, [this] { read_again(); },
          [this](std::span<const storage::Change> written) { note_written(written); }) {
  if (!options.new_token) options.new_token = random_token;
  if (!options.renew_leases) return;
  for (const Live& live : all()) {
    const std::lock_guard lock(live->mutex);
    loaded(*live).renew_leases(clock.now());
  }
}

StudyService::Impl::Live StudyService::Impl::find(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = studies_.find(name);
  if (found != studies_.end()) return found->second;
  std::optional<storage::StudyRecord> record = storage.find_study(name);
  if (!record) {
    std::vector<std::string> known;
    for (const storage::StudyRecord& study : storage.studies()) known.push_back(study.name);
    std::string message = "there is no study \"" + name + "\"";
    if (const auto near = nearest_name(name, known)) message += "; did you mean \"" + *near + "\"?";
    throw Error(ErrorCode::NotFound, message);
  }
  if (!record->spec) {
    throw Error(ErrorCode::Unsupported,
                "study \"" + name +
                    "\" was made by another program and has no study file; this build works only "
                    "on studies made by study create");
  }
  auto live = std::make_shared<LiveStudy>();
  live->record = std::move(*record);
  studies_.emplace(name, live);
  return live;
}

std::vector<StudyService::Impl::Live> StudyService::Impl::all() {
  std::vector<Live> out;
  for (const storage::StudyRecord& study : storage.studies()) {
    if (study.spec) out.push_back(find(study.name));
  }
  return out;
}

std::vector<StudyService::Impl::Live> StudyService::Impl::in_memory() {
  const std::lock_guard lock(mutex_);
  std::vector<Live> out;
  for (const auto& [name, live] : studies_) out.push_back(live);
  return out;
}

void StudyService::Impl::forget(const std::string& name) {
  const std::lock_guard lock(mutex_);
  studies_.erase(name);
}

StudyModel& StudyService::Impl::loaded(LiveStudy& live) {
  if (!live.study && !live.deleted) {
    const auto record = storage.find_study(live.record.name);
    if (record && record->id == live.record.id) {
      live.study = StudyModel::load(storage, *record);
      ++live.epoch;
    } else {
      live.deleted = true;
    }
  }
  if (live.deleted) {
    forget(live.record.name);
    throw Error(ErrorCode::NotFound, "study \"" + live.record.name + "\" was deleted");
  }
  return *live.study;
}

StudyModel& StudyService::Impl::writable(LiveStudy& live,
                                         std::vector<CommitQueue::Ticket>* adopted) {
  StudyModel& study = loaded(live);
  const std::vector<std::int64_t> foreign = study.foreign();
  std::vector<storage::Change> changes;
  for (const std::int64_t number : foreign) {
    for (storage::Change& change : study.adopt(number, clock.now())) {
      changes.push_back(std::move(change));
    }
  }
  if (!changes.empty()) {
    CommitQueue::Ticket ticket = submit(live, std::move(changes));
    if (adopted != nullptr) adopted->push_back(std::move(ticket));
  }
  return study;
}

CommitQueue::Ticket StudyService::Impl::submit(LiveStudy& live,
                                               std::vector<storage::Change> changes,
                                               std::optional<storage::RequestRecord> request) {
  storage::Change& last = changes.back();
  for (storage::Write& write : live.study->take_lease_writes()) {
    last.writes.push_back(std::move(write));
  }
  if (std::optional<storage::Write> block = live.study->take_block_write()) {
    last.writes.push_back(std::move(*block));
  }
  last.request = request;
  if (request) changes.front().event->body["request_id"] = request->request_id;
  CommitQueue::Ticket ticket = queue.submit(std::move(changes));
  live.latest = ticket;
  if (request)
    live.requests.remember(request->request_id, {request->verb, request->answer, ticket});
  return ticket;
}

std::optional<Json> StudyService::Impl::answered(LiveStudy& live, const std::string& request_id,
                                                 std::string_view verb) {
  if (request_id.empty()) return std::nullopt;
  std::optional<RequestMemory::Known> known;
  {
    const std::lock_guard lock(live.mutex);
    loaded(live);
    known = live.requests.find(request_id);
  }
  if (!known) {
    const auto stored = storage.find_request(live.record.id, request_id);
    if (!stored) return std::nullopt;
    known = RequestMemory::Known{stored->verb, stored->answer, nullptr};
  }
  if (known->verb != verb) {
    throw Error(ErrorCode::Conflict, "request_id \"" + request_id + "\" was used for " +
                                         known->verb + " before; use a new one for each request");
  }
  if (known->ticket) CommitQueue::wait(known->ticket);
  return known->answer;
}

std::vector<CommitQueue::Ticket> StudyService::Impl::tidy(LiveStudy& live) {
  std::vector<CommitQueue::Ticket> tickets;
  StudyModel& study = writable(live, &tickets);
  const std::uint64_t jumps = clock_jumps();
  const Timestamp now = clock.now();
  std::vector<storage::Change> changes;
  if (live.jumps != jumps) {
    live.jumps = jumps;
    study.renew_leases(now);
    changes.emplace_back().study = live.record.id;
  }
  for (storage::Change& change : server::expire_leases(study, now)) {
    changes.push_back(std::move(change));
  }
  for (const std::int64_t number : study.tasks().expired(now)) {
    lose_task_lease(study, number, now, changes);
  }
  if (!changes.empty()) tickets.push_back(submit(live, std::move(changes)));
  return tickets;
}

std::uint64_t StudyService::Impl::clock_jumps() {
  constexpr Duration kTolerated = std::chrono::minutes(1);
  const std::lock_guard lock(clock_mutex_);
  const Timestamp now = clock.now();
  const Duration steady = clock.steady();
  const Duration apart = (now - last_now_) - (steady - last_steady_);
  if (apart > kTolerated || apart < -kTolerated) ++jumps_;
  last_now_ = now;
  last_steady_ = steady;
  return jumps_;
}

void StudyService::Impl::wait(const std::vector<CommitQueue::Ticket>& tickets) {
  for (const CommitQueue::Ticket& ticket : tickets) CommitQueue::wait(ticket);
}

void StudyService::Impl::wait_or_defer(const std::vector<CommitQueue::Ticket>& tickets) {
  DeferredAnswer* const deferred = DeferredAnswer::current();
  if (deferred != nullptr && deferred->may_defer()) {
    deferred->add(queue, tickets);
  } else {
    wait(tickets);
  }
}

void StudyService::Impl::note_written(std::span<const storage::Change> changes) {
  storage::StudyId last = storage::kNewStudy;
  for (const storage::Change& change : changes) {
    if (change.study == last) continue;
    last = change.study;
    waiters.changed(last);
    watchers.written(last);
  }
}

void StudyService::Impl::read_again() {
  try {
    static_cast<void>(storage.refresh());
  } catch (const Error&) {
    // The next commit finds out again whether the database can be read.
  }
  for (const Live& live : in_memory()) {
    const std::lock_guard lock(live->mutex);
    queue.drop(live->record.id);
    live->study.reset();
    live->requests.clear();
    live->latest.reset();
  }
}

}  // namespace studyhall::server
