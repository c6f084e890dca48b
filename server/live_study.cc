#include "server/live_study.h"

#include <cstddef>

namespace studyhall::server {

void LiveStudy::note_stage(const WorkRef& work, const std::string& stage) {
  constexpr std::size_t kSweepFrom = 1024;
  if (stage.empty()) return;
  if (stages.size() >= kSweepFrom) {
    std::erase_if(stages, [this](const auto& item) {
      const auto& [is_task, number] = item.first;
      if (is_task) return study->task(number).state != TaskState::Running;
      return study->trial(number).state != TrialState::Running;
    });
  }
  stages[{work.is_task, work.number}] = stage;
}

}  // namespace studyhall::server
