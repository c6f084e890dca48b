// What samplers for one objective share: refusing several, and which way is better.
#pragma once

#include <string_view>

#include "core/history.h"

namespace studyhall::sampler {

// The direction of a study with one objective. Throws Error(Unsupported) naming the sampler for a
// study with several.
Direction only_direction(const History& history, std::string_view sampler);

}  // namespace studyhall::sampler
