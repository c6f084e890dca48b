// A study as its users are told that it behaves, written as plainly as possible: loops over all
// trials, no index, no cache, nothing shared with the server. What StudyService is compared with.
//
// For studies of one objective to be maximized over finitely many configurations.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/study_api.h"

namespace studyhall::testing {

struct ReferenceLease {
  std::string token;
  std::string worker;
  int attempt = 1;
  Duration length{};
  Timestamp expires_at;
  bool current = true;
  std::int64_t told_as = -1;
};

struct ReferenceTrial {
  TrialState state = TrialState::Waiting;
  Purpose purpose = Purpose::Suggested;
  int attempt = 0;
  std::string worker;
  Json params = Json::object();
  std::optional<double> value;
  std::optional<FailReason> reason;
  bool late = false;
  bool voided = false;
  std::map<std::int64_t, double> intermediate;
  std::vector<ReferenceLease> leases;
  std::optional<Timestamp> parked_until;
  double priority = 0;
  std::vector<std::string> tags;
  std::vector<std::int64_t> after;
};

class ReferenceStudy {
 public:
  // `parameters`: how many parameters a configuration has. `configurations`: all there are.
  ReferenceStudy(std::size_t parameters, std::vector<Json> configurations)
      : parameters_(parameters), configurations_(std::move(configurations)) {}

  enum class Told { Taken, Already, Refused };
  struct Ask {
    AskStatus status = AskStatus::Trials;
    std::int64_t number = -1;  // of Trials
  };

  // What comes before an ask: leases renewed after a jump of the clock, then those that ran out.
  void tidy(Timestamp now);
  // What an ask must answer; where a waiting trial can never be completed to a new configuration it
  // is failed. tidy() comes before.
  Ask ask(const std::string& worker, const std::vector<std::string>& accepts, Timestamp now);
  // The trial that was answered.
  void hand_out(const AskedTrial& asked, const std::string& worker, Duration length, Timestamp now);
  Told tell(std::int64_t number, const TellRequest& request, Timestamp now, TellAnswer& answer);
  // Whether to stop; nullopt: refused.
  std::optional<bool> beat(std::int64_t number, const std::string& lease, Timestamp now);
  void report(std::int64_t number, std::int64_t step, double value) {
    trials[at(number)].intermediate[step] = value;
  }
  void park(std::int64_t number, Timestamp until);
  void release(std::int64_t number);
  void void_trial(std::int64_t number);
  // Whether trials may be added to wait for these.
  [[nodiscard]] bool may_follow(const std::vector<std::int64_t>& after) const;
  // The trials that hold the configuration.
  [[nodiscard]] std::set<std::int64_t> holders(const Json& params) const;
  void enqueue(const EnqueueRequest& request);
  void release_worker(const std::string& worker);
  // A new service on what was written: it knows of no earlier jump of the clock.
  void restart(Timestamp now) {
    apart_ = {};
    renew(now);
  }
  // Another program writes a trial, a new one or one of its own.
  void write_foreign(std::int64_t number, TrialState state, const Json& params,
                     const std::vector<double>& values);
  void clock_jumped(Duration by) { apart_ += by; }

  [[nodiscard]] std::int64_t count(TrialState state) const;
  // Whether a trial waits, for others or not, that a worker with these tags may have.
  [[nodiscard]] bool has_waiting(const std::vector<std::string>& accepts) const;
  // Whether a configuration has more results than failures of its own.
  [[nodiscard]] bool is_feasible(const Json& params) const;
  // The trial with the best value of the feasible configurations, where none has two results;
  // nullopt: none.
  [[nodiscard]] std::optional<std::int64_t> best() const;
  // Results by configuration.
  [[nodiscard]] std::map<std::string, int> results() const;
  [[nodiscard]] bool is_quarantined(const std::string& worker) const {
    const auto found = workers_.find(worker);
    return found != workers_.end() && found->second.until.has_value();
  }
  [[nodiscard]] bool has_asked(const std::string& worker) const {
    return workers_.contains(worker);
  }

  std::vector<ReferenceTrial> trials;
  std::int64_t limit = 0;  // of trials, and of failures
  std::optional<std::int64_t> running_limit;
  bool stopped = false;
  std::vector<bool> insights;  // whether shown

 private:
  struct Worker {
    int failures = 0;
    int quarantines = 0;
    std::optional<Timestamp> until;
  };

  static std::size_t at(std::int64_t number) { return static_cast<std::size_t>(number); }
  [[nodiscard]] bool is_full(const ReferenceTrial& trial) const {
    return trial.params.size() == parameters_;
  }
  [[nodiscard]] bool is_ready(const ReferenceTrial& trial) const;
  [[nodiscard]] std::optional<std::int64_t> first_waiting(
      const std::vector<std::string>& accepts) const;
  [[nodiscard]] std::int64_t running(const std::string& worker) const;
  [[nodiscard]] bool can_be_completed(const Json& params) const;
  [[nodiscard]] bool is_held_back(const std::string& worker, Timestamp now) const;
  ReferenceLease* find_lease(std::int64_t number, const std::string& token);
  void renew(Timestamp now);
  void extend(ReferenceTrial& trial, Timestamp from);
  void end_leases(ReferenceTrial& trial);
  void send_back(std::int64_t number, bool same_attempt);
  void end(std::int64_t number, TrialState state, std::optional<FailReason> reason);
  void judge(const std::string& worker, bool works, Timestamp now);

  std::size_t parameters_;
  std::vector<Json> configurations_;
  std::map<std::string, Worker> workers_;
  Duration apart_{};  // of the clocks, since the last tidy()
};

}  // namespace studyhall::testing
