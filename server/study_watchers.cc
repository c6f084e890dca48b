#include "server/study_watchers.h"

#include <utility>

namespace studyhall::server {

std::shared_ptr<void> StudyWatchers::add(storage::StudyId study, Notice notice) {
  auto kept = std::make_shared<Notice>(std::move(notice));
  const std::lock_guard lock(mutex_);
  notices_[study].push_back(kept);
  any_ = true;
  return kept;
}

void StudyWatchers::written(storage::StudyId study) {
  if (!any_) return;
  std::vector<std::shared_ptr<Notice>> to_call;
  {
    const std::lock_guard lock(mutex_);
    const auto found = notices_.find(study);
    if (found == notices_.end()) return;
    std::erase_if(found->second, [&](const std::weak_ptr<Notice>& notice) {
      if (auto kept = notice.lock()) {
        to_call.push_back(std::move(kept));
        return false;
      }
      return true;
    });
    if (found->second.empty()) notices_.erase(found);
    any_ = !notices_.empty();
  }
  for (const auto& notice : to_call) (*notice)();
}

}  // namespace studyhall::server
