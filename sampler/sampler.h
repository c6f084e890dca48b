// Where to look next.
//
// A suggestion is a function of (space, slice, history, rng): the same arguments give the same
// configuration, on every run. What an object keeps between calls is a cache of what it can compute
// from the history alone; a fresh object gives the same suggestions. No I/O, clock, log or thread.
//
// Thread safety: one call at a time per object.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/history.h"
#include "core/rng.h"
#include "core/slice.h"
#include "core/space.h"
#include "core/study_spec.h"

namespace studyhall::sampler {

struct Task {
  const SearchSpace& space;
  const Slice& slice;
  // Whether a configuration (a member of the slice) may be handed out: require holds and it is
  // neither live nor done. A sampler proposes only configurations for which this is true.
  std::function<bool(const Config&)> admissible;
  // Of the study: for what must be the same for all of its trials, such as the order of a grid.
  // What differs from trial to trial comes from the rng.
  std::uint64_t seed = 0;
};

struct Suggestion {
  Config config;        // [space.size()], inactive parameters NaN; admissible
  std::string sampler;  // who made it: "tpe", or "random" during a start-up phase
  // For people: one plain sentence without a full stop, and named numbers that led to it.
  std::string why{};
  std::vector<std::pair<std::string, double>> terms{};
};

class Sampler {
 public:
  virtual ~Sampler() = default;
  // nullopt: no admissible configuration was found within the sampler's bound on tries. The caller
  // then falls back to a uniform draw or a walk through what is left (sampler/fallback.h).
  //
  // History holds every trial of the study that is running or finished, whoever made it.
  virtual std::optional<Suggestion> suggest(const Task& task, const History& history, Rng& rng) = 0;

  // Whether nullopt from suggest() is the end of the slice, as when a grid is used up: the caller
  // then does not fall back.
  [[nodiscard]] virtual bool ends() const { return false; }
};

// The sampler that `spec` names. Throws Error(Invalid) for an unknown option, with what was
// expected, Error(Unsupported) for a sampler that this build does not have.
std::unique_ptr<Sampler> make_sampler(const SamplerSpec& spec);

}  // namespace studyhall::sampler
