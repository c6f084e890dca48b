#include "sampler/fallback.h"

#include <vector>

#include "sampler/random.h"

namespace studyhall::sampler {
namespace {

constexpr int kTries = 1000;
constexpr std::size_t kWalkLimit = 1'000'000;

}  // namespace

Fallback draw_any(const Task& task, Rng& rng) {
  if (std::optional<Config> config = draw_admissible(task, kTries, rng)) {
    return {.config = std::move(config), .exhausted = false};
  }
  std::optional<std::vector<Config>> members = enumerate(task.space, task.slice, kWalkLimit);
  if (!members) return {};
  std::erase_if(*members, [&](const Config& config) { return !task.admissible(config); });
  if (members->empty()) return {.config = std::nullopt, .exhausted = true};
  return {.config = std::move((*members)[rng.index(members->size())]), .exhausted = false};
}

}  // namespace studyhall::sampler
