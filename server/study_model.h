// One study in memory, and every change it can undergo.
//
// A transition changes the memory and returns the same change for storage, with its event; the
// caller submits it under the lock that it holds while calling (server/live_study.h). Nothing here
// locks, samples, or writes.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/cpu_level.h"
#include "core/history.h"
#include "core/study_api.h"
#include "server/best_steps.h"
#include "server/block_book.h"
#include "server/budget.h"
#include "server/competitors.h"
#include "server/config_hashes.h"
#include "server/config_holders.h"
#include "server/lease_book.h"
#include "server/queue_rules.h"
#include "server/standing.h"
#include "server/task_board.h"
#include "server/trial_table.h"
#include "server/worker_record.h"
#include "storage/storage.h"

namespace studyhall::server {

inline constexpr const char* kInsightFact = "insight";
inline constexpr const char* kTopicFact = "topic";
inline constexpr const char* kQuestionFact = "question";

// How a trial is handed out: everything but its number and lease.
struct HandOut {
  Config config;
  std::string worker;
  Purpose purpose = Purpose::Suggested;
  std::string sampler;
  std::string slice;
  std::int64_t as_of = 0;
  Pin pin;
  int sampler_version = 0;  // 0: not sampled
  std::string_view cpu = cpu_level();
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
  // A study as it is created: the event that did it, and nothing else.
  static StudyModel created(storage::StudyRecord record);

  // --- What there is ---

  [[nodiscard]] const storage::StudyRecord& record() const { return record_; }
  [[nodiscard]] const StudySpec& spec() const { return *record_.spec; }
  [[nodiscard]] const SearchSpace& space() const { return record_.spec->space; }
  [[nodiscard]] const TrialTable& trials() const { return trials_; }
  // A copy. Throws Error(NotFound) naming the study, the number and how many trials there are.
  [[nodiscard]] Trial trial(std::int64_t number) const;
  [[nodiscard]] std::int64_t count(TrialState state) const;
  [[nodiscard]] std::int64_t last_sequence() const { return last_sequence_; }
  [[nodiscard]] const Standing& standing() const { return standing_; }
  // As Standing has it.
  [[nodiscard]] Pin pin(std::span<const std::size_t> wanted, Rng& rng) const {
    return standing_.pin(space(), trials_, wanted, rng);
  }
  // The trials as pruners look at them, by number.
  [[nodiscard]] std::span<const Trial> competitors() const;
  // Of the first objective.
  [[nodiscard]] const BestSteps& best_steps() const;

  // Why no trial may be handed out now (Finished or Wait); nullopt: one may.
  [[nodiscard]] std::optional<AskAnswer> closed(Timestamp now) const;
  // The same for one worker of a study that is not closed.
  [[nodiscard]] std::optional<AskAnswer> closed_for(const std::string& worker, Timestamp now) const;
  [[nodiscard]] const Budget& budget() const { return budget_; }
  // Those that have asked, by name.
  [[nodiscard]] const std::map<std::string, WorkerRecord>& workers() const { return workers_; }
  // By id.
  [[nodiscard]] const std::vector<Insight>& insights() const { return insights_; }
  // The waiting trial to hand out first: given back or retried, then replicates, then the next of a
  // topic that the worker is on, then enqueued ones by priority; none that waits for something.
  [[nodiscard]] std::optional<std::int64_t> first_waiting(const Taker& taker) const;
  // The trial that keeps `config` from being handed out again: waiting, running, done or failed for
  // its configuration.
  [[nodiscard]] std::optional<std::int64_t> holder(const Config& config) const;
  // Counts how often a configuration came to be held or free.
  [[nodiscard]] std::uint64_t holder_changes() const { return holder_changes_; }
  // What has changed for samplers since the last call, in the order of the events.
  std::vector<HistoryChange> take_history_changes();
  // All of it, as a fresh sampler needs it, one after the other in the order of the events.
  void visit_history(const std::function<void(Observation)>& visit) const;

  [[nodiscard]] std::vector<storage::LeaseRecord> leases(std::int64_t number) const {
    return leases_.of(number);
  }
  // The current lease of a running trial; null while there is none.
  [[nodiscard]] const storage::LeaseRecord* current_lease(std::int64_t number) const {
    return leases_.current(number);
  }
  // Trials whose current lease had run out at `now`, ascending.
  [[nodiscard]] std::vector<std::int64_t> expired(Timestamp now) const;

  // --- What can happen ---

  // A trial goes to a worker: `number` is a waiting one, or the next new one.
  storage::Change hand_out(std::int64_t number, HandOut what, storage::LeaseRecord lease,
                           Timestamp now);
  // A result. `result` holds state, values, metrics, constraints and record as they shall be.
  // More changes follow where the leader, or with several objectives the front, changes (NewBest),
  // where a candidate for leader is to be run again or no more (Candidate, Confirmed, Refuted), and
  // where trials waited for one that fails: they fail with it. `how` has further members for the
  // event.
  std::vector<storage::Change> finish(Trial result, const std::string& author, Timestamp now,
                                      const Json& how = Json::object());
  // Running -> Waiting, in whichever way `kind` names (Told, LeaseLost, Released); `same_attempt`
  // when the next ask shall have the attempt that this one had. `used` by the attempt that ends.
  storage::Change requeue(std::int64_t number, EventKind kind, Json body, const std::string& author,
                          bool same_attempt, const Usage& used, Timestamp now);
  // `prune`: the pruner found the trial not worth finishing, which stays so for this attempt.
  storage::Change report(std::int64_t number, std::int64_t step, double value, bool prune,
                         Timestamp now);
  storage::Change enqueue(Config config, const EnqueueRequest& request, bool replicate,
                          Timestamp now);
  // The late result of a trial that is done, as a finished trial of its own.
  std::vector<storage::Change> add_replicate(std::int64_t of, Trial result,
                                             const std::string& author, Timestamp now, Json how);
  // Fails the trial as voided and takes it out of everything that is reckoned; other changes as
  // finish() has them. REQUIRES: not voided yet.
  std::vector<storage::Change> void_trial(std::int64_t number, const std::string& reason,
                                          const std::string& author, Timestamp now);
  // Its lease runs on until its full length after `until`. REQUIRES: running.
  storage::Change park(std::int64_t number, Timestamp until, const std::string& reason,
                       Timestamp now);
  storage::Change unpark(std::int64_t number, Timestamp now);
  // What the end of an attempt says of its worker, stored with the last of `changes` or, where a
  // quarantine begins or ends, in one more.
  void judge_worker(const std::string& worker, bool works, Timestamp now,
                    std::vector<storage::Change>& changes);
  // nullopt: it was not quarantined. REQUIRES: it has asked.
  std::optional<storage::Change> release_worker(const std::string& worker,
                                                const std::string& author, Timestamp now);
  storage::Change add_insight(const InsightRequest& request, Timestamp now);
  // REQUIRES: the id was given.
  storage::Change retire_insight(std::int64_t id, const std::string& author, Timestamp now);
  // The study goes on under `spec`, which edit_study_spec() made of its own and `patch`: every
  // trial is read in the new space (core/space_edit.h), feasibility, standing and what is confirmed
  // are judged anew, and what waits and fits no more is withdrawn. Other changes follow as finish()
  // has them. Whoever keeps the history must take all of it again.
  std::vector<storage::Change> edit(std::shared_ptr<const StudySpec> spec, const Json& patch,
                                    const std::string& reason, const std::string& author,
                                    Timestamp now);
  // Fails a waiting trial whose parameters are not of the space any more, and what waits for it.
  std::vector<storage::Change> withdraw(std::int64_t number, Timestamp now);
  storage::Change set_stopped(const std::string& reason, Timestamp now);
  // A trial as another program has written it: gives it its place in the order. A lease of it
  // ends with the trial; what waits for one that failed fails with it.
  std::vector<storage::Change> adopt(std::int64_t number, Timestamp now);
  // Creates runs that shall confirm the best challenger, where there is one with a chance to lead
  // and a run left to give it, or a run of the leader while others come close: what a worker has to
  // do while the last trials are kept for confirming, or when nothing new is left (`exhausted`).
  // Empty: nothing.
  std::vector<storage::Change> confirm_contender(bool exhausted, Timestamp now);
  // Whether the next trial is kept for confirming (server/confirming.h).
  [[nodiscard]] bool is_kept_for_confirming() const;
  // Trials that adopt() must be called for.
  [[nodiscard]] const std::vector<std::int64_t>& foreign() const { return foreign_; }
  // What another program wrote, as load() finds it. REQUIRES: its number is at most the next one.
  void find_foreign(Trial trial);

  // Moves the current lease's end; nothing for storage yet.
  void extend_lease(std::int64_t number, Timestamp now);
  // Notes which trial keeps the result that a lease's holder told.
  void mark_told(std::int64_t number, const std::string& token, std::int64_t told_as);
  // Writes for the leases changed since the last call: they go along with the next change.
  std::vector<storage::Write> take_lease_writes();
  // Writes a block of ended trials that storage should have: one at most, so that no change waits
  // for many. It goes along with the next change too.
  std::optional<storage::Write> take_block_write();
  // Every lease, of tasks too, gets its full length again from `now`.
  void renew_leases(Timestamp now);

  // --- Tasks (server/study_model_tasks.cc) ---

  [[nodiscard]] const TaskBoard& tasks() const { return tasks_; }
  // Throws Error(NotFound) naming the study, the number and how many tasks there are.
  [[nodiscard]] const Task& task(std::int64_t number) const;
  // The waiting task to hand out first; none that waits for something.
  [[nodiscard]] std::optional<std::int64_t> first_task(const Taker& taker) const;
  // Why the worker may have no task now: the study is stopped, a limit of hours, money, turns or
  // tokens is used up, or the worker is quarantined. A target that is met or limits.trials used up
  // keep nobody from a task.
  [[nodiscard]] std::optional<AskAnswer> closed_to_tasks(const std::string& worker,
                                                         Timestamp now) const;
  // What to answer instead of Finished or Exhausted while tasks are open to a worker that accepts
  // these tags, it may have some, and something still runs; nullopt: nothing.
  [[nodiscard]] std::optional<AskAnswer> wait_for_tasks(const std::string& worker,
                                                        std::span<const std::string> accepts,
                                                        Timestamp now) const;
  storage::Change add_task(const TaskRequest& request, int retries, Timestamp now);
  // REQUIRES: waiting. `lease` has a token, the worker, a length and an end.
  storage::Change hand_out_task(std::int64_t number, storage::LeaseRecord lease, Timestamp now);
  // A result, or its cancelling (`kind`: TaskTold, TaskCancelled). `ended` holds state, reason,
  // result, evidence, note and usage as they shall be; `token` names the lease that it was told
  // with, if any. What waited for a task that is not done fails with it, in more changes.
  std::vector<storage::Change> end_task(Task ended, EventKind kind, const std::string& token,
                                        const Json& how, const std::string& author, Timestamp now);
  // As requeue() does with a trial.
  storage::Change requeue_task(std::int64_t number, EventKind kind, Json body,
                               const std::string& author, bool same_attempt, const Usage& used,
                               Timestamp now);
  storage::Change park_task(std::int64_t number, Timestamp until, const std::string& reason,
                            Timestamp now);
  storage::Change unpark_task(std::int64_t number, Timestamp now);
  void extend_task_lease(std::int64_t number, Timestamp now) { tasks_.extend_lease(number, now); }

  // The place of a waiting trial in the queue.
  [[nodiscard]] static WaitingKey waiting_key(const Trial& trial);

  // --- The queue (server/study_model_queue.cc) ---

  // Waiting trials in the order of the queue, those that wait for something included.
  [[nodiscard]] const std::set<WaitingKey>& queue() const { return queue_; }
  // By name. Throws Error(NotFound) for a number that the study does not have.
  [[nodiscard]] std::string_view state_of(const WorkRef& work) const;
  // Why something that waits cannot go to any of the study's workers now. REQUIRES: it waits.
  [[nodiscard]] std::vector<Hindrance> hindrances(const WorkRef& work, Timestamp now) const;
  // Whether a trial waits that this worker may have without a person's approval once something that
  // runs now has ended.
  [[nodiscard]] bool may_have_later(const Taker& taker) const;
  // REQUIRES: it waits; `change` changes something.
  storage::Change change_queued(const WorkRef& work, const QueueChange& change, Timestamp now);
  // With numbers and what was asked for; results and state are worked out by view_topic().
  [[nodiscard]] const std::vector<Topic>& topics() const { return topics_; }
  // Adds it and its trials. `config` is what the request's parameters give, NaN for the rest.
  std::vector<storage::Change> add_topic(const TopicRequest& request, const Config& config,
                                         Timestamp now);
  // Of a trial that is handed out now; nullopt where it belongs to no topic.
  [[nodiscard]] std::optional<TopicStep> topic_step(const Trial& trial) const;
  // Who had the topic's last trial; empty: nobody.
  [[nodiscard]] std::string worker_of(const Topic& topic) const;
  // Trials by who put them into the queue.
  [[nodiscard]] const std::map<std::string, std::set<std::int64_t>>& proposed() const {
    return proposed_;
  }
  // By id; their state as it was when they were last written: view_question() has the present one.
  [[nodiscard]] const std::vector<Question>& questions() const { return questions_; }
  // The one that a running trial or task waits for; 0: none.
  [[nodiscard]] std::int64_t open_question(const WorkRef& work) const;
  // REQUIRES: it runs, and has no open question.
  storage::Change ask_question(const WorkRef& work, const std::string& text, Timestamp now);
  // REQUIRES: the question is open.
  storage::Change answer_question(std::int64_t id, const AnswerRequest& request, Timestamp now);
  // A finished trial from elsewhere, which takes the next number; other changes as finish() has
  // them.
  std::vector<storage::Change> import_result(Trial result, const std::string& author,
                                             Timestamp now);

 private:
  using Ended = WorkRef;
  explicit StudyModel(storage::StudyRecord record);

  storage::Change change(EventKind kind, Json body, const std::string& author, Timestamp now);
  // Takes in what storage knows beside the trials.
  void recall(const storage::Fact& fact);
  void place(Trial trial);
  // `held`: the digest of the configuration that it holds.
  void place(Trial trial, const std::optional<Digest>& held);
  // What it holds.
  [[nodiscard]] std::optional<Digest> held_of(const Trial& trial) const;
  // Reads trials and their leases from storage.
  void load_trials(storage::Storage& storage);
  // Takes a Complete trial into the standing, unless its parameters are not those of the space.
  LeadChange rank(const Trial& trial);
  void index(const Trial& trial, const std::optional<Digest>& held);
  void unindex(const Trial& trial);
  // Whether the trial keeps its configuration from being handed out again.
  [[nodiscard]] bool holds(const Trial& trial) const;
  // Whether another program wrote it in a way that has no event yet.
  [[nodiscard]] bool is_news(const Trial& trial) const;
  void learn(std::int64_t number);
  void close_leases(std::int64_t number);
  void finish_one(Trial result, const std::string& author, Timestamp now, const Json& how,
                  std::vector<storage::Change>& changes);
  // Fails what waits for it, and what waits for that, if it has failed.
  void fail_dependents(Ended first, Timestamp now, std::vector<storage::Change>& changes);
  [[nodiscard]] bool has_failed(const Ended& ended) const;
  // Waiting trials and tasks that wait for it, ascending.
  [[nodiscard]] std::vector<std::int64_t> trials_after(const Ended& ended) const;
  [[nodiscard]] std::vector<std::int64_t> tasks_after(const Ended& ended) const;
  [[nodiscard]] bool is_ready(const Task& task) const;
  void end_one_task(Task ended, EventKind kind, const std::string& token, const Json& how,
                    const std::string& author, Timestamp now,
                    std::vector<storage::Change>& changes);
  void place_task(storage::TaskRecord record);
  // Remembers a worker at its first ask.
  void note_worker(const std::string& name, Timestamp now, storage::Change& change);
  void note_lead(const LeadChange& lead, Timestamp now, std::vector<storage::Change>& changes);
  // The leader, or with several objectives the front, ascending.
  [[nodiscard]] std::vector<std::int64_t> in_the_lead() const;
  // Whether all that it waits for have ended well.
  [[nodiscard]] bool is_ready(const Trial& trial) const;
  // Lets a waiting trial be handed out, if it is ready.
  void line_up(const Trial& trial);
  [[nodiscard]] const Topic& topic(const std::string& name) const;
  void join_topic(const std::string& name, std::int64_t number, storage::Change& change);
  // Why a trial of a topic has to wait for the topic's other trials; `worker` empty: whoever asks.
  [[nodiscard]] std::optional<Hindrance> topic_hindrance(const Trial& trial,
                                                         std::string_view worker,
                                                         Timestamp now) const;
  [[nodiscard]] bool may_go(const Trial& trial, const Taker& taker) const;
  [[nodiscard]] bool may_go(const Task& task, const Taker& taker) const;
  [[nodiscard]] bool some_worker_takes(const std::vector<std::string>& tags,
                                       const QueueTerms& terms) const;
  // Tasks to add now that it has ended well.
  void follow_up(const WorkRef& ended, Timestamp now, std::vector<storage::Change>& changes);
  // Ranks all results anew, in the order in which they were told.
  void rank_all();
  // Reads every trial in the edited space; those that are then stored differently go to `writes`.
  void refit(const StudySpec& from, std::vector<storage::Write>& writes);
  void withdraw_outside(std::int64_t number, Timestamp now, std::vector<storage::Change>& changes);
  void rank_all_noting(Timestamp now, std::vector<storage::Change>& changes);

  // --- Confirming (server/study_model_confirm.cc) ---

  // What there is of a configuration besides its complete runs.
  struct Confirming {
    std::set<std::int64_t> open;  // confirming runs that wait or run
    std::int64_t lost = 0;        // that ended without saying anything of the configuration
  };
  void count_confirming(const Trial& trial, int sign);
  // Says whether the configuration of `told`, just run again, is confirmed or refuted; ends what
  // confirms a configuration without hope; begins to confirm the best one.
  void confirm(std::optional<std::int64_t> told, Timestamp now,
               std::vector<storage::Change>& changes);
  void note_verdict(std::int64_t told, Timestamp now, std::vector<storage::Change>& changes);
  void withdraw_hopeless(Timestamp now, std::vector<storage::Change>& changes);
  // Whether it may still turn out to be the best.
  [[nodiscard]] bool has_hope(const std::string& hash) const;
  // Runs that the configuration lacks to be confirmed and may have; 0: none.
  [[nodiscard]] std::int64_t lacking(const LeaderRow& row, bool urgent) const;
  void begin_confirming(const LeaderRow& row, std::int64_t runs, const std::string& reason,
                        Timestamp now, std::vector<storage::Change>& changes);
  // Whether the best, though confirmed, is to be run again before its rivals are (kLeaderWeight).
  // REQUIRES: there is one.
  [[nodiscard]] bool should_confirm_best_again() const;
  // Whether too many of its confirming runs were lost to try again.
  [[nodiscard]] bool is_given_up(const std::string& hash) const;
  // Waiting and running ones.
  [[nodiscard]] std::int64_t open_runs(const std::string& hash) const;
  [[nodiscard]] bool reaches_target(double value) const;
  // config_hash(); until the next call.
  [[nodiscard]] const std::string& hash_of(const Config& config) const;
  // The same of a trial's, from what it holds where it holds something.
  [[nodiscard]] std::string hash_of(const Trial& trial) const;
  [[nodiscard]] std::optional<AskAnswer> quarantine_of(const std::string& worker,
                                                       Timestamp now) const;
  [[nodiscard]] bool most_workers_fail(Timestamp now) const;
  [[nodiscard]] Observation observe(const Trial& trial) const;
  [[nodiscard]] bool is_observed(const Trial& trial) const;

  storage::StudyRecord record_;
  TrialTable trials_;
  BlockBook blocks_;
  mutable std::optional<Competitors> competitors_;  // absent: never asked for
  mutable std::optional<BestSteps> best_steps_;     // absent: not asked for since they were lost
  std::array<std::int64_t, 5> counts_{};            // by TrialState
  Budget budget_;
  std::map<std::string, WorkerRecord> workers_;  // that have asked
  std::set<std::string> quarantined_;
  std::vector<Insight> insights_;
  // Sorted, as what follows from them (events, answers) must be the same after a restart.
  mutable ConfigHashes hashes_;
  ConfigHolders holders_;
  std::set<WaitingKey> queue_;                                        // every waiting trial
  std::map<std::vector<std::string>, std::set<WaitingKey>> waiting_;  // by tags; may be handed out
  std::set<WaitingKey> bound_;  // may be handed out where their terms allow it
  QueueRules rules_;
  std::vector<Topic> topics_;
  std::vector<Question> questions_;                         // by id
  std::map<std::string, std::set<std::int64_t>> proposed_;  // trials by who proposed them
  std::unordered_map<std::int64_t, std::set<std::int64_t>> dependents_;  // that wait for it
  TaskBoard tasks_;
  std::set<std::int64_t> after_tasks_;  // waiting trials that are to follow tasks
  LeaseBook leases_;
  std::set<std::pair<Timestamp, std::int64_t>> expiries_;        // of current leases
  std::set<std::pair<std::int64_t, std::string>> dirty_leases_;  // number, token
  std::int64_t last_sequence_ = 0;
  Standing standing_;
  std::unordered_map<std::string, Confirming> confirming_;  // by config hash
  std::int64_t confirming_begun_ = 0;  // confirming runs that wait, run, or ended in the budget
  std::vector<std::int64_t> foreign_;  // without a place in the order
  std::uint64_t holder_changes_ = 0;
  std::vector<HistoryChange> unseen_;
};

}  // namespace studyhall::server
