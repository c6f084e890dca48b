// What TPE draws from: for each group of parameters a density of the good trials, and one of the
// others to judge its draws by.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/rng.h"
#include "core/slice.h"
#include "core/space.h"

namespace studyhall::sampler::tpe {

// Draws in parameter values, row by row: [count, parameters], and the order of the rows, the
// largest good / other first, ties as drawn.
struct Candidates {
  std::vector<double> values;
  std::vector<std::size_t> order;
  // ln of both densities at each row, [count]; the order does not come from them, so that they may
  // differ from it by rounding.
  std::vector<double> log_good;
  std::vector<double> log_other;
};

// Sorts rows by score, the largest first, ties as drawn.
std::vector<std::size_t> best_first(std::span<const double> scores);

class DensityModel {
 public:
  virtual ~DensityModel() = default;
  // Groups are disjoint, parents come before children.
  [[nodiscard]] virtual std::size_t groups() const = 0;
  // Positions in the space of a group's parameters; all are active or none is.
  [[nodiscard]] virtual std::span<const std::size_t> parameters(std::size_t group) const = 0;
  [[nodiscard]] virtual Candidates draw(std::size_t group, std::size_t count, Rng& rng) = 0;
  // Complete and pruned trials of the slice, and how many of them are good.
  [[nodiscard]] virtual std::size_t results() const = 0;
  [[nodiscard]] virtual std::size_t good() const = 0;
};

enum class Grouping {
  Alone,          // each parameter
  Unconditional,  // those without a condition together, each other one alone
  Together,       // those with the same conditions together
};
// Whether a free parameter of this domain has something to choose.
bool has_several_values(const Parameter& parameter, const Domain& domain);
// Positions of the slice's free parameters with more than one value, in groups.
std::vector<std::vector<std::size_t>> group_parameters(const SearchSpace& space, const Slice& slice,
                                                       Grouping grouping);

}  // namespace studyhall::sampler::tpe
