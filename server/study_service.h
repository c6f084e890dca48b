// The verbs of a study over a storage, the samplers and a clock. No HTTP in it.
//
// Asks of one study are sampled one at a time, in number order, each with all earlier ones in its
// history; tells, beats and reads never wait for a sampler; studies sample in parallel. State in
// memory is a function of what is committed: after a failed commit the study is read again from
// storage.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/study_api.h"
#include "storage/storage.h"

namespace studyhall::server {

struct ServiceOptions {
  // Where lease tokens come from; tests pass a counter.
  std::function<std::string()> new_token;
  // At the start every lease gets its full length again (the workers could not beat while the
  // server was away), as after each jump of the wall clock that a service sees. Off for an embedded
  // verb, which starts and ends within one command.
  bool renew_leases = true;
  // Called with the name of a study that was deleted; may be empty.
  std::function<void(const std::string& study)> on_delete = {};
};

class StudyService final : public StudyApi {
 public:
  // Both must outlive the service.
  StudyService(storage::Storage& storage, const Clock& clock, ServiceOptions options = {});
  ~StudyService() override;

  // Takes in what other programs have written to the storage since. An embedded verb calls it under
  // the database's lock; the service calls it itself when a commit comes back Stale.
  void catch_up();
  // Calls `changed`, which must be quick, after each commit of the study, from another thread,
  // until what is returned has ended.
  std::shared_ptr<void> watch(const std::string& study, std::function<void()> changed);
  // Returns trials whose lease has run out to waiting. Each ask does so for its study; a server
  // calls this now and then so that people see it too.
  void expire_leases();

  StudyInfo create_study(const Json& file) override;
  std::vector<StudyInfo> studies() override;
  StudyInfo study(const std::string& name) override;
  void delete_study(const std::string& name) override;
  void stop_study(const std::string& name, const std::string& reason) override;
  void resume_study(const std::string& name) override;
  AskAnswer ask(const std::string& study, const AskRequest& request) override;
  TellAnswer tell(const std::string& study, std::int64_t number,
                  const TellRequest& request) override;
  BeatAnswer report(const std::string& study, std::int64_t number,
                    const ReportRequest& request) override;
  BeatAnswer heartbeat(const std::string& study, std::int64_t number,
                       const BeatRequest& request) override;
  void release(const std::string& study, std::int64_t number, const std::string& lease) override;
  EnqueueAnswer enqueue(const std::string& study, const EnqueueRequest& request) override;
  ResultsAnswer add_results(const std::string& study, const ResultsRequest& request) override;
  void requeue(const std::string& study, std::int64_t number,
               const PersonalRequest& request) override;
  std::vector<QueueItem> queue(const std::string& study) override;
  void change_queued(const std::string& study, const WorkRef& work,
                     const QueueChange& change) override;
  TopicAnswer add_topic(const std::string& study, const TopicRequest& request) override;
  std::vector<Topic> topics(const std::string& study) override;
  Question ask_question(const std::string& study, const WorkRef& work,
                        const QuestionRequest& request) override;
  std::vector<Question> questions(const std::string& study, const QuestionQuery& query) override;
  Question answer_question(const std::string& study, std::int64_t id,
                           const AnswerRequest& request) override;
  StudyInfo edit_study(const std::string& name, const EditRequest& request) override;
  BeatAnswer park(const std::string& study, std::int64_t number,
                  const ParkRequest& request) override;
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
  TaskView task(const std::string& study, std::int64_t number) override;
  TaskTellAnswer tell_task(const std::string& study, std::int64_t number,
                           const TaskTell& request) override;
  BeatAnswer heartbeat_task(const std::string& study, std::int64_t number,
                            const BeatRequest& request) override;
  BeatAnswer park_task(const std::string& study, std::int64_t number,
                       const ParkRequest& request) override;
  void release_task(const std::string& study, std::int64_t number,
                    const std::string& lease) override;
  void cancel_task(const std::string& study, std::int64_t number,
                   const PersonalRequest& request) override;
  std::vector<TrialView> trials(const std::string& study, const TrialQuery& query) override;
  TrialView trial(const std::string& study, std::int64_t number) override;
  TrialColumns columns(const std::string& study, const ColumnsRequest& request) override;
  Explanation explain(const std::string& study, std::int64_t number) override;
  std::vector<BestRow> best(const std::string& study, int top) override;
  ImportanceAnswer importance(const std::string& study, const ImportanceRequest& request) override;
  std::vector<Event> events(const std::string& study, std::int64_t after, int limit) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace studyhall::server
