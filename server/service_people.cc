// The verbs by which people (and worker loops) step in: park, void, workers, insights.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/space.h"
#include "server/service_impl.h"
#include "server/study_views.h"
#include "server/telling.h"

namespace studyhall::server {

namespace {

constexpr std::size_t kLongestInsight = 4000;
constexpr std::ptrdiff_t kMostInsights = 100;  // at once, retired ones left out

std::string author_of(const std::string& author) { return author.empty() ? "user" : author; }

}  // namespace

BeatAnswer StudyService::park(const std::string& study, std::int64_t number,
                              const ParkRequest& request) {
  return impl_->on(study, [&](LiveStudy& live) {
    ParkOutcome outcome;
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& model = impl_->writable(live);
      static_cast<void>(model.trial(number));
      outcome = server::park(model, number, request, impl_->clock.now());
      if (!outcome.change) return outcome.answer;
      ticket = impl_->submit(live, {std::move(*outcome.change)});
    }
    CommitQueue::wait(ticket);
    return outcome.answer;
  });
}

void StudyService::void_trial(const std::string& study, std::int64_t number,
                              const PersonalRequest& request) {
  impl_->on(study, [&](LiveStudy& live) {
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& model = impl_->writable(live);
      if (model.trial(number).record.voided > 0) return;
      ticket = impl_->submit(live, model.void_trial(number, request.reason,
                                                    author_of(request.author), impl_->clock.now()));
    }
    CommitQueue::wait(ticket);
  });
}

std::vector<WorkerInfo> StudyService::workers(const std::string& study) {
  return impl_->on(study, [&](LiveStudy& live) {
    const std::lock_guard lock(live.mutex);
    return view_workers(impl_->loaded(live));
  });
}

void StudyService::release_worker(const std::string& study, const std::string& worker,
                                  const PersonalRequest& request) {
  impl_->on(study, [&](LiveStudy& live) {
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& model = impl_->writable(live);
      if (!model.workers().contains(worker)) {
        std::vector<std::string> known;
        for (const auto& [name, record] : model.workers()) known.push_back(name);
        std::string message = fmt::format("study \"{}\": no worker \"{}\" has ever asked",
                                          model.record().name, worker);
        if (const auto near = nearest_name(worker, known)) {
          message += "; did you mean \"" + *near + "\"?";
        }
        throw Error(ErrorCode::NotFound, message);
      }
      auto change = model.release_worker(worker, author_of(request.author), impl_->clock.now());
      if (!change) return;
      ticket = impl_->submit(live, {std::move(*change)});
    }
    CommitQueue::wait(ticket);
  });
}

Insight StudyService::add_insight(const std::string& study, const InsightRequest& request) {
  InsightRequest wanted = request;
  wanted.author = author_of(request.author);
  if (wanted.text.empty() || wanted.text.size() > kLongestInsight) {
    throw Error(ErrorCode::Invalid, fmt::format("insight: found {} bytes, expected 1 to {}",
                                                wanted.text.size(), kLongestInsight));
  }
  return impl_->on(study, [&](LiveStudy& live) {
    Insight added;
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& model = impl_->writable(live);
      if (wanted.trial) static_cast<void>(model.trial(*wanted.trial));
      const auto shown = std::count_if(model.insights().begin(), model.insights().end(),
                                       [](const Insight& insight) { return !insight.retired; });
      if (shown >= kMostInsights) {
        throw Error(ErrorCode::Conflict,
                    fmt::format("study \"{}\" has {} insights, the most that agents are shown; "
                                "retire some first",
                                model.record().name, shown));
      }
      ticket = impl_->submit(live, {model.add_insight(wanted, impl_->clock.now())});
      added = model.insights().back();
    }
    CommitQueue::wait(ticket);
    return added;
  });
}

std::vector<Insight> StudyService::insights(const std::string& study, bool all) {
  return impl_->on(study, [&](LiveStudy& live) {
    std::vector<Insight> out;
    const std::lock_guard lock(live.mutex);
    for (const Insight& insight : impl_->loaded(live).insights()) {
      if (all || !insight.retired) out.push_back(insight);
    }
    return out;
  });
}

void StudyService::retire_insight(const std::string& study, std::int64_t id,
                                  const PersonalRequest& request) {
  impl_->on(study, [&](LiveStudy& live) {
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& model = impl_->writable(live);
      if (id < 1 || id > std::ssize(model.insights())) {
        throw Error(ErrorCode::NotFound,
                    fmt::format("study \"{}\" has no insight {} (it has {})", model.record().name,
                                id, model.insights().size()));
      }
      if (model.insights()[static_cast<std::size_t>(id - 1)].retired) return;
      ticket = impl_->submit(
          live, {model.retire_insight(id, author_of(request.author), impl_->clock.now())});
    }
    CommitQueue::wait(ticket);
  });
}

}  // namespace studyhall::server
