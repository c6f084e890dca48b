// What one ask may move: a part of the space, the rest held at a configuration.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/space.h"

namespace studyhall {

// The values one parameter may take in a slice. A held parameter has one value, `held`.
struct Domain {
  bool free = true;
  double low = 0;                    // numeric, on the parameter's grid
  double high = 0;                   // numeric, on the parameter's grid
  std::vector<std::size_t> choices;  // categorical: positions allowed, ascending
  double held = 0;                   // the value when not free; never NaN
};

struct Slice {
  // Names the set of free parameters and their ranges: trials of equal key were drawn from the same
  // slice (the worker's name for a focus, "" for the whole space).
  std::string key;
  std::vector<Domain> domains;  // [space.size()]

  [[nodiscard]] bool contains(const SearchSpace& space, std::span<const double> config) const;
};

// Every parameter free over its whole range.
Slice whole_space(const SearchSpace& space);

// `config` with every held parameter at its held value, every free one moved into its domain,
// inactive ones NaN.
Config project(const SearchSpace& space, const Slice& slice, Config config);

// Every configuration of the slice that meets the space's require, in a fixed order; nullopt when
// the slice has a free continuous parameter or finding them would take more than `limit` steps.
std::optional<std::vector<Config>> enumerate(const SearchSpace& space, const Slice& slice,
                                             std::size_t limit);

}  // namespace studyhall
