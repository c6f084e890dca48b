#include "server/queue_checks.h"

#include <fmt/format.h>

#include <cmath>

namespace studyhall::server {

namespace {

constexpr std::size_t kMostTags = 100;
constexpr std::size_t kMostAwaited = 1000;
constexpr std::size_t kLongestTitle = 200;
constexpr std::size_t kLongestDescription = 20'000;

bool too_many(const char* path, const char* what, std::size_t count,
              std::vector<Problem>& problems) {
  if (count <= kMostAwaited) return false;
  problems.push_back(
      {path, fmt::format("found {} {}, expected at most {}", count, what, kMostAwaited)});
  return true;
}

}  // namespace

void check_words(const std::string& title, const std::string& description,
                 const std::vector<std::string>& tags, std::vector<Problem>& problems) {
  if (title.size() > kLongestTitle) {
    problems.push_back({"/title", fmt::format("found {} bytes, expected at most {}", title.size(),
                                              kLongestTitle)});
  }
  if (description.size() > kLongestDescription) {
    problems.push_back({"/description", fmt::format("found {} bytes, expected at most {}",
                                                    description.size(), kLongestDescription)});
  }
  if (tags.size() > kMostTags) {
    problems.push_back(
        {"/tags", fmt::format("found {}, expected at most {}", tags.size(), kMostTags)});
  }
  for (const std::string& tag : tags) check_name("/tags", tag, problems);
}

void check_name(const std::string& path, const std::string& name, std::vector<Problem>& problems) {
  if (is_valid_name(name)) return;
  problems.push_back({path, fmt::format("found \"{}\", expected 1 to 64 of A-Z a-z 0-9 . _ -, not "
                                        "beginning with '.' or '-'",
                                        name)});
}

void check_terms(const StudyModel& study, const QueueTerms& terms, std::vector<Problem>& problems) {
  if (!terms.worker.empty()) check_name("/for", terms.worker, problems);
  for (const std::string& resource : terms.needs) check_name("/needs", resource, problems);
  for (const FollowUp& next : terms.on_complete) {
    check_words(next.title, next.description, next.tags, problems);
    check_priority(next.priority, problems);
  }
  if (terms.topic.empty()) return;
  std::vector<std::string> known;
  for (const Topic& topic : study.topics()) known.push_back(topic.name);
  if (std::ranges::find(known, terms.topic) != known.end()) return;
  const auto near = nearest_name(terms.topic, known);
  problems.push_back({"/topic", fmt::format("the study has no topic \"{}\"{}", terms.topic,
                                            near ? "; did you mean \"" + *near + "\"?" : "")});
}

void check_priority(double priority, std::vector<Problem>& problems) {
  if (std::isfinite(priority)) return;
  problems.push_back({"/priority", fmt::format("found {}, expected a finite number", priority)});
}

void check_awaited_trials(const StudyModel& study, const char* path,
                          const std::vector<std::int64_t>& numbers,
                          std::vector<Problem>& problems) {
  if (too_many(path, "trials", numbers.size(), problems)) return;
  for (const std::int64_t number : numbers) {
    if (number < 0 || number >= std::ssize(study.trials())) {
      problems.push_back({path, fmt::format("there is no trial {} (the study has {})", number,
                                            study.trials().size())});
    } else if (study.trial(number).state == TrialState::Fail) {
      problems.push_back(
          {path, fmt::format("trial {} has failed: what waits for it never runs", number)});
    }
  }
}

void check_awaited_tasks(const StudyModel& study, const char* path,
                         const std::vector<std::int64_t>& numbers, std::vector<Problem>& problems) {
  if (too_many(path, "tasks", numbers.size(), problems)) return;
  for (const std::int64_t number : numbers) {
    if (number < 0 || number >= study.tasks().size()) {
      problems.push_back({path, fmt::format("there is no task {} (the study has {})", number,
                                            study.tasks().size())});
      continue;
    }
    const TaskState state = study.task(number).state;
    if (state == TaskState::Failed || state == TaskState::Cancelled) {
      problems.push_back(
          {path, fmt::format("task {} {}: what waits for it never runs", number,
                             state == TaskState::Failed ? "has failed" : "was cancelled")});
    }
  }
}

}  // namespace studyhall::server
