// The verbs of the queue, of topics, of questions, and of results from elsewhere.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>
#include <utility>

#include "core/study_api_json.h"
#include "server/queue_checks.h"
#include "server/queue_views.h"
#include "server/service_impl.h"
#include "server/task_telling.h"
#include "server/telling.h"

namespace studyhall::server {

namespace {

constexpr std::size_t kMostTopics = 10'000;
constexpr std::size_t kLongestText = 20'000;

std::string author_of(const std::string& author) { return author.empty() ? "user" : author; }

void check_text(const std::string& what, const std::string& text) {
  if (!text.empty() && text.size() <= kLongestText) return;
  throw Error(ErrorCode::Invalid,
              fmt::format("{}: found {} bytes, expected 1 to {}", what, text.size(), kLongestText));
}

std::string name_of(const StudyModel& study, const WorkRef& work) {
  return fmt::format("{} of study \"{}\"", to_string(work), study.record().name);
}

void check(const StudyModel& study, const TopicRequest& request) {
  std::vector<Problem> problems;
  check_name("/name", request.name, problems);
  if (!request.worker.empty()) check_name("/for", request.worker, problems);
  check_words(request.name, request.hypothesis + request.success + request.family, request.tags,
              problems);
  check_priority(request.priority, problems);
  if (request.trials < 1 || request.trials > kMostTrialsOfTopic) {
    problems.push_back(
        {"/trials", fmt::format("found {}, expected 1 to {}", request.trials, kMostTrialsOfTopic)});
  }
  if (!problems.empty()) throw Error::from_problems(ErrorCode::Invalid, "topic", problems);
  if (study.topics().size() >= kMostTopics) {
    throw Error(ErrorCode::Conflict,
                fmt::format("study \"{}\" has {} topics, the most there may be",
                            study.record().name, kMostTopics));
  }
}

// The trial that a result from elsewhere makes, and what is wrong with it, by path.
Trial trial_of(const StudyModel& study, const GivenResult& given, std::int64_t number,
               const std::string& path, Timestamp now, std::vector<Problem>& problems) {
  Trial trial;
  trial.number = number;
  trial.state = given.state;
  trial.values = given.values;
  trial.metrics = given.metrics;
  trial.completed = given.completed.value_or(now);
  trial.started = given.started.value_or(*trial.completed);
  trial.record.worker = given.worker;
  trial.record.title = given.title;
  trial.record.note = given.note;
  trial.record.usage = given.usage;
  const SearchSpace& space = study.space();
  try {
    trial.config = space.partial_from_json(given.params).config;
    if (!space.contains(trial.config)) {
      problems.push_back({path + "/params", "lacks parameters: a result needs every active one"});
    } else if (!space.meets_require(trial.config)) {
      problems.push_back({path + "/params", "breaks the study's \"require\""});
    }
  } catch (const Error& error) {
    problems.push_back({path + "/params", error.what()});
  }
  TellRequest told;
  told.state = given.state;
  told.values = given.values;
  told.metrics = given.metrics;
  for (Problem& problem : result_problems(study, told)) {
    problems.push_back({path + problem.path, std::move(problem.message)});
  }
  if (!given.worker.empty()) check_name(path + "/worker", given.worker, problems);
  if (*trial.started > *trial.completed) {
    problems.push_back({path + "/started", "is after \"completed\""});
  }
  return trial;
}

}  // namespace

ResultsAnswer StudyService::add_results(const std::string& study, const ResultsRequest& request) {
  if (request.results.empty() || request.results.size() > kMostResults) {
    throw Error(ErrorCode::Invalid, fmt::format("results: found {}, expected 1 to {}",
                                                request.results.size(), kMostResults));
  }
  return impl_->on(study, [&](LiveStudy& live) {
    if (const auto before = impl_->answered(live, request.request_id, "results")) {
      return results_answer_from_json(*before);
    }
    ResultsAnswer answer;
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& model = impl_->writable(live);
      const Timestamp now = impl_->clock.now();
      std::vector<Problem> problems;
      for (std::size_t i = 0; i < request.results.size(); ++i) {
        static_cast<void>(
            trial_of(model, request.results[i], -1, fmt::format("/results/{}", i), now, problems));
      }
      if (!problems.empty()) throw Error::from_problems(ErrorCode::Invalid, "results", problems);
      std::vector<storage::Change> changes;
      for (const GivenResult& given : request.results) {
        // Confirming runs may have been created in between: each takes the next number.
        answer.numbers.push_back(std::ssize(model.trials()));
        Trial trial = trial_of(model, given, answer.numbers.back(), "", now, problems);
        std::ranges::move(model.import_result(std::move(trial), author_of(request.author), now),
                          std::back_inserter(changes));
      }
      ticket = impl_->submit(live, std::move(changes),
                             Impl::record_of(request.request_id, "results", to_json(answer)));
    }
    CommitQueue::wait(ticket);
    return answer;
  });
}

void StudyService::requeue(const std::string& study, std::int64_t number,
                           const PersonalRequest& request) {
  impl_->on(study, [&](LiveStudy& live) {
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& model = impl_->writable(live);
      const Trial& trial = model.trial(number);
      if (trial.state != TrialState::Running) {
        throw Error(ErrorCode::Conflict,
                    fmt::format("{} is {}: only a running one can be taken from its worker",
                                name_of(model, {.number = number}), to_string(trial.state)));
      }
      Json body{{"worker", trial.record.worker}};
      if (!request.reason.empty()) body["reason"] = request.reason;
      ticket = impl_->submit(
          live, {model.requeue(number, EventKind::Requeued, std::move(body),
                               author_of(request.author), false, {}, impl_->clock.now())});
    }
    CommitQueue::wait(ticket);
  });
}

std::vector<QueueItem> StudyService::queue(const std::string& study) {
  return impl_->on(study, [&](LiveStudy& live) {
    const std::lock_guard lock(live.mutex);
    return view_queue(impl_->loaded(live), impl_->clock.now());
  });
}

void StudyService::change_queued(const std::string& study, const WorkRef& work,
                                 const QueueChange& change) {
  std::vector<Problem> problems;
  if (change.priority) check_priority(*change.priority, problems);
  if (change.worker && !change.worker->empty()) check_name("/for", *change.worker, problems);
  if (change.wave && (*change.wave < -1 || *change.wave > kMostWaves)) {
    problems.push_back(
        {"/wave", fmt::format("found {}, expected 0 to {}", *change.wave, kMostWaves)});
  }
  if (!change.priority && !change.hold && !change.worker && !change.wave) {
    problems.push_back({"/priority",
                        "nothing to change: expected \"priority\", \"hold\", \"for\" "
                        "or \"wave\""});
  }
  if (!problems.empty()) throw Error::from_problems(ErrorCode::Invalid, "queue", problems);
  QueueChange wanted = change;
  wanted.author = author_of(change.author);
  impl_->on(study, [&](LiveStudy& live) {
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& model = impl_->writable(live);
      if (model.state_of(work) != "waiting") {
        throw Error(ErrorCode::Conflict,
                    fmt::format("{} is {}: only what waits has a place in the queue",
                                name_of(model, work), model.state_of(work)));
      }
      ticket = impl_->submit(live, {model.change_queued(work, wanted, impl_->clock.now())});
    }
    CommitQueue::wait(ticket);
  });
}

TopicAnswer StudyService::add_topic(const std::string& study, const TopicRequest& request) {
  TopicRequest wanted = request;
  wanted.author = author_of(request.author);
  sort_unique(wanted.tags);
  return impl_->on(study, [&](LiveStudy& live) {
    TopicAnswer answer;
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& model = impl_->writable(live);
      check(model, wanted);
      const Config config = model.space().partial_from_json(wanted.params).config;
      if (!model.space().meets_require(config)) {
        throw Error(ErrorCode::Invalid,
                    "topic: " + dump_json(wanted.params) + " breaks the study's \"require\"");
      }
      answer.similar = similar_topics(model, wanted);
      if (std::ranges::find(model.topics(), wanted.name, &Topic::name) != model.topics().end()) {
        throw Error(ErrorCode::Conflict,
                    fmt::format("study \"{}\" has a topic \"{}\" already; choose another name",
                                model.record().name, wanted.name));
      }
      if (!answer.similar.empty() && !wanted.anyway) return answer;
      for (int i = 0; i < wanted.trials; ++i) {
        answer.numbers.push_back(std::ssize(model.trials()) + i);
      }
      ticket = impl_->submit(live, model.add_topic(wanted, config, impl_->clock.now()));
      answer.created = true;
    }
    CommitQueue::wait(ticket);
    return answer;
  });
}

std::vector<Topic> StudyService::topics(const std::string& study) {
  return impl_->on(study, [&](LiveStudy& live) {
    std::vector<Topic> out;
    const std::lock_guard lock(live.mutex);
    const StudyModel& model = impl_->loaded(live);
    for (const Topic& topic : model.topics()) out.push_back(view_topic(model, topic));
    return out;
  });
}

Question StudyService::ask_question(const std::string& study, const WorkRef& work,
                                    const QuestionRequest& request) {
  check_text("question", request.text);
  return impl_->on(study, [&](LiveStudy& live) {
    Question asked;
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& model = impl_->writable(live);
      const Timestamp now = impl_->clock.now();
      const BeatAnswer held = work.is_task ? beat_task(model, work.number, request.lease, now)
                                           : beat(model, work.number, request.lease, now);
      if (held.stop) {
        throw Error(ErrorCode::Conflict,
                    fmt::format("{} is held under this lease no longer; its question is not taken",
                                name_of(model, work)));
      }
      if (const std::int64_t open = model.open_question(work); open > 0) {
        throw Error(ErrorCode::Conflict, fmt::format("{} waits for the answer to question {}",
                                                     name_of(model, work), open));
      }
      ticket = impl_->submit(live, {model.ask_question(work, request.text, now)});
      asked = view_question(model, model.questions().back());
    }
    CommitQueue::wait(ticket);
    return asked;
  });
}

std::vector<Question> StudyService::questions(const std::string& study,
                                              const QuestionQuery& query) {
  return impl_->on(study, [&](LiveStudy& live) {
    std::vector<Question> out;
    const std::lock_guard lock(live.mutex);
    const StudyModel& model = impl_->loaded(live);
    for (const Question& question : model.questions()) {
      if (!query.worker.empty() && question.worker != query.worker) continue;
      Question view = view_question(model, question);
      if (!query.open || view.state == QuestionState::Open) out.push_back(std::move(view));
    }
    return out;
  });
}

Question StudyService::answer_question(const std::string& study, std::int64_t id,
                                       const AnswerRequest& request) {
  check_text("answer", request.text);
  AnswerRequest wanted = request;
  wanted.author = author_of(request.author);
  return impl_->on(study, [&](LiveStudy& live) {
    Question answered;
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& model = impl_->writable(live);
      if (id < 1 || id > std::ssize(model.questions())) {
        throw Error(ErrorCode::NotFound,
                    fmt::format("study \"{}\" has no question {} (it has {})", model.record().name,
                                id, model.questions().size()));
      }
      const Question before =
          view_question(model, model.questions()[static_cast<std::size_t>(id - 1)]);
      if (before.state != QuestionState::Open) {
        throw Error(ErrorCode::Conflict,
                    before.state == QuestionState::Answered
                        ? fmt::format("question {} was answered by {}", id, before.author)
                        : fmt::format("question {} is moot: {} is {}", id,
                                      name_of(model, before.work), model.state_of(before.work)));
      }
      ticket = impl_->submit(live, {model.answer_question(id, wanted, impl_->clock.now())});
      answered = view_question(model, model.questions()[static_cast<std::size_t>(id - 1)]);
    }
    CommitQueue::wait(ticket);
    return answered;
  });
}

}  // namespace studyhall::server
