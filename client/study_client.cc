#include "client/study_client.h"

#include <fmt/format.h>

#include <utility>

#include "client/transport.h"
#include "client/url.h"
#include "core/hash.h"
#include "core/study_api_json.h"

namespace studyhall::client {
namespace {

std::string study_path(const std::string& name) {
  if (name.empty()) throw Error(ErrorCode::NotFound, "no study has an empty name");
  return "/studies/" + percent_encode(name);
}

std::string trial_path(const std::string& study, std::int64_t number) {
  return fmt::format("{}/trials/{}", study_path(study), number);
}

std::string task_path(const std::string& study, std::int64_t number) {
  return fmt::format("{}/tasks/{}", study_path(study), number);
}

std::string work_path(const std::string& study, const WorkRef& work) {
  return work.is_task ? task_path(study, work.number) : trial_path(study, work.number);
}

std::string id_or_new(const std::string& request_id) {
  return request_id.empty() ? random_token() : request_id;
}

// The outcome of an ask that the server answers as an error: 409 exhausted, 410 finished.
std::optional<AskAnswer> outcome_of_ask(const Answer& answer) {
  if (!answer.body.is_object()) return std::nullopt;
  const Json code = answer.body.value(Json::json_pointer("/error/code"), Json());
  AskAnswer outcome;
  if (answer.status == 410 && code == "finished") {
    outcome.status = AskStatus::Finished;
  } else if (answer.status == 409 && code == "exhausted") {
    outcome.status = AskStatus::Exhausted;
  } else {
    return std::nullopt;
  }
  const Json reason = answer.body.value(Json::json_pointer("/error/details/reason"), Json());
  if (reason.is_string()) outcome.reason = reason.get<std::string>();
  return outcome;
}

class StudyClient final : public StudyApi {
 public:
  StudyClient(const ServerUrl& url, const ClientOptions& options) : transport_(url, options) {}

  StudyInfo create_study(const Json& file) override {
    return read(post("/studies", file, Repeat::Unsafe), study_info_from_json);
  }

  std::vector<StudyInfo> studies() override {
    return read_list(get("/studies"), "studies", study_info_from_json);
  }

  StudyInfo study(const std::string& name) override {
    return read(get(study_path(name)), study_info_from_json);
  }

  void delete_study(const std::string& name) override {
    checked({.method = "DELETE", .path = study_path(name), .repeat = Repeat::Unsafe});
  }

  void stop_study(const std::string& name, const std::string& reason) override {
    post(study_path(name) + "/stop", {{"reason", reason}});
  }

  void resume_study(const std::string& name) override {
    post(study_path(name) + "/resume", Json::object());
  }

  AskAnswer ask(const std::string& study, const AskRequest& request) override {
    AskRequest named = request;
    named.request_id = id_or_new(request.request_id);
    const std::chrono::duration<double> wait(request.wait_s);
    const Answer answer =
        transport_.send({.method = "POST",
                         .path = study_path(study) + "/ask",
                         .body = to_json(named),
                         .wait = std::chrono::ceil<std::chrono::milliseconds>(wait)});
    if (auto outcome = outcome_of_ask(answer)) return *outcome;
    return read(body_of(answer), ask_answer_from_json);
  }

  TellAnswer tell(const std::string& study, std::int64_t number,
                  const TellRequest& request) override {
    TellRequest named = request;
    named.request_id = id_or_new(request.request_id);
    return read(post(trial_path(study, number) + "/tell", to_json(named)), tell_answer_from_json);
  }

  BeatAnswer report(const std::string& study, std::int64_t number,
                    const ReportRequest& request) override {
    return read(post(trial_path(study, number) + "/report", to_json(request)),
                beat_answer_from_json);
  }

  BeatAnswer heartbeat(const std::string& study, std::int64_t number,
                       const BeatRequest& request) override {
    return read(post(trial_path(study, number) + "/heartbeat", to_json(request)),
                beat_answer_from_json);
  }

  void release(const std::string& study, std::int64_t number, const std::string& lease) override {
    post(trial_path(study, number) + "/release", {{"lease", lease}}, Repeat::Unsafe);
  }

  EnqueueAnswer enqueue(const std::string& study, const EnqueueRequest& request) override {
    EnqueueRequest named = request;
    named.request_id = id_or_new(request.request_id);
    return read(post(study_path(study) + "/enqueue", to_json(named)), enqueue_answer_from_json);
  }

  ResultsAnswer add_results(const std::string& study, const ResultsRequest& request) override {
    ResultsRequest named = request;
    named.request_id = id_or_new(request.request_id);
    return read(post(study_path(study) + "/results", to_json(named)), results_answer_from_json);
  }

  void requeue(const std::string& study, std::int64_t number,
               const PersonalRequest& request) override {
    post(trial_path(study, number) + "/requeue", to_json(request), Repeat::Unsafe);
  }

  std::vector<QueueItem> queue(const std::string& study) override {
    return read_list(get(study_path(study) + "/queue"), "items", queue_item_from_json);
  }

  void change_queued(const std::string& study, const WorkRef& work,
                     const QueueChange& change) override {
    checked(
        {.method = "PATCH", .path = work_path(study, work) + "/queue", .body = to_json(change)});
  }

  TopicAnswer add_topic(const std::string& study, const TopicRequest& request) override {
    return read(post(study_path(study) + "/topics", to_json(request), Repeat::Unsafe),
                topic_answer_from_json);
  }

  std::vector<Topic> topics(const std::string& study) override {
    return read_list(get(study_path(study) + "/topics"), "topics", topic_from_json);
  }

  Question ask_question(const std::string& study, const WorkRef& work,
                        const QuestionRequest& request) override {
    return read(post(work_path(study, work) + "/questions", to_json(request), Repeat::Unsafe),
                question_from_json);
  }

  std::vector<Question> questions(const std::string& study, const QuestionQuery& query) override {
    std::string path = fmt::format("{}/questions?open={}", study_path(study), query.open ? 1 : 0);
    if (!query.worker.empty()) path += "&worker=" + percent_encode(query.worker);
    return read_list(get(path), "questions", question_from_json);
  }

  Question answer_question(const std::string& study, std::int64_t id,
                           const AnswerRequest& request) override {
    return read(post(fmt::format("{}/questions/{}/answer", study_path(study), id), to_json(request),
                     Repeat::Unsafe),
                question_from_json);
  }

  StudyInfo edit_study(const std::string& name, const EditRequest& request) override {
    std::string path = study_path(name);
    if (!request.author.empty()) path += "?author=" + percent_encode(request.author);
    if (!request.reason.empty()) {
      path += (request.author.empty() ? "?reason=" : "&reason=") + percent_encode(request.reason);
    }
    return read(checked({.method = "PATCH", .path = path, .body = request.patch}),
                study_info_from_json);
  }

  BeatAnswer park(const std::string& study, std::int64_t number,
                  const ParkRequest& request) override {
    return read(post(trial_path(study, number) + "/park", to_json(request)), beat_answer_from_json);
  }

  void void_trial(const std::string& study, std::int64_t number,
                  const PersonalRequest& request) override {
    post(trial_path(study, number) + "/void", to_json(request));
  }

  std::vector<WorkerInfo> workers(const std::string& study) override {
    return read_list(get(study_path(study) + "/workers"), "workers", worker_info_from_json);
  }

  void release_worker(const std::string& study, const std::string& worker,
                      const PersonalRequest& request) override {
    post(fmt::format("{}/workers/{}/release", study_path(study), percent_encode(worker)),
         to_json(request));
  }

  Insight add_insight(const std::string& study, const InsightRequest& request) override {
    return read(post(study_path(study) + "/insights", to_json(request), Repeat::Unsafe),
                insight_from_json);
  }

  std::vector<Insight> insights(const std::string& study, bool all) override {
    return read_list(get(fmt::format("{}/insights?all={}", study_path(study), all ? 1 : 0)),
                     "insights", insight_from_json);
  }

  void retire_insight(const std::string& study, std::int64_t id,
                      const PersonalRequest& request) override {
    post(fmt::format("{}/insights/{}/retire", study_path(study), id), to_json(request));
  }

  std::int64_t add_task(const std::string& study, const TaskRequest& request) override {
    TaskRequest named = request;
    named.request_id = id_or_new(request.request_id);
    return read(post(study_path(study) + "/tasks", to_json(named)),
                [](const Json& answer) { return answer.at("number").get<std::int64_t>(); });
  }

  std::vector<TaskView> tasks(const std::string& study, const TaskQuery& query) override {
    std::string path =
        fmt::format("{}/tasks?after={}&limit={}", study_path(study), query.after, query.limit);
    if (query.state) path += fmt::format("&state={}", to_string(*query.state));
    if (!query.worker.empty()) path += "&worker=" + percent_encode(query.worker);
    return read_list(get(path), "tasks", task_view_from_json);
  }

  TaskView task(const std::string& study, std::int64_t number) override {
    return read(get(task_path(study, number)), task_view_from_json);
  }

  TaskTellAnswer tell_task(const std::string& study, std::int64_t number,
                           const TaskTell& request) override {
    TaskTell named = request;
    named.request_id = id_or_new(request.request_id);
    return read(post(task_path(study, number) + "/tell", to_json(named)),
                task_tell_answer_from_json);
  }

  BeatAnswer heartbeat_task(const std::string& study, std::int64_t number,
                            const BeatRequest& request) override {
    return read(post(task_path(study, number) + "/heartbeat", to_json(request)),
                beat_answer_from_json);
  }

  BeatAnswer park_task(const std::string& study, std::int64_t number,
                       const ParkRequest& request) override {
    return read(post(task_path(study, number) + "/park", to_json(request)), beat_answer_from_json);
  }

  void release_task(const std::string& study, std::int64_t number,
                    const std::string& lease) override {
    post(task_path(study, number) + "/release", {{"lease", lease}}, Repeat::Unsafe);
  }

  void cancel_task(const std::string& study, std::int64_t number,
                   const PersonalRequest& request) override {
    post(task_path(study, number) + "/cancel", to_json(request));
  }

  std::vector<TrialView> trials(const std::string& study, const TrialQuery& query) override {
    std::string path =
        fmt::format("{}/trials?after={}&limit={}", study_path(study), query.after, query.limit);
    if (query.state) path += fmt::format("&state={}", to_string(*query.state));
    if (!query.worker.empty()) path += "&worker=" + percent_encode(query.worker);
    return read_list(get(path), "trials", trial_view_from_json);
  }

  TrialView trial(const std::string& study, std::int64_t number) override {
    return read(get(trial_path(study, number)), trial_view_from_json);
  }

  Explanation explain(const std::string& study, std::int64_t number) override {
    return read(get(trial_path(study, number) + "/explain"), explanation_from_json);
  }

  TrialColumns columns(const std::string& study, const ColumnsRequest& request) override {
    return read(get(fmt::format("{}/columns?points={}", study_path(study), request.points)),
                trial_columns_from_json);
  }

  std::vector<BestRow> best(const std::string& study, int top) override {
    return read_list(get(fmt::format("{}/best?top={}", study_path(study), top)), "best",
                     best_row_from_json);
  }

  ImportanceAnswer importance(const std::string& study, const ImportanceRequest& request) override {
    std::string path = fmt::format(
        "{}/importance?objective={}&target_quantile={}&region_quantile={}", study_path(study),
        request.objective, request.target_quantile, request.region_quantile);
    if (!request.worker.empty()) path += "&worker=" + percent_encode(request.worker);
    return read(get(path), importance_answer_from_json);
  }

  std::vector<Event> events(const std::string& study, std::int64_t after, int limit) override {
    return read_list(
        get(fmt::format("{}/events?after={}&limit={}", study_path(study), after, limit)), "events",
        event_from_json);
  }

 private:
  static Json body_of(const Answer& answer) {
    if (answer.status < 200 || answer.status > 299) {
      throw error_from_json(answer.body, answer.status);
    }
    return answer.body;
  }

  Json checked(const Outgoing& outgoing) { return body_of(transport_.send(outgoing)); }

  Json get(const std::string& path) { return checked({.method = "GET", .path = path}); }

  Json post(const std::string& path, Json body, Repeat repeat = Repeat::Safe) {
    return checked({.method = "POST", .path = path, .body = std::move(body), .repeat = repeat});
  }

  // What the server sent, in another form than this program expects, is no fault of the caller's
  // input.
  template <typename Parse>
  auto read(const Json& body, Parse parse) const -> decltype(parse(body)) {
    try {
      return parse(body);
    } catch (const std::exception& error) {
      throw Error(ErrorCode::Internal,
                  fmt::format("{}: the answer is not understood (another version?): {}",
                              transport_.url(), error.what()));
    }
  }

  template <typename Parse>
  auto read_list(const Json& body, const std::string& member, Parse parse) const
      -> std::vector<decltype(parse(body))> {
    return read(body, [&](const Json& object) {
      std::vector<decltype(parse(body))> list;
      for (const Json& item : object.at(member)) list.push_back(parse(item));
      return list;
    });
  }

  Transport transport_;
};

}  // namespace

std::unique_ptr<StudyApi> connect(const std::string& url, const ClientOptions& options) {
  return std::make_unique<StudyClient>(parse_server_url(url), options);
}

}  // namespace studyhall::client
