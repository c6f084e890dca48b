// The verbs of a study, written once: server/study_service implements them in process,
// client/study_client over HTTP; the command line, the worker and the HTTP routes call them.
//
// Thread safety: every verb may be called from any thread.
// Durability: when a verb that changes something returns, its effect survives a crash and a power
// loss. Errors: an unknown study or trial throws Error(NotFound); input that breaks a rule
// Error(Invalid); a database that cannot be written Error(Unavailable), and then nothing has
// changed; no answer from a server Error(Unreachable).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/event.h"
#include "core/study_reads.h"
#include "core/study_requests.h"

namespace studyhall {

class StudyApi {
 public:
  virtual ~StudyApi() = default;

  // Throws Error(Conflict) if the name is taken, Error(Invalid) with every problem of the file.
  virtual StudyInfo create_study(const Json& file) = 0;
  virtual std::vector<StudyInfo> studies() = 0;
  virtual StudyInfo study(const std::string& name) = 0;
  virtual void delete_study(const std::string& name) = 0;
  // Hands out no more trials; running ones go on to their end.
  virtual void stop_study(const std::string& name, const std::string& reason) = 0;
  virtual void resume_study(const std::string& name) = 0;
  // Changes the study file while the study runs, all of the patch or nothing; core/study_edit.h has
  // what can be edited, core/space_edit.h what becomes of the trials. Throws Error(Invalid) with
  // every problem of the patch and of the file as it would be.
  virtual StudyInfo edit_study(const std::string& name, const EditRequest& request) = 0;

  virtual AskAnswer ask(const std::string& study, const AskRequest& request) = 0;
  // Throws Error(Conflict) for a lease never issued for this trial, or a result that differs from
  // the one told.
  virtual TellAnswer tell(const std::string& study, std::int64_t number,
                          const TellRequest& request) = 0;
  // Throws Error(Invalid) with several objectives: an intermediate value is one of one objective.
  virtual BeatAnswer report(const std::string& study, std::int64_t number,
                            const ReportRequest& request) = 0;
  virtual BeatAnswer heartbeat(const std::string& study, std::int64_t number,
                               const BeatRequest& request) = 0;
  // Gives a running trial back: it waits again, under the same number and attempt.
  virtual void release(const std::string& study, std::int64_t number, const std::string& lease) = 0;
  // Keeps the lease of a running trial until then and for its full length after, while the worker
  // waits out a rate limit; a heartbeat or report ends it. Answers as a heartbeat does.
  virtual BeatAnswer park(const std::string& study, std::int64_t number,
                          const ParkRequest& request) = 0;
  // The trial is failed (voided) from now on, whatever it was: out of statistics, leaderboard,
  // samplers, limits.trials and limits.failures; its values stay to be seen, what it used stays
  // used, and its configuration may be suggested again. Voided before: nothing changes.
  virtual void void_trial(const std::string& study, std::int64_t number,
                          const PersonalRequest& request) = 0;
  virtual EnqueueAnswer enqueue(const std::string& study, const EnqueueRequest& request) = 0;
  // Results from elsewhere as finished trials, all of them or none: samplers learn from them, they
  // may lead, and they are outside the budget. Throws Error(Invalid) with every problem.
  virtual ResultsAnswer add_results(const std::string& study, const ResultsRequest& request) = 0;
  // Takes a running trial from its worker: it waits again, as a new attempt. Throws
  // Error(Conflict) for one that does not run.
  virtual void requeue(const std::string& study, std::int64_t number,
                       const PersonalRequest& request) = 0;

  // Trials and tasks that wait, in the order of handing out.
  virtual std::vector<QueueItem> queue(const std::string& study) = 0;
  // Throws Error(Conflict) for one that does not wait.
  virtual void change_queued(const std::string& study, const WorkRef& work,
                             const QueueChange& change) = 0;
  // Enqueues the topic's trials, unless there are topics like it and the request does not say
  // `anyway`. Throws Error(Conflict) for a name that is taken.
  virtual TopicAnswer add_topic(const std::string& study, const TopicRequest& request) = 0;
  // By their creation.
  virtual std::vector<Topic> topics(const std::string& study) = 0;

  // Of the holder of a running trial or task to people: the lease is kept for kAnswerDays without
  // heartbeats. Throws Error(Conflict) for a lease that is not the current one, or while another
  // question of the same trial or task is open.
  virtual Question ask_question(const std::string& study, const WorkRef& work,
                                const QuestionRequest& request) = 0;
  // By id.
  virtual std::vector<Question> questions(const std::string& study, const QuestionQuery& query) = 0;
  // The lease gets its full length again from now. Throws Error(NotFound) for an id that was never
  // given, Error(Conflict) for a question that is not open.
  virtual Question answer_question(const std::string& study, std::int64_t id,
                                   const AnswerRequest& request) = 0;

  // The number of the new task, the study's count of tasks so far.
  virtual std::int64_t add_task(const std::string& study, const TaskRequest& request) = 0;
  // Ascending by number.
  virtual std::vector<TaskView> tasks(const std::string& study, const TaskQuery& query) = 0;
  virtual TaskView task(const std::string& study, std::int64_t number) = 0;
  // Throws Error(Conflict) for a lease never issued for this task, a result that differs from the
  // one told, or a task that another has done or that was cancelled.
  virtual TaskTellAnswer tell_task(const std::string& study, std::int64_t number,
                                   const TaskTell& request) = 0;
  // heartbeat, park and release as of a trial.
  virtual BeatAnswer heartbeat_task(const std::string& study, std::int64_t number,
                                    const BeatRequest& request) = 0;
  virtual BeatAnswer park_task(const std::string& study, std::int64_t number,
                               const ParkRequest& request) = 0;
  virtual void release_task(const std::string& study, std::int64_t number,
                            const std::string& lease) = 0;
  // What waits for it fails (dependency); its holder is told to stop. Cancelled before: nothing
  // changes. Throws Error(Conflict) for a task that is done or failed.
  virtual void cancel_task(const std::string& study, std::int64_t number,
                           const PersonalRequest& request) = 0;

  virtual std::vector<TrialView> trials(const std::string& study, const TrialQuery& query) = 0;
  virtual TrialView trial(const std::string& study, std::int64_t number) = 0;
  // Throws Error(Invalid) for a number of points out of range.
  virtual TrialColumns columns(const std::string& study, const ColumnsRequest& request) = 0;
  // Costs a walk through the study's events up to the trial's; asks go on meanwhile.
  virtual Explanation explain(const std::string& study, std::int64_t number) = 0;
  // The `top` best rows; top 0: all. Confirmed configurations come before others, infeasible ones
  // after, those of older experiment versions last; where the raw best is not among the first `top`
  // it follows them. With several objectives the feasible configurations that none dominates.
  virtual std::vector<BestRow> best(const std::string& study, int top) = 0;
  // How much each parameter matters for being among the best results. Throws Error(NotFound) for a
  // worker that the study file does not name, Error(Invalid) for an objective or quantiles out of
  // range.
  virtual ImportanceAnswer importance(const std::string& study,
                                      const ImportanceRequest& request) = 0;
  // By name.
  virtual std::vector<WorkerInfo> workers(const std::string& study) = 0;
  // Ends a worker's quarantine. Throws Error(NotFound) for one that has never asked.
  virtual void release_worker(const std::string& study, const std::string& worker,
                              const PersonalRequest& request) = 0;

  virtual Insight add_insight(const std::string& study, const InsightRequest& request) = 0;
  // By id; `all`: retired ones too.
  virtual std::vector<Insight> insights(const std::string& study, bool all) = 0;
  // Throws Error(NotFound) for an id that was never given. Retired before: nothing changes.
  virtual void retire_insight(const std::string& study, std::int64_t id,
                              const PersonalRequest& request) = 0;

  // Events with a sequence above `after`, at most `limit`.
  virtual std::vector<Event> events(const std::string& study, std::int64_t after, int limit) = 0;
};

}  // namespace studyhall
