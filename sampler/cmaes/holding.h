// Choices that a run holds, so that values which did badly at first are looked at again.
//
// A distribution over choices soon prefers the values whose other parameters happened to lie well,
// and a restart of it does so again. A run that holds one choice at the value that was tried least
// finds out what that value is worth at its best.
#pragma once

#include <cstdint>
#include <vector>

#include "core/space.h"
#include "sampler/cmaes/axes.h"
#include "sampler/cmaes/mixed.h"

namespace studyhall::sampler::cmaes {

// By choice: the value that it is held at; kFree: none.
using Held = std::vector<int>;
inline constexpr int kFree = -1;

// Whether the candidate has every held value.
bool keeps(const Held& held, const Candidate& candidate);

// How many results each value of each choice has had.
class Tried {
 public:
  Tried(const SearchSpace& space, const std::vector<Choice>& choices);

  void note(const Candidate& candidate);
  // Forgets all results.
  void clear();

  // The value of a choice that was tried least, other than `best` has it, the first of equal ones,
  // and for every choice on which its being active depends a value that makes it so. Nothing is
  // held where there is no choice.
  [[nodiscard]] Held least(const Candidate& best) const;

 private:
  std::vector<std::vector<std::int64_t>> results_;  // [choices][values]
  std::vector<Held> needs_;                         // [choices], what each needs to be active
};

}  // namespace studyhall::sampler::cmaes
