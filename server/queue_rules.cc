#include "server/queue_rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace studyhall::server {

void QueueRules::count(const Trial& trial, int sign) {
  count({false, trial.number}, !is_finished(trial.state), trial.state == TrialState::Running,
        trial.record.tags, trial.record.queue, sign);
}

void QueueRules::count(const Task& task, int sign) {
  count({true, task.number}, !is_finished(task.state), task.state == TaskState::Running, task.tags,
        task.queue, sign);
}

void QueueRules::count(const WorkRef& work, bool open, bool running,
                       const std::vector<std::string>& tags, const QueueTerms& terms, int sign) {
  const auto tally = [sign](auto& counts, const auto& key) {
    const auto at = counts.try_emplace(key, 0).first;
    at->second += sign;
    if (at->second == 0) counts.erase(at);
  };
  if (open && terms.wave) tally(open_, *terms.wave);
  if (!running) return;
  for (const std::string& tag : tags) tally(running_, tag);
  for (const std::string& resource : terms.needs) {
    std::set<std::pair<bool, std::int64_t>>& holders = held_[resource];
    if (sign > 0) {
      holders.emplace(work.is_task, work.number);
    } else {
      holders.erase({work.is_task, work.number});
    }
    if (holders.empty()) held_.erase(resource);
  }
}

bool QueueRules::is_full(const StudySpec& spec, std::span<const std::string> tags) const {
  return std::ranges::any_of(tags, [&](const std::string& tag) {
    const auto limit = spec.limits.running_by_tag.find(tag);
    const auto running = running_.find(tag);
    return limit != spec.limits.running_by_tag.end() && running != running_.end() &&
           running->second >= limit->second;
  });
}

std::vector<Hindrance> QueueRules::hindrances(const StudySpec& spec,
                                              std::span<const std::string> tags,
                                              const QueueTerms& terms) const {
  std::vector<Hindrance> out;
  if (terms.hold) out.push_back({WaitReason::Hold, "waits for approval"});
  if (terms.wave && !open_.empty() && open_.begin()->first < *terms.wave) {
    const auto end = open_.lower_bound(*terms.wave);
    std::int64_t before = 0;
    for (auto it = open_.begin(); it != end; ++it) before += it->second;
    out.push_back(
        {WaitReason::Wave, fmt::format("wave {}: {} of earlier waves {} not ended", *terms.wave,
                                       before, before == 1 ? "has" : "have")});
  }
  for (const std::string& resource : terms.needs) {
    const auto held = held_.find(resource);
    if (held == held_.end()) continue;
    const auto& [is_task, number] = *held->second.begin();
    out.push_back({WaitReason::Resource,
                   fmt::format("{} is used by {}", resource, to_string(WorkRef{is_task, number}))});
  }
  for (const std::string& tag : tags) {
    if (!is_full(spec, {&tag, 1})) continue;
    out.push_back({WaitReason::TagLimit, fmt::format("limits.running_by_tag.{}: {} run", tag,
                                                     spec.limits.running_by_tag.at(tag))});
  }
  return out;
}

}  // namespace studyhall::server
