// The verb edit: the study file changes while the study runs.
#include "core/study_edit.h"
#include "server/service_impl.h"
#include "server/study_views.h"

namespace studyhall::server {

StudyInfo StudyService::edit_study(const std::string& name, const EditRequest& request) {
  return impl_->on(name, [&](LiveStudy& live) {
    StudyInfo info;
    CommitQueue::Ticket ticket;
    {
      const std::lock_guard lock(live.mutex);
      StudyModel& model = impl_->writable(live);
      auto spec = edit_study_spec(model.spec(), request.patch);
      const Timestamp now = impl_->clock.now();
      ticket =
          impl_->submit(live, model.edit(std::move(spec), request.patch, request.reason,
                                         request.author.empty() ? "user" : request.author, now));
      ++live.epoch;  // samplers start from the whole history as it is now
      info = view_study(model, now);
    }
    CommitQueue::wait(ticket);
    return info;
  });
}

}  // namespace studyhall::server
