// One study in memory, and every change it can undergo.
//
// A transition changes the memory and returns the same change for storage, with its event; the
// caller submits it under the lock that it holds while calling (server/live_study.h). Nothing here
// locks, samples, or writes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/history.h"
#include "core/study_api.h"
#include "server/standing.h"
#include "storage/storage.h"

namespace studyhall::server {

// How a trial is handed out: everything but its number and lease.
struct HandOut {
  Config config;
  std::string worker;
  Purpose purpose = Purpose::Suggested;
  std::string sampler;
  std::string slice;
  std::int64_t as_of = 0;
  Pin pin;
};

// What a sampler must learn: an observation, or that a trial is no longer one.
struct HistoryChange {
  std::int64_t number = -1;
  std::optional<Observation> observation;
};

class StudyModel {
 public:
  // Reads the study as storage has it.
  static StudyModel load(storage::Storage& storage, const storage::StudyRecord& record);

  // --- What there is ---

  [[nodiscard]] const storage::StudyRecord& record() const { return record_; }
  [[nodiscard]] const StudySpec& spec() const { return *record_.spec; }
  [[nodiscard]] const SearchSpace& space() const { return record_.spec->space; }
  [[nodiscard]] const std::vector<Trial>& trials() const { return trials_; }
  // Throws Error(NotFound) naming the study, the number and how many trials there are.
  [[nodiscard]] const Trial& trial(std::int64_t number) const;
  [[nodiscard]] std::int64_t count(TrialState state) const;
  [[nodiscard]] std::int64_t last_sequence() const { return last_sequence_; }
  [[nodiscard]] const Standing& standing() const { return standing_; }

  // Why no trial may be handed out now (Finished or Wait); nullopt: one may.
  [[nodiscard]] std::optional<AskAnswer> closed() const;
  // The waiting trial to hand out first: given back or retried, then replicates, then enqueued ones
  // by priority.
  [[nodiscard]] std::optional<std::int64_t> first_waiting() const;
  // The trial that keeps `hash` from being handed out again: waiting, running, done or failed for
  // its configuration.
  [[nodiscard]] std::optional<std::int64_t> holder(const std::string& hash) const;
  // What has changed for samplers since the last call, in the order of the events.
  std::vector<HistoryChange> take_history_changes();
  // All of it, as a fresh sampler needs it, in the order of the events.
  [[nodiscard]] std::vector<HistoryChange> whole_history() const;

  [[nodiscard]] const std::vector<storage::LeaseRecord>& leases(std::int64_t number) const;
  // The current lease of a running trial; null while there is none.
  [[nodiscard]] const storage::LeaseRecord* current_lease(std::int64_t number) const;
  // Trials whose current lease had run out at `now`, ascending.
  [[nodiscard]] std::vector<std::int64_t> expired(Timestamp now) const;

  // --- What can happen ---

  // A trial goes to a worker: `number` is a waiting one, or the next new one.
  storage::Change hand_out(std::int64_t number, HandOut what, storage::LeaseRecord lease,
                           Timestamp now);
  // A result. `result` holds state, values, metrics, constraints and record as they shall be.
  // Two changes where the leader, or with several objectives the front, changes.
  std::vector<storage::Change> finish(Trial result, const std::string& author, Timestamp now);
  // Running -> Waiting, in whichever way `kind` names (Told, LeaseLost, Released); `same_attempt`
  // when the next ask shall have the attempt that this one had.
  storage::Change requeue(std::int64_t number, EventKind kind, Json body, const std::string& author,
                          bool same_attempt, Timestamp now);
  // `prune`: the pruner found the trial not worth finishing, which stays so for this attempt.
  storage::Change report(std::int64_t number, std::int64_t step, double value, bool prune,
                         Timestamp now);
  storage::Change enqueue(Config config, double priority, bool replicate, Timestamp now);
  // The late result of a trial that is done, as a finished trial of its own.
  std::vector<storage::Change> add_replicate(std::int64_t of, Trial result,
                                             const std::string& author, Timestamp now);
  storage::Change set_stopped(const std::string& reason, Timestamp now);
  // A finished trial that another program wrote: gives it its place in the order.
  storage::Change adopt(std::int64_t number, Timestamp now);
  // Trials that adopt() must be called for.
  [[nodiscard]] const std::vector<std::int64_t>& foreign() const { return foreign_; }

  // Moves the current lease's end; nothing for storage yet.
  void extend_lease(std::int64_t number, Timestamp now);
  // Notes which trial keeps the result that a lease's holder told.
  void mark_told(std::int64_t number, const std::string& token, std::int64_t told_as);
  // Writes for the leases changed since the last call: they go along with the next change.
  std::vector<storage::Write> take_lease_writes();
  // Every lease gets its full length again from `now`.
  void renew_leases(Timestamp now);

 private:
  explicit StudyModel(storage::StudyRecord record);

  storage::Change change(EventKind kind, Json body, const std::string& author, Timestamp now);
  void place(Trial trial);
  // Takes a Complete trial into the standing, unless its parameters are not those of the space.
  LeadChange rank(const Trial& trial);
  void index(const Trial& trial);
  void unindex(const Trial& trial);
  void learn(std::int64_t number);
  void close_leases(std::int64_t number);
  [[nodiscard]] Observation observe(const Trial& trial) const;
  [[nodiscard]] bool is_observed(const Trial& trial) const;

  using WaitingKey = std::tuple<int, double, std::int64_t>;  // class, -priority, number
  [[nodiscard]] static WaitingKey waiting_key(const Trial& trial);

  storage::StudyRecord record_;
  std::vector<Trial> trials_;
  std::array<std::int64_t, 5> counts_{};  // by TrialState
  std::int64_t config_failures_ = 0;
  std::unordered_map<std::string, std::vector<std::int64_t>> holders_;  // config hash -> trials
  std::set<WaitingKey> waiting_;
  std::unordered_map<std::int64_t, std::vector<storage::LeaseRecord>> leases_;
  std::set<std::pair<Timestamp, std::int64_t>> expiries_;        // of current leases
  std::set<std::pair<std::int64_t, std::string>> dirty_leases_;  // number, token
  std::int64_t last_sequence_ = 0;
  Standing standing_;
  std::vector<std::int64_t> foreign_;  // finished, without a place in the order
  std::vector<HistoryChange> unseen_;
};

}  // namespace studyhall::server
