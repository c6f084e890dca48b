// Every point of a grid, once, in an order shuffled by the study's seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sampler/sampler.h"

namespace studyhall::sampler {

// The values that parameter `p` takes on the grid, ascending: every choice of a categorical one;
// every value of a discrete one that has at most `points`; else `points` values from end to end,
// evenly spaced (in ln for a log parameter), moved to the nearest legal ones. The held value where
// the parameter is not free.
std::vector<double> grid_values(const SearchSpace& space, const Slice& slice, std::size_t p,
                                std::size_t points);

// The distinct configurations with such values that meet require, in a fixed order; nullopt where
// they are more than `limit`, or finding them takes more than 20 * `limit` steps.
std::optional<std::vector<Config>> grid_configs(const SearchSpace& space, const Slice& slice,
                                                std::size_t points, std::size_t limit);

struct GridOptions {
  std::size_t points = 5;  // values of a numeric parameter, at most
};

// The next point is the first admissible one that no trial of the history has, else the first
// admissible one. A grid of more than 100,000 points
// is not listed: its points are drawn at random, and it does not end.
class GridSampler : public Sampler {
 public:
  explicit GridSampler(GridOptions options) : options_(options) {}

  std::optional<Suggestion> suggest(const Task& task, const History& history, Rng& rng) override;
  [[nodiscard]] bool ends() const override { return true; }

 private:
  // What the list was made from.
  struct Key {
    std::vector<std::vector<double>> values;  // [space.size()], grid_values
    std::uint64_t seed = 0;
    bool operator==(const Key&) const = default;
  };

  GridOptions options_;
  std::optional<Key> key_;
  std::optional<std::vector<Config>> configs_;  // shuffled; nullopt: too many
};

}  // namespace studyhall::sampler
