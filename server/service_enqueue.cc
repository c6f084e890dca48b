// The verb enqueue: what waits in front of the sampler.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/study_api_json.h"
#include "server/service_impl.h"

namespace studyhall::server {

namespace {

constexpr int kMostTrialsPerEnqueue = 1000;
constexpr std::size_t kMostTags = 100;
constexpr std::size_t kMostAwaited = 1000;
constexpr std::size_t kLongestTitle = 200;
constexpr std::size_t kLongestDescription = 20'000;

void check_words(const EnqueueRequest& request, std::vector<Problem>& problems) {
  if (request.title.size() > kLongestTitle) {
    problems.push_back({"/title", fmt::format("found {} bytes, expected at most {}",
                                              request.title.size(), kLongestTitle)});
  }
  if (request.description.size() > kLongestDescription) {
    problems.push_back(
        {"/description", fmt::format("found {} bytes, expected at most {}",
                                     request.description.size(), kLongestDescription)});
  }
  if (request.tags.size() > kMostTags) {
    problems.push_back(
        {"/tags", fmt::format("found {}, expected at most {}", request.tags.size(), kMostTags)});
  }
  for (const std::string& tag : request.tags) {
    if (is_valid_name(tag)) continue;
    problems.push_back({"/tags", fmt::format("found \"{}\", expected 1 to 64 of A-Z a-z 0-9 . _ -, "
                                             "not beginning with '.' or '-'",
                                             tag)});
  }
}

void check_awaited(const StudyModel& study, const EnqueueRequest& request,
                   std::vector<Problem>& problems) {
  if (request.after.size() > kMostAwaited) {
    problems.push_back({"/after", fmt::format("found {} trials, expected at most {}",
                                              request.after.size(), kMostAwaited)});
    return;
  }
  for (const std::int64_t number : request.after) {
    if (number < 0 || number >= std::ssize(study.trials())) {
      problems.push_back({"/after", fmt::format("there is no trial {} (the study has {})", number,
                                                study.trials().size())});
    } else if (study.trial(number).state == TrialState::Fail) {
      problems.push_back(
          {"/after", fmt::format("trial {} has failed: what waits for it never runs", number)});
    }
  }
}

void check(const StudyModel& study, const EnqueueRequest& request, bool full) {
  std::vector<Problem> problems;
  if (request.count < 1 || request.count > kMostTrialsPerEnqueue) {
    problems.push_back({"/count", fmt::format("found {}, expected 1 to {}", request.count,
                                              kMostTrialsPerEnqueue)});
  } else if (request.count > 1 && !full) {
    problems.push_back({"/count", fmt::format("found {}, expected 1: several runs need a value for "
                                              "every parameter",
                                              request.count)});
  }
  if (!std::isfinite(request.priority)) {
    problems.push_back(
        {"/priority", fmt::format("found {}, expected a finite number", request.priority)});
  }
  check_words(request, problems);
  check_awaited(study, request, problems);
  if (!problems.empty()) throw Error::from_problems(ErrorCode::Invalid, "enqueue", problems);
}

template <typename T>
void sort_unique(std::vector<T>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

}  // namespace

EnqueueAnswer StudyService::enqueue(const std::string& study, const EnqueueRequest& request) {
  EnqueueRequest wanted = request;
  sort_unique(wanted.tags);
  sort_unique(wanted.after);
  return impl_->on(study, [&](LiveStudy& live) {
    if (const auto before = impl_->answered(live, wanted.request_id, "enqueue")) {
      return enqueue_answer_from_json(*before);
    }
    EnqueueAnswer answer;
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& model = impl_->writable(live);
      const SearchSpace& space = model.space();
      const SearchSpace::Partial partial = space.partial_from_json(wanted.params);
      const bool full = space.contains(partial.config);
      check(model, wanted, full);
      if (!space.meets_require(partial.config)) {
        throw Error(ErrorCode::Invalid,
                    "enqueue: " + dump_json(wanted.params) + " breaks the study's \"require\"");
      }
      if (full && wanted.count == 1) {
        if (const auto holder = model.holder(partial.config)) {
          return EnqueueAnswer{{*holder}, true};
        }
      }
      std::vector<storage::Change> changes;
      for (int i = 0; i < wanted.count; ++i) {
        const bool replicate = full && model.holder(partial.config).has_value();
        answer.numbers.push_back(std::ssize(model.trials()));
        changes.push_back(model.enqueue(partial.config, wanted, replicate, impl_->clock.now()));
      }
      ticket = impl_->submit(live, std::move(changes),
                             Impl::record_of(wanted.request_id, "enqueue", to_json(answer)));
    }
    CommitQueue::wait(ticket);
    return answer;
  });
}

}  // namespace studyhall::server
