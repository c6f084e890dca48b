#include "sampler/random.h"

#include "sampler/unit_cube.h"

namespace studyhall::sampler {
namespace {

constexpr int kTries = 100;

}  // namespace

double draw_value(const SearchSpace& space, const Slice& slice, std::size_t p, Rng& rng) {
  const Domain& domain = slice.domains[p];
  if (!domain.free) return domain.held;
  const Parameter& parameter = space.params()[p];
  if (!parameter.is_numeric()) {
    return static_cast<double>(domain.choices[rng.index(domain.choices.size())]);
  }
  return Scale(parameter, domain).from_unit(rng.uniform());
}

Config draw_values(const SearchSpace& space, const Slice& slice, Rng& rng) {
  Config config(space.size());
  for (std::size_t p = 0; p < space.size(); ++p) config[p] = draw_value(space, slice, p, rng);
  return config;
}

Config draw_uniform(const SearchSpace& space, const Slice& slice, Rng& rng) {
  Config config = draw_values(space, slice, rng);
  space.deactivate(config);
  return config;
}

std::optional<Config> draw_admissible(const Task& task, int tries, Rng& rng) {
  for (int i = 0; i < tries; ++i) {
    Config config = draw_uniform(task.space, task.slice, rng);
    if (task.admissible(config)) return config;
  }
  return std::nullopt;
}

std::optional<Suggestion> RandomSampler::suggest(const Task& task, const History& /*history*/,
                                                 Rng& rng) {
  std::optional<Config> config = draw_admissible(task, kTries, rng);
  if (!config) return std::nullopt;
  return Suggestion{.config = std::move(*config), .sampler = "random", .why = "a uniform draw"};
}

}  // namespace studyhall::sampler
