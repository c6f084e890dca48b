// The verb enqueue: what waits in front of the sampler.
#include <fmt/format.h>

#include <utility>

#include "core/study_api_json.h"
#include "server/queue_checks.h"
#include "server/service_impl.h"

namespace studyhall::server {

namespace {

constexpr int kMostTrialsPerEnqueue = 1000;

void check(const StudyModel& study, const EnqueueRequest& request, bool full) {
  std::vector<Problem> problems;
  if (request.again && !full) {
    problems.push_back({"/again", "needs a value for every parameter"});
  }
  if (request.count < 1 || request.count > kMostTrialsPerEnqueue) {
    problems.push_back({"/count", fmt::format("found {}, expected 1 to {}", request.count,
                                              kMostTrialsPerEnqueue)});
  } else if (request.count > 1 && !full) {
    problems.push_back({"/count", fmt::format("found {}, expected 1: several runs need a value for "
                                              "every parameter",
                                              request.count)});
  }
  check_priority(request.priority, problems);
  check_words(request.title, request.description, request.tags, problems);
  check_terms(study, request.queue, problems);
  check_awaited_trials(study, "/after", request.after, problems);
  check_awaited_tasks(study, "/after_tasks", request.after_tasks, problems);
  if (!problems.empty()) throw Error::from_problems(ErrorCode::Invalid, "enqueue", problems);
}

}  // namespace

EnqueueAnswer StudyService::enqueue(const std::string& study, const EnqueueRequest& request) {
  EnqueueRequest wanted = request;
  sort_unique(wanted.tags);
  sort_unique(wanted.queue.needs);
  sort_unique(wanted.after);
  sort_unique(wanted.after_tasks);
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
      if (full && wanted.count == 1 && !wanted.again) {
        if (const auto holder = model.holder(partial.config)) {
          return EnqueueAnswer{{*holder}, true};
        }
      }
      std::vector<storage::Change> changes;
      if (wanted.author.empty()) wanted.author = "user";
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
