// The coordinates in which the strategy moves: numbers and ordered choices on the unit interval,
// other choices by their position.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/slice.h"
#include "sampler/unit_cube.h"

namespace studyhall::sampler::cmaes {

// A numeric free parameter, or an ordered categorical one, with more than two values. Each value of
// a discrete one owns a cell of [0, 1].
class Axis {
 public:
  Axis(std::size_t position, const Scale& scale) : position_(position), scale_(scale) {}
  // `choices` as Domain has them, of an ordered parameter.
  Axis(std::size_t position, std::vector<std::size_t> choices)
      : position_(position), choices_(std::move(choices)) {}

  [[nodiscard]] std::size_t position() const { return position_; }  // in the space
  [[nodiscard]] bool is_discrete() const { return !scale_ || scale_->is_discrete(); }
  // Of a discrete value: the middle of its cell.
  [[nodiscard]] double to_unit(double value) const;
  // The value whose cell holds `unit`, that of the nearest end beyond [0, 1].
  [[nodiscard]] double from_unit(double unit) const;
  // The ends of the cell that holds `unit`; 0 and 1 are those of the first and the last value.
  // REQUIRES: is_discrete().
  [[nodiscard]] Cell cell(double unit) const;

 private:
  std::size_t position_;
  std::optional<Scale> scale_;
  std::vector<std::size_t> choices_;  // without a scale
};

// A free parameter whose values have no order, or just two of them.
struct Choice {
  std::size_t position = 0;    // in the space
  std::vector<double> values;  // at least two

  // The position of `value`; -1: it is not one of them (NaN: the parameter was not active).
  [[nodiscard]] int index_of(double value) const;
};

struct Coordinates {
  std::vector<Axis> axes;
  std::vector<Choice> choices;
};
// Of the parameters that are free and have more than one value.
Coordinates coordinates(const SearchSpace& space, const Slice& slice);

}  // namespace studyhall::sampler::cmaes
