#include "tests/support/fake_study_api.h"

#include "core/study_spec.h"

namespace studyhall::testing {
namespace {

[[noreturn]] void not_played(const std::string& verb) {
  throw Error(ErrorCode::Unsupported, "FakeStudyApi does not play " + verb);
}

}  // namespace

FakeStudyApi::FakeStudyApi(const Json& file) {
  const auto spec = parse_study_spec(file);
  info_.name = spec->name;
  info_.spec = spec->resolved;
}

void FakeStudyApi::add_trial(const Json& params) {
  const std::lock_guard lock(mutex_);
  trials_.push_back({params, "", 1, false, false});
}

void FakeStudyApi::add_waiting_task(AskedTask task) {
  const std::lock_guard lock(mutex_);
  task.number = std::ssize(tasks_);
  tasks_.push_back({std::move(task), "", false});
}

void FakeStudyApi::fail(const std::string& verb, int times, ErrorCode code) {
  const std::lock_guard lock(mutex_);
  failures_[verb].assign(static_cast<std::size_t>(times), code);
}

void FakeStudyApi::lose_lease(std::int64_t number) {
  const std::lock_guard lock(mutex_);
  trials_.at(static_cast<std::size_t>(number)).lost = true;
}

std::vector<FakeStudyApi::Told> FakeStudyApi::told() const {
  const std::lock_guard lock(mutex_);
  return told_;
}

std::vector<FakeStudyApi::ToldTask> FakeStudyApi::told_tasks() const {
  const std::lock_guard lock(mutex_);
  return told_tasks_;
}

std::vector<std::int64_t> FakeStudyApi::released_tasks() const {
  const std::lock_guard lock(mutex_);
  return released_tasks_;
}

std::vector<FakeStudyApi::Told> FakeStudyApi::sent_back() const {
  const std::lock_guard lock(mutex_);
  return sent_back_;
}

std::vector<std::pair<std::int64_t, ReportRequest>> FakeStudyApi::reported() const {
  const std::lock_guard lock(mutex_);
  return reported_;
}

std::vector<std::int64_t> FakeStudyApi::released() const {
  const std::lock_guard lock(mutex_);
  return released_;
}

int FakeStudyApi::calls(const std::string& verb) const {
  const std::lock_guard lock(mutex_);
  const auto count = calls_.find(verb);
  return count == calls_.end() ? 0 : count->second;
}

AskRequest FakeStudyApi::last_ask() const {
  const std::lock_guard lock(mutex_);
  return last_ask_;
}

std::vector<std::string> FakeStudyApi::tell_ids() const {
  const std::lock_guard lock(mutex_);
  return tell_ids_;
}

void FakeStudyApi::enter(const std::string& verb) {
  ++calls_[verb];
  std::vector<ErrorCode>& failures = failures_[verb];
  if (failures.empty()) return;
  const ErrorCode code = failures.back();
  failures.pop_back();
  throw Error(code, verb + " fails because the test says so");
}

FakeStudyApi::Held& FakeStudyApi::held(std::int64_t number, const std::string& lease) {
  if (number < 0 || number >= std::ssize(trials_)) {
    throw Error(ErrorCode::NotFound, "no trial " + std::to_string(number));
  }
  Held& trial = trials_[static_cast<std::size_t>(number)];
  if (lease.empty() || trial.lease != lease) {
    throw Error(ErrorCode::Conflict, "lease \"" + lease + "\" was never issued");
  }
  return trial;
}

FakeStudyApi::HeldTask& FakeStudyApi::held_task(std::int64_t number, const std::string& lease) {
  if (number < 0 || number >= std::ssize(tasks_)) {
    throw Error(ErrorCode::NotFound, "no task " + std::to_string(number));
  }
  HeldTask& task = tasks_[static_cast<std::size_t>(number)];
  if (lease.empty() || task.lease != lease) {
    throw Error(ErrorCode::Conflict, "lease \"" + lease + "\" was never issued");
  }
  return task;
}

std::optional<AskAnswer> FakeStudyApi::hand_out_task() {
  for (HeldTask& held : tasks_) {
    if (!held.lease.empty()) continue;
    held.lease = "lease-" + std::to_string(++leases_);
    AskAnswer answer;
    answer.tasks.push_back(held.task);
    answer.tasks.back().lease.token = held.lease;
    return answer;
  }
  return std::nullopt;
}

StudyInfo FakeStudyApi::study(const std::string& name) {
  const std::lock_guard lock(mutex_);
  enter("study");
  if (name != info_.name) throw Error(ErrorCode::NotFound, "there is no study \"" + name + "\"");
  return info_;
}

AskAnswer FakeStudyApi::ask(const std::string&, const AskRequest& request) {
  const std::lock_guard lock(mutex_);
  last_ask_ = request;
  enter("ask");
  if (const auto before = asked_.find(request.request_id); before != asked_.end()) {
    return before->second;
  }
  if (request.want != Want::Trials) {
    if (auto answer = hand_out_task()) return asked_[request.request_id] = *answer;
  }
  for (std::size_t i = 0; request.want != Want::Tasks && i < trials_.size(); ++i) {
    Held& trial = trials_[i];
    if (!trial.lease.empty()) continue;
    trial.lease = "lease-" + std::to_string(++leases_);
    AskedTrial asked;
    asked.number = static_cast<std::int64_t>(i);
    asked.params = trial.params;
    asked.lease.token = trial.lease;
    asked.attempt = trial.attempt;
    asked.seed = 1000 + static_cast<std::uint32_t>(i);
    if (const auto step = steps.find(asked.number); step != steps.end()) asked.topic = step->second;
    AskAnswer answer;
    answer.trials.push_back(asked);
    asked_[request.request_id] = answer;
    return answer;
  }
  return when_empty;
}

TellAnswer FakeStudyApi::tell(const std::string&, std::int64_t number, const TellRequest& request) {
  if (on_tell) on_tell();
  const std::lock_guard lock(mutex_);
  tell_ids_.push_back(request.request_id);
  enter("tell");
  if (const auto before = answered_.find(request.request_id); before != answered_.end()) {
    return before->second;
  }
  Held& trial = held(number, request.lease);
  if (check_tell) check_tell(request);
  TellAnswer answer;
  answer.number = number;
  answer.state = request.state;
  if (request.cause && !is_own_fault(*request.cause)) {
    trial.lease.clear();
    released_.push_back(number);
    sent_back_.push_back({number, request});
    answer.requeued = true;
  } else {
    trial.finished = true;
    told_.push_back({number, request});
  }
  answered_[request.request_id] = answer;
  return answer;
}

BeatAnswer FakeStudyApi::report(const std::string&, std::int64_t number,
                                const ReportRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    enter("report");
    held(number, request.lease);
    reported_.emplace_back(number, request);
  }
  return on_beat ? on_beat("report") : BeatAnswer{};
}

BeatAnswer FakeStudyApi::heartbeat(const std::string&, std::int64_t number,
                                   const BeatRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    enter("heartbeat");
    const Held& trial = held(number, request.lease);
    if (trial.lost || trial.finished) return {false, true, {}};
  }
  return on_beat ? on_beat("heartbeat") : BeatAnswer{};
}

BeatAnswer FakeStudyApi::park(const std::string&, std::int64_t number, const ParkRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    enter("park");
    const Held& trial = held(number, request.lease);
    if (trial.lost || trial.finished) return {false, true, {}};
    parked_.push_back(request);
  }
  return on_beat ? on_beat("park") : BeatAnswer{};
}

std::vector<ParkRequest> FakeStudyApi::parked() const {
  const std::lock_guard lock(mutex_);
  return parked_;
}

void FakeStudyApi::release(const std::string&, std::int64_t number, const std::string& lease) {
  const std::lock_guard lock(mutex_);
  enter("release");
  held(number, lease).lease.clear();
  released_.push_back(number);
}

TaskView FakeStudyApi::task(const std::string&, std::int64_t number) {
  const std::lock_guard lock(mutex_);
  enter("task");
  const auto known = known_tasks.find(number);
  if (known == known_tasks.end()) {
    throw Error(ErrorCode::NotFound, "no task " + std::to_string(number));
  }
  return {known->second, std::nullopt};
}

TaskTellAnswer FakeStudyApi::tell_task(const std::string&, std::int64_t number,
                                       const TaskTell& request) {
  if (on_tell) on_tell();
  const std::lock_guard lock(mutex_);
  tell_ids_.push_back(request.request_id);
  enter("tell_task");
  HeldTask& task = held_task(number, request.lease);
  TaskTellAnswer answer;
  answer.number = number;
  answer.state = request.state;
  answer.already = task.finished;
  if (task.finished) return answer;
  if (request.cause && !is_own_fault(*request.cause)) {
    task.lease.clear();
    answer.requeued = true;
  } else {
    task.finished = true;
  }
  told_tasks_.push_back({number, request});
  return answer;
}

BeatAnswer FakeStudyApi::heartbeat_task(const std::string&, std::int64_t number,
                                        const BeatRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    enter("heartbeat_task");
    if (held_task(number, request.lease).finished) return {false, true, {}};
  }
  return on_beat ? on_beat("heartbeat_task") : BeatAnswer{};
}

BeatAnswer FakeStudyApi::park_task(const std::string&, std::int64_t number,
                                   const ParkRequest& request) {
  const std::lock_guard lock(mutex_);
  enter("park_task");
  held_task(number, request.lease);
  parked_.push_back(request);
  return {};
}

void FakeStudyApi::release_task(const std::string&, std::int64_t number, const std::string& lease) {
  const std::lock_guard lock(mutex_);
  enter("release_task");
  held_task(number, lease).lease.clear();
  released_tasks_.push_back(number);
}

Question FakeStudyApi::ask_question(const std::string&, const WorkRef& work,
                                    const QuestionRequest& request) {
  const std::lock_guard lock(mutex_);
  enter("ask_question");
  if (work.is_task) {
    held_task(work.number, request.lease);
  } else {
    held(work.number, request.lease);
  }
  Question question;
  question.id = std::ssize(questions_) + 1;
  question.work = work;
  question.text = request.text;
  questions_.push_back(question);
  return question;
}

std::vector<Question> FakeStudyApi::questions(const std::string&, const QuestionQuery&) {
  if (on_questions) on_questions();
  const std::lock_guard lock(mutex_);
  enter("questions");
  return questions_;
}

Question FakeStudyApi::answer_question(const std::string&, std::int64_t id,
                                       const AnswerRequest& request) {
  const std::lock_guard lock(mutex_);
  enter("answer_question");
  Question& question = questions_.at(static_cast<std::size_t>(id - 1));
  question.state = QuestionState::Answered;
  question.answer = request.text;
  question.author = request.author;
  return question;
}

void FakeStudyApi::make_moot(std::int64_t id) {
  const std::lock_guard lock(mutex_);
  questions_.at(static_cast<std::size_t>(id - 1)).state = QuestionState::Moot;
}

StudyInfo FakeStudyApi::create_study(const Json&) { not_played("create_study"); }
std::vector<StudyInfo> FakeStudyApi::studies() { not_played("studies"); }
void FakeStudyApi::delete_study(const std::string&) { not_played("delete_study"); }
void FakeStudyApi::stop_study(const std::string&, const std::string&) { not_played("stop_study"); }
void FakeStudyApi::resume_study(const std::string&) { not_played("resume_study"); }
EnqueueAnswer FakeStudyApi::enqueue(const std::string&, const EnqueueRequest&) {
  not_played("enqueue");
}
StudyInfo FakeStudyApi::edit_study(const std::string&, const EditRequest&) {
  not_played("edit_study");
}
void FakeStudyApi::void_trial(const std::string&, std::int64_t, const PersonalRequest&) {
  not_played("void_trial");
}
std::vector<WorkerInfo> FakeStudyApi::workers(const std::string&) { not_played("workers"); }
void FakeStudyApi::release_worker(const std::string&, const std::string&, const PersonalRequest&) {
  not_played("release_worker");
}
ResultsAnswer FakeStudyApi::add_results(const std::string&, const ResultsRequest&) {
  not_played("add_results");
}
void FakeStudyApi::requeue(const std::string&, std::int64_t, const PersonalRequest&) {
  not_played("requeue");
}
std::vector<QueueItem> FakeStudyApi::queue(const std::string&) { not_played("queue"); }
void FakeStudyApi::change_queued(const std::string&, const WorkRef&, const QueueChange&) {
  not_played("change_queued");
}
TopicAnswer FakeStudyApi::add_topic(const std::string&, const TopicRequest&) {
  not_played("add_topic");
}
std::vector<Topic> FakeStudyApi::topics(const std::string&) {
  const std::lock_guard lock(mutex_);
  enter("topics");
  return known_topics;
}
Insight FakeStudyApi::add_insight(const std::string&, const InsightRequest&) {
  not_played("add_insight");
}
std::vector<Insight> FakeStudyApi::insights(const std::string&, bool) { not_played("insights"); }
void FakeStudyApi::retire_insight(const std::string&, std::int64_t, const PersonalRequest&) {
  not_played("retire_insight");
}
std::int64_t FakeStudyApi::add_task(const std::string&, const TaskRequest&) {
  not_played("add_task");
}
std::vector<TaskView> FakeStudyApi::tasks(const std::string&, const TaskQuery&) {
  not_played("tasks");
}
void FakeStudyApi::cancel_task(const std::string&, std::int64_t, const PersonalRequest&) {
  not_played("cancel_task");
}
std::vector<TrialView> FakeStudyApi::trials(const std::string&, const TrialQuery&) {
  not_played("trials");
}
TrialView FakeStudyApi::trial(const std::string&, std::int64_t number) {
  const std::lock_guard lock(mutex_);
  enter("trial");
  const auto known = known_trials.find(number);
  if (known == known_trials.end()) {
    throw Error(ErrorCode::NotFound, "no trial " + std::to_string(number));
  }
  return known->second;
}
TrialColumns FakeStudyApi::columns(const std::string&, const ColumnsRequest&) {
  not_played("columns");
}
Explanation FakeStudyApi::explain(const std::string&, std::int64_t) { not_played("explain"); }
std::vector<BestRow> FakeStudyApi::best(const std::string&, int) {
  const std::lock_guard lock(mutex_);
  enter("best");
  return leaders;
}
ImportanceAnswer FakeStudyApi::importance(const std::string&, const ImportanceRequest&) {
  not_played("importance");
}
std::vector<Event> FakeStudyApi::events(const std::string&, std::int64_t after, int limit) {
  const std::lock_guard lock(mutex_);
  enter("events");
  std::vector<Event> found;
  for (const Event& event : history) {
    if (event.sequence > after && std::ssize(found) < limit) found.push_back(event);
  }
  return found;
}

}  // namespace studyhall::testing
