#include "core/study_file_refusals.h"

#include <fmt/format.h>

#include <array>

namespace studyhall {

namespace {

constexpr std::string_view kResources = "this build does not hand out processors or memory yet";
constexpr std::string_view kLeaveOut = "leave it out";
constexpr std::string_view kDirectory =
    "use {\"kind\": \"directory\"}: an empty directory for each trial";

constexpr auto kRefusals = std::to_array<Refusal>({
    {"/workers/*/env", "", "this build has no environment for single workers yet",
     "set it in experiment.env or where the worker is started"},
    {"/workers/*/cpus", "", kResources, "start the worker under taskset"},
    {"/workers/*/memory_gb", "", kResources, kLeaveOut},
    {"/workers/*/gpus", "", kResources, "set CUDA_VISIBLE_DEVICES where the worker is started"},
    {"/experiment/protect", "", "this build does not check protected files yet", kLeaveOut},
    {"/experiment/cpus", "", kResources, "start the worker under taskset"},
    {"/experiment/memory_gb", "", kResources, kLeaveOut},
    {"/experiment/gpus", "", kResources, "set CUDA_VISIBLE_DEVICES in experiment.env"},
    {"/experiment/score/require", "", "this build does not attest scores yet", kLeaveOut},
    {"/experiment/workspace/kind", "worktree", "this build makes no git worktrees yet", kDirectory},
    {"/experiment/workspace/repo", "", "this build makes no git worktrees yet", kDirectory},
    {"/experiment/workspace/base", "", "this build makes no git worktrees yet", kDirectory},
    {"/experiment/workspace/keep", "best", "this build removes no workspaces yet", "use \"all\""},
    {"/experiment/workspace/keep", "none", "this build removes no workspaces yet", "use \"all\""},
});

std::string_view next_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

bool matches(std::string_view pattern, std::string_view path) {
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = next_segment(pattern);
    const std::string_view found = next_segment(path);
    if (wanted != "*" && wanted != found) return false;
  }
  return pattern.empty() && path.empty();
}

}  // namespace

std::span<const Refusal> refusals() { return kRefusals; }

bool report_refused(const JsonField& field) {
  for (const Refusal& refusal : kRefusals) {
    if (!matches(refusal.path, field.path())) continue;
    if (!refusal.value.empty() && field.json() != Json(std::string(refusal.value))) continue;
    field.report(fmt::format("{}: {}; {}", brief(field.json()), refusal.why, refusal.instead));
    return true;
  }
  return false;
}

void close_refusing(const ObjectReader& object) {
  for (const auto& [name, field] : object.unread()) {
    if (!report_refused(field)) object.report_unknown(field, name);
  }
}

}  // namespace studyhall
