// A study in memory that hands out the trials a test lists, and remembers what it was told.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/study_api.h"

namespace studyhall::testing {

// Thread safety: every call may be made from any thread.
class FakeStudyApi final : public StudyApi {
 public:
  // `file` is a study file; throws what parse_study_spec throws.
  explicit FakeStudyApi(const Json& file);

  // Trials are numbered 0, 1, ...; once none is left, ask answers `when_empty`.
  void add_trial(const Json& params);
  // Tasks are numbered 0, 1, ...; handed out before trials to who wants them.
  void add_waiting_task(AskedTask task);
  // What task answers of those that are not among the waiting ones.
  std::map<std::int64_t, Task> known_tasks{};
  // Topics of the trials handed out, by number; what topics answers.
  std::map<std::int64_t, TopicStep> steps{};
  std::vector<Topic> known_topics{};
  // What trial answers.
  std::map<std::int64_t, TrialView> known_trials{};
  // What best answers.
  std::vector<BestRow> leaders{};
  // What events answers.
  std::vector<Event> history{};
  AskAnswer when_empty{AskStatus::Finished, {}, 0, "nothing left"};

  // The next `times` calls of `verb` ("ask", "tell", "heartbeat", ...) throw Error(code) and do
  // nothing.
  void fail(const std::string& verb, int times, ErrorCode code = ErrorCode::Unreachable);
  // Called by each heartbeat and report, with the verb; decides their answer. Empty: go on.
  std::function<BeatAnswer(const std::string& verb)> on_beat;
  // Called at the begin of each tell, before it may fail.
  std::function<void()> on_tell;
  // Called at the begin of each look for questions.
  std::function<void()> on_questions;
  void make_moot(std::int64_t id);
  // What tell throws from now on, e.g. a result that breaks a rule; empty: nothing.
  std::function<void(const TellRequest&)> check_tell;
  // As if the lease had run out and the trial been handed to another.
  void lose_lease(std::int64_t number);

  struct Told {
    std::int64_t number = -1;
    TellRequest request;
  };
  struct ToldTask {
    std::int64_t number = -1;
    TaskTell request;
  };
  // Without repetitions of a request id.
  [[nodiscard]] std::vector<Told> told() const;
  [[nodiscard]] std::vector<ToldTask> told_tasks() const;
  [[nodiscard]] std::vector<std::int64_t> released_tasks() const;
  [[nodiscard]] std::vector<std::pair<std::int64_t, ReportRequest>> reported() const;
  // Tells of a cause that is no fault of the worker's: the trial waits again.
  [[nodiscard]] std::vector<Told> sent_back() const;
  // By release or by such a tell.
  [[nodiscard]] std::vector<std::int64_t> released() const;
  [[nodiscard]] AskRequest last_ask() const;
  // Calls made, failed ones included.
  [[nodiscard]] int calls(const std::string& verb) const;
  // Every tell's request id, in order, repetitions and failed calls included.
  [[nodiscard]] std::vector<std::string> tell_ids() const;

  StudyInfo study(const std::string& name) override;
  AskAnswer ask(const std::string& study, const AskRequest& request) override;
  TellAnswer tell(const std::string& study, std::int64_t number,
                  const TellRequest& request) override;
  BeatAnswer report(const std::string& study, std::int64_t number,
                    const ReportRequest& request) override;
  BeatAnswer heartbeat(const std::string& study, std::int64_t number,
                       const BeatRequest& request) override;
  BeatAnswer park(const std::string& study, std::int64_t number,
                  const ParkRequest& request) override;
  [[nodiscard]] std::vector<ParkRequest> parked() const;
  void release(const std::string& study, std::int64_t number, const std::string& lease) override;

  TaskView task(const std::string& study, std::int64_t number) override;
  TaskTellAnswer tell_task(const std::string& study, std::int64_t number,
                           const TaskTell& request) override;
  BeatAnswer heartbeat_task(const std::string& study, std::int64_t number,
                            const BeatRequest& request) override;
  BeatAnswer park_task(const std::string& study, std::int64_t number,
                       const ParkRequest& request) override;
  void release_task(const std::string& study, std::int64_t number,
                    const std::string& lease) override;
  Question ask_question(const std::string& study, const WorkRef& work,
                        const QuestionRequest& request) override;
  std::vector<Question> questions(const std::string& study, const QuestionQuery& query) override;
  Question answer_question(const std::string& study, std::int64_t id,
                           const AnswerRequest& request) override;
  std::vector<Topic> topics(const std::string& study) override;
  TrialView trial(const std::string& study, std::int64_t number) override;

  // Not played: throw Error(Unsupported).
  StudyInfo create_study(const Json& file) override;
  std::vector<StudyInfo> studies() override;
  void delete_study(const std::string& name) override;
  void stop_study(const std::string& name, const std::string& reason) override;
  void resume_study(const std::string& name) override;
  EnqueueAnswer enqueue(const std::string& study, const EnqueueRequest& request) override;
  ResultsAnswer add_results(const std::string& study, const ResultsRequest& request) override;
  void requeue(const std::string& study, std::int64_t number,
               const PersonalRequest& request) override;
  std::vector<QueueItem> queue(const std::string& study) override;
  void change_queued(const std::string& study, const WorkRef& work,
                     const QueueChange& change) override;
  TopicAnswer add_topic(const std::string& study, const TopicRequest& request) override;
  StudyInfo edit_study(const std::string& name, const EditRequest& request) override;
  void void_trial(const std::string& study, std::int64_t number,
                  const PersonalRequest& request) override;
  std::vector<WorkerInfo> workers(const std::string& study) override;
  void release_worker(const std::string& study, const std::string& worker,
                      const PersonalRequest& request) override;
  Insight add_insight(const std::string& study, const InsightRequest& request) override;
  std::vector<Insight> insights(const std::string& study, bool all) override;
  void retire_insight(const std::string& study, std::int64_t id,
                      const PersonalRequest& request) override;
  std::int64_t add_task(const std::string& study, const TaskRequest& request) override;
  std::vector<TaskView> tasks(const std::string& study, const TaskQuery& query) override;
  void cancel_task(const std::string& study, std::int64_t number,
                   const PersonalRequest& request) override;
  std::vector<TrialView> trials(const std::string& study, const TrialQuery& query) override;
  TrialColumns columns(const std::string& study, const ColumnsRequest& request) override;
  Explanation explain(const std::string& study, std::int64_t number) override;
  std::vector<BestRow> best(const std::string& study, int top) override;
  ImportanceAnswer importance(const std::string& study, const ImportanceRequest& request) override;
  std::vector<Event> events(const std::string& study, std::int64_t after, int limit) override;

 private:
  struct Held {
    Json params;
    std::string lease;  // empty: waiting
    int attempt = 1;
    bool finished = false;
    bool lost = false;
  };
  struct HeldTask {
    AskedTask task;
    std::string lease;  // empty: waiting
    bool finished = false;
  };
  // All REQUIRE the lock.
  void enter(const std::string& verb);
  Held& held(std::int64_t number, const std::string& lease);
  HeldTask& held_task(std::int64_t number, const std::string& lease);
  std::optional<AskAnswer> hand_out_task();

  mutable std::mutex mutex_;
  StudyInfo info_;
  std::vector<Held> trials_;
  std::vector<HeldTask> tasks_;
  std::map<std::string, AskAnswer> asked_;  // by request id
  std::map<std::string, TellAnswer> answered_;
  std::map<std::string, std::vector<ErrorCode>> failures_;
  std::map<std::string, int> calls_;
  std::vector<Told> told_;
  std::vector<ToldTask> told_tasks_;
  std::vector<Question> questions_;
  std::vector<std::int64_t> released_tasks_;
  std::vector<Told> sent_back_;
  std::vector<std::string> tell_ids_;
  std::vector<std::pair<std::int64_t, ReportRequest>> reported_;
  std::vector<std::int64_t> released_;
  std::vector<ParkRequest> parked_;
  AskRequest last_ask_;
  int leases_ = 0;
};

}  // namespace studyhall::testing
