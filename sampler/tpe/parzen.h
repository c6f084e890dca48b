// A density estimated from observations: a weighted mixture of one product kernel per observation
// and a prior over the whole domain.
//
// A kernel is a product over the axes. Continuous axes: a normal cut to the domain, in coordinates.
// Grid axes: the mass of that normal on a value's cell. Choices: most of the mass on the one
// observed. Log densities of log axes are in ln-space (no Jacobian): only ratios of two mixtures
// over the same axes mean anything.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/rng.h"
#include "sampler/tpe/kernels.h"

namespace studyhall::sampler::tpe {

// Points in parameter values, row by row: [count, axes].
struct Points {
  std::size_t axes = 0;
  std::vector<double> values;

  [[nodiscard]] std::size_t size() const { return axes == 0 ? 0 : values.size() / axes; }
  [[nodiscard]] std::span<const double> row(std::size_t k) const {
    return std::span(values).subspan(k * axes, axes);
  }
};

class Mixture {
 public:
  // columns [axes][n]: coordinates of the n observations on each axis; weights [n], to which that
  // of the prior, 1, is added before they are normalised. REQUIRES: at least one axis; `axes`
  // outlives this.
  Mixture(std::span<const Axis> axes, std::vector<std::vector<double>> columns,
          std::span<const double> weights);

  // `count` independent points, snapped to legal values.
  [[nodiscard]] Points draw(std::size_t count, Rng& rng) const;
  // ln of the density at each point, [points.size()]. REQUIRES: points are legal values.
  [[nodiscard]] std::vector<double> log_density(const Points& points) const;

 private:
  struct Column {
    std::vector<double> mu;             // [n + 1] coordinates; the prior's last
    std::vector<double> inverse_sigma;  // [n + 1], numeric axes
    double log_on = 0;                  // choices
    double log_off = 0;
  };
  // A point on one axis: its cell's middle and half width (0 for a continuous axis), or a choice.
  struct Place {
    double middle;
    double half;
  };

  void add_numeric(const Axis& axis, std::vector<double> mu);
  void add_choice(const Axis& axis, std::vector<double> observed);
  // Upper bounds of the log densities of components [begin, end) at a point: exact but for grid
  // axes, where a cell's mass is replaced by its bound.
  void bound(std::size_t begin, std::size_t end, const Place* point, double* out) const;
  // The exact log density of component i, given its upper bound.
  [[nodiscard]] double refine(std::size_t i, const Place* point, double upper_bound) const;

  std::span<const Axis> axes_;
  std::size_t n_;  // observations; component n_ is the prior
  std::vector<Column> columns_;
  std::vector<double> constant_;    // [n + 1] what does not depend on the point
  std::vector<double> cumulative_;  // [n + 1] of the weights
};

}  // namespace studyhall::sampler::tpe
