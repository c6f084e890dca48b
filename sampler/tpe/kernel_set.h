// Product kernels around observations, laid out for summing them fast at a few points.
//
// Line: a normal cut to [0, 1]. Grid: the mass of that normal on a value's cell. Choice: most of
// the mass on the one observed, the rest in equal parts on the others. Single precision: sums have
// a relative error of about 1e-4 (tests/sampler/kernel_set_test.cc has the bound).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sampler/tpe/unit_axis.h"

namespace studyhall::sampler::tpe {

// Points on some axes, row by row: [count, axes].
struct Places {
  std::size_t axes = 0;
  std::vector<Place> places;

  [[nodiscard]] std::size_t size() const { return axes == 0 ? 0 : places.size() / axes; }
  [[nodiscard]] std::span<const Place> row(std::size_t k) const {
    return std::span(places).subspan(k * axes, axes);
  }
};

// ln of the mass of each cell of a grid, [edges.size() - 1], under a normal(mu, sigma) cut to
// [0, 1]. REQUIRES: edges ascend from 0 to 1; mu in [0, 1]; sigma > 0.
std::vector<double> log_cell_masses(std::span<const double> edges, double mu, double sigma);

// ln of the kernel at `mu` on one axis, at the place `at`, in double precision.
double log_kernel(const UnitAxis& axis, const Place& mu, double sigma, double off_mass,
                  const Place& at);

class KernelSet {
 public:
  // No kernels. `axes` outlives this. off_mass: of a Choice axis, what the choices other than the
  // one observed have together. sigma: width of the kernels that come and go one by one, in (0, 1].
  KernelSet(std::span<const UnitAxis> axes, double off_mass, double sigma);

  [[nodiscard]] std::size_t size() const { return numbers_.size(); }
  [[nodiscard]] bool contains(std::int64_t number) const;

  // Width of the kernels that come and go one by one.
  [[nodiscard]] double sigma() const { return sigma_; }
  // No kernels again, of another width to come.
  void restart(double sigma);
  // A kernel of weight 1. REQUIRES: the trial has none (insert), has one (erase); no assign().
  void insert(std::int64_t number, std::span<const Place> at);
  void erase(std::int64_t number);

  // Replaces everything by kernels of trials `numbers`, ascending, at `at`, with widths of their
  // own, sigma[axis][kernel] (unused for Choice), and weights [kernel].
  void assign(std::span<const std::int64_t> numbers, const Places& at,
              const std::vector<std::vector<double>>& sigma, std::span<const double> weights);

  // ln of the sum of the weighted kernels at each point, [points.size()]; -infinity for no kernels.
  void log_sums(const Places& points, std::vector<double>& out) const;

 private:
  struct Column {
    std::vector<float> mu;           // Line; Choice: the one observed
    std::vector<float> inverse;      // Line: 1 / sigma
    std::vector<std::uint16_t> row;  // Grid: of the table
    std::vector<float> table;        // Grid: [values][rows] ln of masses; rows: kernels, or the
                                     // cells that kernels of one width stand in
    std::size_t rows = 0;
    float log_on_over_off = 0;  // Choice
    double log_off = 0;
  };

  [[nodiscard]] float constant_at(std::span<const Place> at) const;

  std::span<const UnitAxis> axes_;
  double sigma_ = 0;
  std::vector<std::int64_t> numbers_;
  std::vector<float> constant_;  // ln of weight and of what does not depend on the point
  std::vector<Column> columns_;
};

}  // namespace studyhall::sampler::tpe
