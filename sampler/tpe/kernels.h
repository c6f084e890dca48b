// How the mixture sees one free parameter, and how wide its kernels are.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/slice.h"
#include "core/space.h"
#include "sampler/unit_cube.h"

namespace studyhall::sampler::tpe {

// One free parameter of a slice with more than one value. A coordinate is that of Scale for a
// numeric parameter and the position within the slice's choices for a categorical one.
class Axis {
 public:
  // REQUIRES: `domain` is free; `parameter` outlives this.
  Axis(std::size_t position, const Parameter& parameter, const Domain& domain);

  // Of the parameter in its space.
  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] bool is_choice() const { return !scale_; }
  [[nodiscard]] bool is_grid() const { return scale_ && scale_->is_discrete(); }
  [[nodiscard]] std::size_t choices() const { return choices_.size(); }
  // REQUIRES: !is_choice().
  [[nodiscard]] const Scale& scale() const { return *scale_; }

  // Whether a value lies in the slice's domain.
  [[nodiscard]] bool contains(double value) const;
  // REQUIRES: contains(value).
  [[nodiscard]] double coordinate(double value) const;
  // The nearest legal value.
  [[nodiscard]] double value(double coordinate) const;

 private:
  std::size_t position_;
  std::optional<Scale> scale_;        // numeric
  std::vector<std::size_t> choices_;  // categorical: ascending positions among all choices
};

// Width of the kernel at each observation of a numeric axis, [mu.size()]: the larger of the gaps to
// its neighbours, where `lower` and `upper` stand beside the outermost ones (with two or more
// observations these have their inner gap alone), kept within [R / min(100, n + 2), R], R = upper -
// lower. Equal observations count as neighbours in their given order. O(n) from 99 observations on.
std::vector<double> bandwidths(std::span<const double> mu, double lower, double upper);

// A categorical kernel: probability of the observed choice and of each other one.
struct ChoiceKernel {
  double on = 0;
  double off = 0;
};
// For a mixture of `observations` and the prior over `choices` choices.
ChoiceKernel choice_kernel(std::size_t observations, std::size_t choices);

}  // namespace studyhall::sampler::tpe
