// What to hand out when a sampler found nothing new: any admissible configuration, or the certainty
// that none is left.
#pragma once

#include <optional>

#include "core/rng.h"
#include "sampler/sampler.h"

namespace studyhall::sampler {

struct Fallback {
  std::optional<Config> config;
  bool exhausted = false;  // the slice is finite and no admissible configuration is left in it
};

// A uniform draw by rejection, at most 1,000 tries; then, where the slice has at most about a
// million steps to walk, a uniform choice among all admissible configurations that are left.
Fallback draw_any(const Task& task, Rng& rng);

}  // namespace studyhall::sampler
