// One free parameter as the kernels of the default mode see it: a place in [0, 1], on which a
// discrete parameter's values own cells, or one of some choices without an order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/slice.h"
#include "core/space.h"
#include "sampler/tpe/kernels.h"

namespace studyhall::sampler::tpe {

// Where a value lies: on a Line its unit alone counts, on a Grid or among Choices its index.
struct Place {
  float unit = 0;
  std::uint16_t index = 0;
};

class UnitAxis {
 public:
  enum class Kind {
    Line,    // continuous, or discrete with more than kMostCells values: density at the value
    Grid,    // discrete or ordered choices: mass of a value's cell
    Choice,  // choices without an order
  };
  static constexpr std::size_t kMostCells = 256;

  // REQUIRES: `domain` is free and has more than one value; `parameter` outlives this.
  UnitAxis(std::size_t position, const Parameter& parameter, const Domain& domain);

  // Of the parameter in its space.
  [[nodiscard]] std::size_t position() const { return axis_.position(); }
  [[nodiscard]] Kind kind() const { return kind_; }
  // Cells of a Grid, choices of a Choice.
  [[nodiscard]] std::size_t values() const { return values_; }
  // Ends of a Grid's cells, [values() + 1], from 0 to 1.
  [[nodiscard]] std::span<const double> edges() const { return edges_; }
  // Where the value of a Grid's cell stands; of a logarithm that is not its cell's middle.
  [[nodiscard]] float unit_of(std::size_t cell) const { return units_[cell]; }

  // Whether a value lies in the slice's domain.
  [[nodiscard]] bool contains(double value) const { return axis_.contains(value); }
  // REQUIRES: contains(value).
  [[nodiscard]] Place place(double value) const;
  // The nearest legal value to a place of a Line or a Grid.
  [[nodiscard]] double value_at(double unit) const;
  // The value of a choice. REQUIRES: kind() is Choice.
  [[nodiscard]] double value_of(std::size_t choice) const;

 private:
  Axis axis_;
  Kind kind_ = Kind::Line;
  std::size_t values_ = 0;
  std::vector<double> edges_;
  std::vector<double> grid_;  // values of the cells
  std::vector<float> units_;  // of the cells
};

}  // namespace studyhall::sampler::tpe
