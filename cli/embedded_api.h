// The verbs on a database file, whoever is in charge of it at the moment.
//
// Each verb finds that out anew: while a server on this host holds the file, the verb goes to that
// server; otherwise it is done here, under the file's lock where it writes. So a long `study work`
// follows a server that starts or ends meanwhile, and several programs may use one file at once.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "cli/database_lock.h"
#include "client/study_client.h"
#include "core/clock.h"
#include "core/study_api.h"
#include "server/study_service.h"
#include "storage/storage.h"

namespace studyhall::cli {

struct EmbeddedOptions {
  std::chrono::milliseconds patience{30'000};  // for other programs that hold the lock
  client::ClientOptions server{};              // to talk to a server that holds the file
};

// Verbs may also throw what opening the database throws (storage/sqlite_storage.h), and
//   Error(Unreachable) for a verb that writes while a server on another host or in another
//   container
//     holds the file: it names that server and is never dialled;
//   Error(NotFound) for a database that is not there yet, unless the verb creates a study.
class EmbeddedApi final : public StudyApi {
 public:
  // `clock` must outlive it. Nothing is opened before the first verb.
  EmbeddedApi(std::filesystem::path database, const Clock& clock, EmbeddedOptions options = {});
  ~EmbeddedApi() override;

  // URL of the server on this host that holds the file now; "" for none.
  [[nodiscard]] std::string server_url() const;

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
  // The open database. Kept between verbs.
  struct Opened {
    std::unique_ptr<storage::Storage> storage;
    std::unique_ptr<server::StudyService> service;
  };

  template <typename Verb>
  auto write(bool may_create, const Verb& verb) -> decltype(verb(std::declval<StudyApi&>()));
  template <typename Verb>
  auto read(const Verb& verb) -> decltype(verb(std::declval<StudyApi&>()));

  // The API of the server that holds the file; null for none, or for one on another host when only
  // reading. Throws Error(Unreachable) for one on another host when writing.
  std::shared_ptr<StudyApi> serving_api(bool writing);
  // Whether the server behind `api` holds the file no longer.
  bool has_left(const StudyApi& api);
  std::shared_ptr<Opened> opened();
  // Throws for a database that is not there, or (`may_create`) that cannot be made.
  void require_file_or_place(bool may_create) const;

  const std::filesystem::path database_;
  const Clock& clock_;
  const EmbeddedOptions options_;

  std::timed_mutex writing_;  // one verb of this object at a time holds the file's lock
  std::mutex mutex_;          // guards what follows
  std::shared_ptr<Opened> opened_;
  std::string remote_url_;
  std::shared_ptr<StudyApi> remote_;
};

}  // namespace studyhall::cli
