// A configuration as the point at which a Gaussian process sees it.
//
// Every parameter with more than one value is an *axis* and has one length scale. A number is its
// place in [0, 1] (sampler/unit_cube.h, over its whole range whatever a worker may move, so that
// all trials lie in one space); an ordered choice likewise. Choices without an order are equal or
// different: their squared distance is 0 or 1 (the Hamming kernel of Optuna's GPSampler).
//
// A number that a condition may switch off stands at its default while it is off, and has a second
// column of the same axis, kOff when off and 0 when on. All configurations without it then agree
// about it, whatever value it had, and none of them is close to one with it: the distance between
// the two is at least kOff, and Euclidean, so that the kernel stays positive definite. (A constant
// distance to every value would not be: no point is equally far from three points of a line.)
// A choice that is off is one choice more.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/space.h"
#include "sampler/unit_cube.h"

namespace studyhall::sampler::gp {

class Encoding {
 public:
  // `space` outlives this.
  explicit Encoding(const SearchSpace& space);

  // A coordinate of encoded points.
  struct Column {
    Eigen::Index axis = 0;
    std::size_t parameter = 0;
    bool is_choice = false;  // compared for equality
    bool is_switch = false;  // kOff or 0
    bool operator==(const Column&) const = default;
  };
  [[nodiscard]] std::span<const Column> columns() const { return columns_; }
  [[nodiscard]] Eigen::Index width() const { return static_cast<Eigen::Index>(columns_.size()); }
  [[nodiscard]] Eigen::Index axes() const { return axes_; }
  // Where the value of a parameter stands; nullopt for one with a single value.
  [[nodiscard]] std::optional<Eigen::Index> column_of(std::size_t parameter) const {
    return column_of_[parameter];
  }

  // [width()]. REQUIRES: inactive parameters of `config` are NaN.
  [[nodiscard]] Eigen::RowVectorXd encode(std::span<const double> config) const;

 private:
  const SearchSpace* space_;
  std::vector<Column> columns_;
  std::vector<std::optional<Eigen::Index>> column_of_;  // [space.size()]
  std::vector<std::optional<Scale>> scales_;            // [space.size()], of numbers
  Eigen::Index axes_ = 0;
};

}  // namespace studyhall::sampler::gp
