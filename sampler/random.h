// Uniform draws from a slice, and the sampler that makes nothing else.
#pragma once

#include <optional>

#include "core/rng.h"
#include "core/slice.h"
#include "sampler/sampler.h"

namespace studyhall::sampler {

// One value of parameter `p`, uniform over its domain (in ln for a log parameter; each grid value
// and each choice equally likely); the held value where it is not free.
double draw_value(const SearchSpace& space, const Slice& slice, std::size_t p, Rng& rng);

// Every parameter drawn so, active or not.
Config draw_values(const SearchSpace& space, const Slice& slice, Rng& rng);

// A member of the slice: the same without the values of inactive parameters. Require is not looked
// at.
Config draw_uniform(const SearchSpace& space, const Slice& slice, Rng& rng);

// The first admissible of at most `tries` uniform draws.
std::optional<Config> draw_admissible(const Task& task, int tries, Rng& rng);

class RandomSampler : public Sampler {
 public:
  std::optional<Suggestion> suggest(const Task& task, const History& history, Rng& rng) override;
};

}  // namespace studyhall::sampler
