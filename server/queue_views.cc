#include "server/queue_views.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/feasible.h"
#include "core/space_edit.h"

namespace studyhall::server {

namespace {

// The words of a name in lower case: of "Grid-starts v2" grid, starts, v2.
std::set<std::string> words_of(std::string_view text) {
  std::set<std::string> words;
  std::string word;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!word.empty()) {
      words.insert(std::exchange(word, {}));
    }
  }
  if (!word.empty()) words.insert(std::move(word));
  return words;
}

// Whether at least half of the words of both together are in both.
bool share_words(std::string_view a, std::string_view b) {
  const std::set<std::string> ours = words_of(a);
  const std::set<std::string> theirs = words_of(b);
  const auto shared = static_cast<std::size_t>(
      std::ranges::count_if(ours, [&](const std::string& word) { return theirs.contains(word); }));
  return shared > 0 && 2 * shared >= ours.size() + theirs.size() - shared;
}

std::map<std::string, Json> sorted(const Json& object) {
  std::map<std::string, Json> members;
  for (const auto& [name, value] : object.items()) members.emplace(name, value);
  return members;
}

std::string why_similar(const Topic& topic, const TopicRequest& request) {
  if (share_words(topic.name, request.name)) return "name";
  if (!request.family.empty() && words_of(topic.family) == words_of(request.family)) {
    return "family";
  }
  if (!request.params.empty() && sorted(topic.params) == sorted(request.params)) return "params";
  return {};
}

// Trials that are read for a comparison, at most.
constexpr int kMostLookedAt = 2000;

bool is_better(double a, double b, bool maximise) { return maximise ? a > b : a < b; }

// Whether its result is one to compare: complete, feasible, no run again.
bool counts(const Trial& trial) {
  return trial.state == TrialState::Complete && !trial.values.empty() &&
         trial.record.purpose != Purpose::Replicate && !trial.record.late &&
         is_feasible(trial.constraints);
}

// Results of the sampler's own, the newest first.
std::vector<double> newest_suggested(const StudyModel& study) {
  std::vector<double> values;
  const std::int64_t last = std::ssize(study.trials()) - 1;
  for (std::int64_t n = last; n >= 0 && last - n < kMostLookedAt; --n) {
    const Trial& trial = study.trial(n);
    if (!trial.record.author.empty() || trial.record.sampler.empty() || !counts(trial)) continue;
    values.push_back(trial.values.front());
    if (std::ssize(values) == kMostCompared) break;
  }
  return values;
}

// How often one of `a` is better than one of `b`, of all pairs.
std::optional<double> share_of_wins(const std::vector<double>& a, const std::vector<double>& b,
                                    bool maximise) {
  if (a.empty() || b.empty()) return std::nullopt;
  double wins = 0;
  for (const double x : a) {
    for (const double y : b) wins += is_better(x, y, maximise) ? 1 : x == y ? 0.5 : 0;
  }
  return wins / static_cast<double>(a.size() * b.size());
}

QueueItem view(const StudyModel& study, const Trial& trial) {
  QueueItem item;
  item.work = {.is_task = false, .number = trial.number};
  item.title = trial.record.title;
  item.priority = trial.record.priority;
  item.tags = trial.record.tags;
  item.params = params_of(study.space(), trial);
  item.terms = trial.record.queue;
  item.author = trial.record.author;
  item.after_trials = trial.record.after;
  item.after_tasks = trial.record.after_tasks;
  item.retried = trial.record.attempt > 0;
  return item;
}

QueueItem view(const Task& task) {
  QueueItem item;
  item.work = {.is_task = true, .number = task.number};
  item.title = task.title;
  item.priority = task.priority;
  item.tags = task.tags;
  item.terms = task.queue;
  item.author = task.author;
  item.after_trials = task.after_trials;
  item.after_tasks = task.after;
  item.retried = task.attempt > 0;
  return item;
}

}  // namespace

std::vector<QueueItem> view_queue(const StudyModel& study, Timestamp now) {
  std::vector<std::pair<WaitingKey, QueueItem>> items;
  for (const WaitingKey& key : study.queue()) {
    items.emplace_back(key, view(study, study.trial(std::get<2>(key))));
  }
  for (const std::int64_t number : study.tasks().in(TaskState::Waiting)) {
    items.emplace_back(TaskBoard::waiting_key(study.task(number)), view(study.task(number)));
  }
  // Of equal rank a task comes before a trial, as an ask has it.
  const auto place = [](const std::pair<WaitingKey, QueueItem>& item) {
    const auto& [rank, priority, number] = item.first;
    return std::tuple(rank, priority, !item.second.work.is_task, number);
  };
  std::ranges::sort(items, {}, place);
  std::vector<QueueItem> out;
  out.reserve(items.size());
  for (auto& [key, item] : items) {
    item.waits_for = study.hindrances(item.work, now);
    out.push_back(std::move(item));
  }
  return out;
}

Topic view_topic(const StudyModel& study, const Topic& topic) {
  Topic view = topic;
  view.worker = study.worker_of(topic);
  const bool maximise = study.spec().directions.front() == Direction::Maximize;
  for (const std::int64_t number : topic.numbers) {
    const Trial& trial = study.trial(number);
    if (!is_finished(trial.state)) view.open = true;
    if (trial.values.size() != 1 || !counts(trial)) continue;
    const double value = trial.values.front();
    if (view.best_value && !is_better(value, *view.best_value, maximise)) continue;
    view.best_value = value;
    view.best_number = number;
  }
  return view;
}

std::vector<SimilarTopic> similar_topics(const StudyModel& study, const TopicRequest& request) {
  std::vector<SimilarTopic> similar;
  for (const Topic& topic : study.topics()) {
    std::string why = why_similar(topic, request);
    if (!why.empty()) similar.push_back({std::move(why), view_topic(study, topic)});
  }
  return similar;
}

std::vector<Proposals> view_proposals(const StudyModel& study) {
  std::vector<Proposals> out;
  if (study.proposed().empty()) return out;
  const bool maximise = study.spec().directions.front() == Direction::Maximize;
  const std::vector<double> suggested = newest_suggested(study);
  for (const auto& [author, numbers] : study.proposed()) {
    Proposals view;
    view.author = author;
    std::vector<double> values;
    int looked_at = 0;
    for (auto it = numbers.rbegin(); it != numbers.rend() && looked_at < kMostLookedAt; ++it) {
      ++looked_at;
      const Trial trial = study.trial(*it);
      if (!counts(trial)) continue;
      ++view.trials;
      const double value = trial.values.front();
      if (std::ssize(values) < kMostCompared) values.push_back(value);
      if (view.best_value && !is_better(value, *view.best_value, maximise)) continue;
      view.best_value = value;
      view.best_number = *it;
    }
    view.beats_sampler = share_of_wins(values, suggested, maximise);
    out.push_back(std::move(view));
  }
  return out;
}

Question view_question(const StudyModel& study, const Question& question) {
  Question view = question;
  if (view.answered) {
    view.state = QuestionState::Answered;
  } else {
    view.state = study.open_question(question.work) == question.id ? QuestionState::Open
                                                                   : QuestionState::Moot;
  }
  return view;
}

}  // namespace studyhall::server
