// The first trials of a study, before a model has something to learn from.
//
// Users who state defaults have something that works: the search begins around it. A trial changes
// the best configuration so far: each parameter stays with probability 0.3; otherwise a number
// moves by a uniform step of up to 0.3 of its axis, a choice is redrawn with probability 0.35. A
// study without defaults begins with scrambled Sobol points, until three trials have ended, and
// goes on from the best of these. A model that follows looks first in a region around its best,
// which widens as it learns (trust_region).
//
// doc/samplers.md has what either is worth.
#pragma once

#include <cstddef>
#include <optional>

#include "core/study_spec.h"
#include "sampler/qmc.h"
#include "sampler/sampler.h"

namespace studyhall::sampler {

// Trials that should end before a model takes over: max(5, d / 2) for d free parameters with more
// than one value, and fewer where the slice has fewer members.
std::size_t start_trials(const SearchSpace& space, const Slice& slice);

// Free parameters with more than one value.
std::size_t movable_parameters(const SearchSpace& space, const Slice& slice);

class LocalStart {
 public:
  // The default configuration, where no trial is there yet, or points of the design; then changes
  // of the best so far. The suggestion's sampler is "start". Of 1,000 draws the first admissible
  // one; nullopt if there is none.
  std::optional<Suggestion> suggest(const Task& task, const History& history, Direction direction,
                                    Rng& rng);

 private:
  SliceDesign design_;
};

// The feasible complete trial of the best value, else the one that breaks constraints least, else
// the default; filled() into the slice.
Config best_so_far(const SearchSpace& space, const Slice& slice, const History& history,
                   Direction direction);

// Half the width, in shares of each axis, of the region in which a model of `told` results looks
// for the next one: min(0.5, 0.2 + 0.3 told / (5 (d + 1))), d the parameters that it moves. From
// 0.5 on it is the whole slice.
double trust_radius(std::size_t told, std::size_t d);

// The part of the slice within `radius` of `center` (every parameter with a value). Choices without
// an order all remain.
Slice trust_region(const SearchSpace& space, Slice slice, const Config& center, double radius);

}  // namespace studyhall::sampler
