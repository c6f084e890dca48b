// The queue of a study: what may go to whom, what people change of it, topics, and results from
// elsewhere.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/study_api_json.h"
#include "core/study_api_json_reader.h"
#include "core/tags.h"
#include "server/study_model.h"
#include "server/telling.h"

namespace studyhall::server {

using storage::Change;

namespace {

// After so long without anything to do a topic's worker is taken to be gone from it.
constexpr Duration kTopicPatience = std::chrono::minutes(30);

}  // namespace

const Topic& StudyModel::topic(const std::string& name) const {
  return *std::ranges::find(topics_, name, &Topic::name);
}

void StudyModel::join_topic(const std::string& name, std::int64_t number, Change& change) {
  Topic& joined = *std::ranges::find(topics_, name, &Topic::name);
  if (std::ranges::find(joined.numbers, number) != joined.numbers.end()) return;
  joined.numbers.push_back(number);
  change.writes.emplace_back(storage::PutFact{{kTopicFact, name, to_json(joined)}});
}

std::string StudyModel::worker_of(const Topic& topic) const {
  std::string worker;
  std::optional<Timestamp> last;
  for (const std::int64_t number : topic.numbers) {
    const Trial trial = this->trial(number);
    if (!trial.started || trial.record.worker.empty()) continue;
    if (last && *trial.started < *last) continue;
    last = trial.started;
    worker = trial.record.worker;
  }
  return worker;
}

std::optional<Hindrance> StudyModel::topic_hindrance(const Trial& trial, std::string_view worker,
                                                     Timestamp now) const {
  const Topic& about = topic(trial.record.queue.topic);
  for (const std::int64_t number : about.numbers) {
    if (this->trial(number).state != TrialState::Running) continue;
    return Hindrance{WaitReason::Topic, fmt::format("topic {}: trial {} runs", about.name, number)};
  }
  const std::string owner = worker_of(about);
  if (owner.empty() || owner == worker) return std::nullopt;
  const std::optional<Timestamp> ended = budget_.last_end(owner);
  const bool is_gone = !budget_.is_busy(owner) && (!ended || now - *ended > kTopicPatience);
  if (is_gone) return std::nullopt;
  return Hindrance{WaitReason::Topic, fmt::format("topic {}: {} is on it", about.name, owner)};
}

bool StudyModel::may_go(const Trial& trial, const Taker& taker) const {
  const QueueTerms& terms = trial.record.queue;
  return accepts_all(taker.accepts, trial.record.tags) &&
         (terms.worker.empty() || terms.worker == taker.worker) &&
         rules_.hindrances(spec(), trial.record.tags, terms).empty() &&
         (terms.topic.empty() || !topic_hindrance(trial, taker.worker, taker.now));
}

bool StudyModel::may_go(const Task& task, const Taker& taker) const {
  return is_ready(task) && (task.queue.worker.empty() || task.queue.worker == taker.worker) &&
         rules_.hindrances(spec(), task.tags, task.queue).empty();
}

std::optional<std::int64_t> StudyModel::first_waiting(const Taker& taker) const {
  std::optional<WaitingKey> first;
  for (const auto& [tags, queue] : waiting_) {
    if (!accepts_all(taker.accepts, tags) || rules_.is_full(spec(), tags)) continue;
    if (!first || *queue.begin() < *first) first = *queue.begin();
  }
  for (const WaitingKey& key : bound_) {
    const Trial bound = trial(std::get<2>(key));
    const std::string& topic = bound.record.queue.topic;
    const bool is_its_topic = !topic.empty() && worker_of(this->topic(topic)) == taker.worker;
    const bool is_before =
        !first || key < *first || (is_its_topic && std::get<0>(*first) == std::get<0>(key));
    if (!is_before || !may_go(bound, taker)) continue;
    first = key;
    if (is_its_topic) break;
  }
  if (!first) return std::nullopt;
  return std::get<2>(*first);
}

bool StudyModel::may_have_later(const Taker& taker) const {
  if (count(TrialState::Running) == 0 && tasks_.in(TaskState::Running).empty()) return false;
  return std::ranges::any_of(queue_, [&](const WaitingKey& key) {
    const TrialRecord record = trial(std::get<2>(key)).record;
    return !record.queue.hold && accepts_all(taker.accepts, record.tags) &&
           (record.queue.worker.empty() || record.queue.worker == taker.worker);
  });
}

bool StudyModel::some_worker_takes(const std::vector<std::string>& tags,
                                   const QueueTerms& terms) const {
  if (tags.empty() && terms.worker.empty()) return true;
  const auto takes = [&](const WorkerSpec& worker) {
    return accepts_all(worker.accepts, tags) &&
           (terms.worker.empty() || terms.worker == worker.name);
  };
  if (tags.empty()) return workers_.contains(terms.worker) || spec().workers.contains(terms.worker);
  return std::ranges::any_of(spec().workers, [&](const auto& item) { return takes(item.second); });
}

std::string_view StudyModel::state_of(const WorkRef& work) const {
  return work.is_task ? to_string(task(work.number).state) : to_string(trial(work.number).state);
}

std::vector<Hindrance> StudyModel::hindrances(const WorkRef& work, Timestamp now) const {
  const TrialRecord record = work.is_task ? TrialRecord{} : trial(work.number).record;
  const auto& tags = work.is_task ? task(work.number).tags : record.tags;
  const auto& terms = work.is_task ? task(work.number).queue : record.queue;
  const auto& trials = work.is_task ? task(work.number).after_trials : record.after;
  const auto& tasks = work.is_task ? task(work.number).after : record.after_tasks;
  std::vector<Hindrance> out;
  for (const std::int64_t number : trials) {
    const TrialState state = trial(number).state;
    if (state == TrialState::Complete || state == TrialState::Pruned) continue;
    out.push_back({WaitReason::Trial, fmt::format("trial {} is {}", number, to_string(state))});
  }
  for (const std::int64_t number : tasks) {
    const TaskState state = task(number).state;
    if (state == TaskState::Done) continue;
    out.push_back({WaitReason::Task, fmt::format("task {} is {}", number, to_string(state))});
  }
  std::ranges::move(rules_.hindrances(spec(), tags, terms), std::back_inserter(out));
  if (!terms.topic.empty()) {
    if (auto topic = topic_hindrance(trial(work.number), terms.worker, now)) {
      out.push_back(std::move(*topic));
    }
  }
  if (!some_worker_takes(tags, terms)) {
    out.push_back(
        {WaitReason::NoWorker,
         terms.worker.empty()
             ? fmt::format("no worker of the study file accepts {}", fmt::join(tags, ", "))
             : fmt::format("it is for {}, which {}", terms.worker,
                           spec().workers.contains(terms.worker) ? "does not accept its tags"
                                                                 : "has never asked")});
  }
  const auto closed = work.is_task ? closed_to_tasks("", now) : this->closed(now);
  if (closed && closed->status == AskStatus::Finished) {
    out.push_back({WaitReason::Study, "the study is finished: " + closed->reason});
  }
  return out;
}

Change StudyModel::change_queued(const WorkRef& work, const QueueChange& change, Timestamp now) {
  const auto apply = [&](QueueTerms& terms, double& priority) {
    if (change.priority) priority = *change.priority;
    if (change.hold) terms.hold = *change.hold;
    if (change.worker) terms.worker = *change.worker;
    if (change.wave) terms.wave = *change.wave < 0 ? std::nullopt : change.wave;
  };
  Json body{{work.is_task ? "task" : "number", work.number}};
  QueueChange said = change;
  said.author.clear();
  body.update(to_json(said));
  Change out = this->change(EventKind::QueueChanged, std::move(body), change.author, now);
  if (work.is_task) {
    storage::TaskRecord record = tasks_.record(work.number);
    apply(record.task.queue, record.task.priority);
    out.writes.emplace_back(storage::UpdateTask{TaskState::Waiting, record});
    place_task(std::move(record));
  } else {
    Trial waiting = trial(work.number);
    apply(waiting.record.queue, waiting.record.priority);
    out.writes.emplace_back(storage::UpdateTrial{TrialState::Waiting, waiting});
    place(std::move(waiting));
  }
  return out;
}

std::vector<Change> StudyModel::add_topic(const TopicRequest& request, const Config& config,
                                          Timestamp now) {
  Topic topic;
  topic.name = request.name;
  topic.family = request.family;
  topic.hypothesis = request.hypothesis;
  topic.success = request.success;
  topic.params = request.params;
  topic.author = request.author;
  topic.created = now;
  for (int i = 0; i < request.trials; ++i) topic.numbers.push_back(std::ssize(trials_) + i);
  TopicRequest said = request;
  said.author.clear();
  said.anyway = false;
  std::vector<Change> changes{change(EventKind::TopicAdded, to_json(said), request.author, now)};
  changes.back().writes.emplace_back(storage::PutFact{{kTopicFact, topic.name, to_json(topic)}});
  topics_.push_back(std::move(topic));

  EnqueueRequest one;
  one.priority = request.priority;
  one.tags = request.tags;
  one.title = request.name;
  one.author = request.author;
  one.queue.topic = request.name;
  one.queue.worker = request.worker;
  one.queue.hold = request.hold;
  for (int i = 0; i < request.trials; ++i) changes.push_back(enqueue(config, one, false, now));
  return changes;
}

std::optional<TopicStep> StudyModel::topic_step(const Trial& trial) const {
  if (trial.record.queue.topic.empty()) return std::nullopt;
  const Topic& about = topic(trial.record.queue.topic);
  TopicStep step;
  step.name = about.name;
  step.family = about.family;
  step.hypothesis = about.hypothesis;
  step.success = about.success;
  step.of = static_cast<int>(about.numbers.size());
  std::int64_t last = 0;
  for (const std::int64_t number : about.numbers) {
    const Trial other = this->trial(number);
    if (number < trial.number) ++step.index;
    if (other.state != TrialState::Complete || other.record.told < last) continue;
    last = other.record.told;
    step.after = number;
  }
  return step;
}

std::int64_t StudyModel::open_question(const WorkRef& work) const {
  return work.is_task ? task(work.number).question : trial(work.number).record.question;
}

Change StudyModel::ask_question(const WorkRef& work, const std::string& text, Timestamp now) {
  Question question;
  question.id = std::ssize(questions_) + 1;
  question.work = work;
  question.worker = work.is_task ? task(work.number).worker : trial(work.number).record.worker;
  question.text = text;
  question.asked = now;
  const Timestamp until = now + std::chrono::hours(24 * kAnswerDays);
  Json body{{work.is_task ? "task" : "number", work.number},
            {"id", question.id},
            {"text", text},
            {"worker", question.worker},
            {"until", format_utc(until)}};
  Change out = change(EventKind::QuestionAsked, std::move(body), question.worker, now);
  out.writes.emplace_back(
      storage::PutFact{{kQuestionFact, std::to_string(question.id), to_json(question)}});
  if (work.is_task) {
    storage::TaskRecord record = tasks_.record(work.number);
    record.task.question = question.id;
    record.task.parked_until = until;
    place_task(std::move(record));
    tasks_.extend_lease(work.number, now);
    out.writes.emplace_back(storage::UpdateTask{TaskState::Running, tasks_.record(work.number)});
  } else {
    Trial asking = trial(work.number);
    asking.record.question = question.id;
    asking.record.parked_until = until;
    out.writes.emplace_back(storage::UpdateTrial{TrialState::Running, asking});
    place(std::move(asking));
    extend_lease(work.number, now);
  }
  questions_.push_back(std::move(question));
  return out;
}

Change StudyModel::answer_question(std::int64_t id, const AnswerRequest& request, Timestamp now) {
  Question& question = questions_.at(static_cast<std::size_t>(id - 1));
  question.state = QuestionState::Answered;
  question.answer = request.text;
  question.answered = now;
  question.author = request.author;
  const WorkRef work = question.work;
  Json body{{work.is_task ? "task" : "number", work.number}, {"id", id}, {"text", request.text}};
  Change out = change(EventKind::QuestionAnswered, std::move(body), request.author, now);
  out.writes.emplace_back(storage::PutFact{{kQuestionFact, std::to_string(id), to_json(question)}});
  if (work.is_task) {
    storage::TaskRecord record = tasks_.record(work.number);
    record.task.question = 0;
    record.task.parked_until.reset();
    place_task(std::move(record));
    tasks_.extend_lease(work.number, now);
    out.writes.emplace_back(storage::UpdateTask{TaskState::Running, tasks_.record(work.number)});
  } else {
    Trial going_on = trial(work.number);
    going_on.record.question = 0;
    going_on.record.parked_until.reset();
    out.writes.emplace_back(storage::UpdateTrial{TrialState::Running, going_on});
    place(std::move(going_on));
    extend_lease(work.number, now);
  }
  return out;
}

void StudyModel::follow_up(const WorkRef& ended, Timestamp now, std::vector<Change>& changes) {
  const bool well = ended.is_task ? task(ended.number).state == TaskState::Done
                                  : trial(ended.number).state == TrialState::Complete;
  if (!well) return;
  const std::vector<FollowUp> next = ended.is_task ? task(ended.number).queue.on_complete
                                                   : trial(ended.number).record.queue.on_complete;
  for (const FollowUp& one : next) {
    TaskRequest request;
    request.title = one.title;
    request.description = one.description;
    request.priority = one.priority;
    request.tags = one.tags;
    (ended.is_task ? request.after : request.after_trials).push_back(ended.number);
    request.author = "server";
    changes.push_back(add_task(request, retries(spec()), now));
  }
}

std::vector<Change> StudyModel::import_result(Trial result, const std::string& author,
                                              Timestamp now) {
  const std::int64_t number = result.number;
  if (result.state == TrialState::Complete) {
    result.constraints = constraint_values(spec(), result.metrics);
  }
  TrialRecord& record = result.record;
  record.purpose = Purpose::Imported;
  record.attempt = 1;
  record.author = author;
  record.version = spec().experiment_version;
  if (result.state == TrialState::Fail) record.reason = FailReason::BadConfig;
  Json body{{"number", number},
            {"params", space().to_json(result.config)},
            {"state", to_string(result.state)}};
  for (const double value : result.values) body["values"].push_back(number_or_name(value));
  if (!result.metrics.empty()) body["metrics"] = result.metrics;
  if (result.started) body["started"] = format_utc(*result.started);
  if (result.completed) body["completed"] = format_utc(*result.completed);
  if (!record.worker.empty()) body["worker"] = record.worker;
  if (!record.title.empty()) body["title"] = record.title;
  if (!record.note.empty()) body["note"] = record.note;
  if (record.usage != Usage{}) body["usage"] = to_json(record.usage);
  std::vector<Change> changes{change(EventKind::Imported, std::move(body), author, now)};
  record.told = last_sequence_;
  changes.back().writes.emplace_back(storage::AddTrial{result});
  const bool ranked = result.state != TrialState::Pruned;
  place(std::move(result));
  learn(number);
  if (ranked) note_lead(rank(trial(number)), now, changes);
  confirm(number, now, changes);
  return changes;
}

}  // namespace studyhall::server
