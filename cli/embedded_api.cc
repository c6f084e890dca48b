#include "cli/embedded_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "cli/wait.h"
#include "client/study_client.h"
#include "core/error.h"
#include "core/hash.h"
#include "storage/artifact_store.h"
#include "storage/sqlite_storage.h"

namespace studyhall::cli {

namespace {

// Between two asks of one that waits.
constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{2'000};

Error held_elsewhere(const std::filesystem::path& database, const ServerMark& mark) {
  return Error(ErrorCode::Unreachable,
               fmt::format("{} belongs to the server {} on {}, which is another host or container; "
                           "name an address under which it can be reached from here with --server "
                           "or STUDY_SERVER",
                           database.string(), mark.url, mark.host));
}

// A server may end between being found and answering; then the verb is tried anew.
bool is_absence(const Error& error) {
  return error.code() == ErrorCode::Unreachable || error.code() == ErrorCode::Unavailable;
}

}  // namespace

EmbeddedApi::EmbeddedApi(std::filesystem::path database, const Clock& clock,
                         EmbeddedOptions options)
    : database_(std::move(database)), clock_(clock), options_(std::move(options)) {}

EmbeddedApi::~EmbeddedApi() = default;

std::string EmbeddedApi::server_url() const {
  const std::optional<ServerMark> mark = live_server(database_);
  return mark && mark->host_id == this_host_id() ? mark->url : std::string();
}

std::shared_ptr<StudyApi> EmbeddedApi::serving_api(bool writing) {
  const std::optional<ServerMark> mark = live_server(database_);
  if (!mark) return nullptr;
  if (mark->host_id != this_host_id()) {
    if (writing) throw held_elsewhere(database_, *mark);
    return nullptr;
  }
  const std::lock_guard guard(mutex_);
  if (remote_ == nullptr || remote_url_ != mark->url) {
    remote_ = client::connect(mark->url, options_.server);
    remote_url_ = mark->url;
  }
  return remote_;
}

bool EmbeddedApi::has_left(const StudyApi& api) {
  const std::optional<ServerMark> mark = live_server(database_);
  const std::lock_guard guard(mutex_);
  return !mark || remote_.get() != &api || remote_url_ != mark->url;
}

std::shared_ptr<EmbeddedApi::Opened> EmbeddedApi::opened() {
  const std::lock_guard guard(mutex_);
  if (opened_ == nullptr) {
    auto fresh = std::make_shared<Opened>();
    fresh->storage = storage::open_sqlite_storage(database_);
    fresh->service = std::make_unique<server::StudyService>(
        *fresh->storage, clock_,
        server::ServiceOptions{
            .new_token = {}, .renew_leases = false, .on_delete = [this](const std::string& study) {
              storage::ArtifactStore(storage::artifact_file(database_)).remove_study(study);
            }});
    opened_ = std::move(fresh);
  }
  return opened_;
}

void EmbeddedApi::require_file_or_place(bool may_create) const {
  if (std::filesystem::is_directory(database_))
    throw Error(ErrorCode::Corrupt,
                fmt::format("{} is a folder; a database is a file", database_.string()));
  if (std::filesystem::exists(database_)) return;
  if (!may_create)
    throw Error(ErrorCode::NotFound,
                fmt::format("there is no database {}: `study create FILE` makes one; --db names "
                            "another file, --server a server",
                            database_.string()));
  const std::filesystem::path folder = std::filesystem::absolute(database_).parent_path();
  if (!std::filesystem::is_directory(folder))
    throw Error(ErrorCode::NotFound, fmt::format("there is no folder {} to keep the database {} in",
                                                 folder.string(), database_.filename().string()));
}

template <typename Verb>
auto EmbeddedApi::write(bool may_create, const Verb& verb)
    -> decltype(verb(std::declval<StudyApi&>())) {
  for (LockWait wait(options_.patience);; wait.once(database_)) {
    if (const std::shared_ptr<StudyApi> server = serving_api(true)) {
      try {
        return verb(*server);
      } catch (const Error& error) {
        if (!is_absence(error) || !has_left(*server)) throw;
        continue;
      }
    }
    require_file_or_place(may_create);
    const std::unique_lock mine(writing_, std::chrono::milliseconds(1));
    if (!mine) continue;
    if (const std::optional<DatabaseLock> lock = DatabaseLock::try_acquire(database_)) {
      const std::shared_ptr<Opened> database = opened();
      database->service->catch_up();
      return verb(*database->service);
    }
  }
}

template <typename Verb>
auto EmbeddedApi::read(const Verb& verb) -> decltype(verb(std::declval<StudyApi&>())) {
  for (;;) {
    const std::shared_ptr<StudyApi> server = serving_api(false);
    if (server == nullptr) break;
    try {
      return verb(*server);
    } catch (const Error& error) {
      if (!is_absence(error) || !has_left(*server)) throw;
    }
  }
  require_file_or_place(false);
  const std::shared_ptr<Opened> database = opened();
  database->service->catch_up();
  return verb(*database->service);
}

StudyInfo EmbeddedApi::create_study(const Json& file) {
  return write(true, [&](StudyApi& api) { return api.create_study(file); });
}

std::vector<StudyInfo> EmbeddedApi::studies() {
  if (!std::filesystem::exists(database_) && !live_server(database_)) return {};
  return read([](StudyApi& api) { return api.studies(); });
}

StudyInfo EmbeddedApi::study(const std::string& name) {
  return read([&](StudyApi& api) { return api.study(name); });
}

void EmbeddedApi::delete_study(const std::string& name) {
  write(false, [&](StudyApi& api) { api.delete_study(name); });
}

void EmbeddedApi::stop_study(const std::string& name, const std::string& reason) {
  write(false, [&](StudyApi& api) { api.stop_study(name, reason); });
}

void EmbeddedApi::resume_study(const std::string& name) {
  write(false, [&](StudyApi& api) { api.resume_study(name); });
}

// What carries a request id has one before the first attempt: a server that did the verb and ended
// before its answer came, and the attempt after it, are then one request.
// A file says nothing when it changes: where no server holds it, it is asked again and again.
AskAnswer EmbeddedApi::ask(const std::string& study, const AskRequest& request) {
  using SteadyClock = std::chrono::steady_clock;
  const auto until = SteadyClock::now() + std::chrono::duration<double>(request.wait_s);
  const std::atomic<bool> never = false;
  const std::atomic<bool>* interrupted = options_.server.interrupted;
  AskRequest known = request;
  if (known.request_id.empty()) known.request_id = random_token();
  std::chrono::milliseconds pause = kFirstPause;
  while (true) {
    AskAnswer answer = write(false, [&](StudyApi& api) {
      const bool here = dynamic_cast<server::StudyService*>(&api) != nullptr;
      const std::chrono::duration<double> left = until - SteadyClock::now();
      known.wait_s = here ? 0 : std::clamp(left.count(), 0.0, request.wait_s);
      return api.ask(study, known);
    });
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - SteadyClock::now());
    if (answer.status != AskStatus::Wait || left.count() <= 0) return answer;
    if (!pause_for(std::min(pause, left), interrupted != nullptr ? *interrupted : never)) {
      return answer;
    }
    pause = std::min(2 * pause, kLongestPause);
  }
}

TellAnswer EmbeddedApi::tell(const std::string& study, std::int64_t number,
                             const TellRequest& request) {
  TellRequest known = request;
  if (known.request_id.empty()) known.request_id = random_token();
  return write(false, [&](StudyApi& api) { return api.tell(study, number, known); });
}

BeatAnswer EmbeddedApi::report(const std::string& study, std::int64_t number,
                               const ReportRequest& request) {
  return write(false, [&](StudyApi& api) { return api.report(study, number, request); });
}

BeatAnswer EmbeddedApi::heartbeat(const std::string& study, std::int64_t number,
                                  const BeatRequest& request) {
  return write(false, [&](StudyApi& api) { return api.heartbeat(study, number, request); });
}

void EmbeddedApi::release(const std::string& study, std::int64_t number, const std::string& lease) {
  write(false, [&](StudyApi& api) { api.release(study, number, lease); });
}

EnqueueAnswer EmbeddedApi::enqueue(const std::string& study, const EnqueueRequest& request) {
  EnqueueRequest known = request;
  if (known.request_id.empty()) known.request_id = random_token();
  return write(false, [&](StudyApi& api) { return api.enqueue(study, known); });
}

ResultsAnswer EmbeddedApi::add_results(const std::string& study, const ResultsRequest& request) {
  ResultsRequest known = request;
  if (known.request_id.empty()) known.request_id = random_token();
  return write(false, [&](StudyApi& api) { return api.add_results(study, known); });
}

void EmbeddedApi::requeue(const std::string& study, std::int64_t number,
                          const PersonalRequest& request) {
  write(false, [&](StudyApi& api) { api.requeue(study, number, request); });
}

std::vector<QueueItem> EmbeddedApi::queue(const std::string& study) {
  return read([&](StudyApi& api) { return api.queue(study); });
}

void EmbeddedApi::change_queued(const std::string& study, const WorkRef& work,
                                const QueueChange& change) {
  write(false, [&](StudyApi& api) { api.change_queued(study, work, change); });
}

TopicAnswer EmbeddedApi::add_topic(const std::string& study, const TopicRequest& request) {
  return write(false, [&](StudyApi& api) { return api.add_topic(study, request); });
}

std::vector<Topic> EmbeddedApi::topics(const std::string& study) {
  return read([&](StudyApi& api) { return api.topics(study); });
}

Question EmbeddedApi::ask_question(const std::string& study, const WorkRef& work,
                                   const QuestionRequest& request) {
  return write(false, [&](StudyApi& api) { return api.ask_question(study, work, request); });
}

std::vector<Question> EmbeddedApi::questions(const std::string& study, const QuestionQuery& query) {
  return read([&](StudyApi& api) { return api.questions(study, query); });
}

Question EmbeddedApi::answer_question(const std::string& study, std::int64_t id,
                                      const AnswerRequest& request) {
  return write(false, [&](StudyApi& api) { return api.answer_question(study, id, request); });
}

StudyInfo EmbeddedApi::edit_study(const std::string& name, const EditRequest& request) {
  return write(false, [&](StudyApi& api) { return api.edit_study(name, request); });
}

BeatAnswer EmbeddedApi::park(const std::string& study, std::int64_t number,
                             const ParkRequest& request) {
  return write(false, [&](StudyApi& api) { return api.park(study, number, request); });
}

void EmbeddedApi::void_trial(const std::string& study, std::int64_t number,
                             const PersonalRequest& request) {
  write(false, [&](StudyApi& api) { api.void_trial(study, number, request); });
}

std::vector<WorkerInfo> EmbeddedApi::workers(const std::string& study) {
  return read([&](StudyApi& api) { return api.workers(study); });
}

void EmbeddedApi::release_worker(const std::string& study, const std::string& worker,
                                 const PersonalRequest& request) {
  write(false, [&](StudyApi& api) { api.release_worker(study, worker, request); });
}

Insight EmbeddedApi::add_insight(const std::string& study, const InsightRequest& request) {
  return write(false, [&](StudyApi& api) { return api.add_insight(study, request); });
}

std::vector<Insight> EmbeddedApi::insights(const std::string& study, bool all) {
  return read([&](StudyApi& api) { return api.insights(study, all); });
}

void EmbeddedApi::retire_insight(const std::string& study, std::int64_t id,
                                 const PersonalRequest& request) {
  write(false, [&](StudyApi& api) { api.retire_insight(study, id, request); });
}

std::int64_t EmbeddedApi::add_task(const std::string& study, const TaskRequest& request) {
  TaskRequest known = request;
  if (known.request_id.empty()) known.request_id = random_token();
  return write(false, [&](StudyApi& api) { return api.add_task(study, known); });
}

std::vector<TaskView> EmbeddedApi::tasks(const std::string& study, const TaskQuery& query) {
  return read([&](StudyApi& api) { return api.tasks(study, query); });
}

TaskView EmbeddedApi::task(const std::string& study, std::int64_t number) {
  return read([&](StudyApi& api) { return api.task(study, number); });
}

TaskTellAnswer EmbeddedApi::tell_task(const std::string& study, std::int64_t number,
                                      const TaskTell& request) {
  TaskTell known = request;
  if (known.request_id.empty()) known.request_id = random_token();
  return write(false, [&](StudyApi& api) { return api.tell_task(study, number, known); });
}

BeatAnswer EmbeddedApi::heartbeat_task(const std::string& study, std::int64_t number,
                                       const BeatRequest& request) {
  return write(false, [&](StudyApi& api) { return api.heartbeat_task(study, number, request); });
}

BeatAnswer EmbeddedApi::park_task(const std::string& study, std::int64_t number,
                                  const ParkRequest& request) {
  return write(false, [&](StudyApi& api) { return api.park_task(study, number, request); });
}

void EmbeddedApi::release_task(const std::string& study, std::int64_t number,
                               const std::string& lease) {
  write(false, [&](StudyApi& api) { api.release_task(study, number, lease); });
}

void EmbeddedApi::cancel_task(const std::string& study, std::int64_t number,
                              const PersonalRequest& request) {
  write(false, [&](StudyApi& api) { api.cancel_task(study, number, request); });
}

std::vector<TrialView> EmbeddedApi::trials(const std::string& study, const TrialQuery& query) {
  return read([&](StudyApi& api) { return api.trials(study, query); });
}

TrialView EmbeddedApi::trial(const std::string& study, std::int64_t number) {
  return read([&](StudyApi& api) { return api.trial(study, number); });
}

TrialColumns EmbeddedApi::columns(const std::string& study, const ColumnsRequest& request) {
  return read([&](StudyApi& api) { return api.columns(study, request); });
}

Explanation EmbeddedApi::explain(const std::string& study, std::int64_t number) {
  return read([&](StudyApi& api) { return api.explain(study, number); });
}

std::vector<BestRow> EmbeddedApi::best(const std::string& study, int top) {
  return read([&](StudyApi& api) { return api.best(study, top); });
}

ImportanceAnswer EmbeddedApi::importance(const std::string& study,
                                         const ImportanceRequest& request) {
  return read([&](StudyApi& api) { return api.importance(study, request); });
}

std::vector<Event> EmbeddedApi::events(const std::string& study, std::int64_t after, int limit) {
  return read([&](StudyApi& api) { return api.events(study, after, limit); });
}

}  // namespace studyhall::cli
