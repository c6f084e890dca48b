#include "sampler/cmaes/holding.h"

#include <algorithm>
#include <cstddef>

namespace studyhall::sampler::cmaes {
namespace {

// Holds what parameter p, of `space`, needs to be active.
void hold_parents(const SearchSpace& space, const std::vector<Choice>& choices, std::size_t p,
                  Held& held) {
  for (const Condition& condition : space.params()[p].when) {
    const auto choice = std::ranges::find(choices, condition.parent, &Choice::position);
    if (choice != choices.end()) {
      int& value = held[static_cast<std::size_t>(choice - choices.begin())];
      for (auto v = condition.values.begin(); v != condition.values.end() && value == kFree; ++v) {
        value = choice->index_of(*v);
      }
    }
    hold_parents(space, choices, condition.parent, held);
  }
}

}  // namespace

bool keeps(const Held& held, const Candidate& candidate) {
  for (std::size_t c = 0; c < held.size(); ++c) {
    if (held[c] != kFree && candidate.chosen[c] != held[c]) return false;
  }
  return true;
}

Tried::Tried(const SearchSpace& space, const std::vector<Choice>& choices) {
  for (const Choice& choice : choices) {
    results_.emplace_back(choice.values.size(), 0);
    hold_parents(space, choices, choice.position, needs_.emplace_back(choices.size(), kFree));
  }
}

void Tried::clear() {
  for (std::vector<std::int64_t>& of_choice : results_) std::ranges::fill(of_choice, 0);
}

void Tried::note(const Candidate& candidate) {
  for (std::size_t c = 0; c < results_.size(); ++c) {
    const int chosen = candidate.chosen[c];
    if (chosen >= 0) ++results_[c][static_cast<std::size_t>(chosen)];
  }
}

Held Tried::least(const Candidate& best) const {
  std::size_t choice = 0;
  int value = kFree;
  std::int64_t fewest = 0;
  for (std::size_t c = 0; c < results_.size(); ++c) {
    for (int v = 0; v < std::ssize(results_[c]); ++v) {
      const std::int64_t results = results_[c][static_cast<std::size_t>(v)];
      if (v == best.chosen[c] || (value != kFree && results >= fewest)) continue;
      choice = c;
      value = v;
      fewest = results;
    }
  }
  if (value == kFree) return Held(results_.size(), kFree);
  Held held = needs_[choice];
  held[choice] = value;
  return held;
}

}  // namespace studyhall::sampler::cmaes
