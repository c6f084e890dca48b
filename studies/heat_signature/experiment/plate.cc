#include "studies/heat_signature/experiment/plate.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>

namespace studyhall::heat_signature {
namespace {

std::size_t to_size(int n) { return static_cast<std::size_t>(n); }

// Integral of the normal density of mean `mean` and sd kSourceWidth over [a, b].
double normal_mass(double a, double b, double mean) {
  const double scale = kSourceWidth * std::sqrt(2.0);
  return 0.5 * (std::erf((b - mean) / scale) - std::erf((a - mean) / scale));
}

}  // namespace

double distance(const Point& a, const Point& b) { return std::hypot(a.x - b.x, a.y - b.y); }

Plate::Plate(const PlateSpec& spec)
    : spec_(spec),
      hx_(kWidth / spec.nx),
      hy_(kHeight / spec.ny),
      along_x_(factor(spec.nx, hx_, spec)),
      along_y_(factor(spec.ny, hy_, spec)) {
  assert(spec.nx >= 2 && spec.ny >= 2 && spec.diffusivity > 0 && spec.dt > 0);
  const std::size_t cells = to_size(spec.nx) * to_size(spec.ny);
  rhs_x_.resize(cells);
  rhs_y_.resize(cells);
  u_star_.resize(cells);
  reset();
}

Point Plate::centre(int i, int j) const { return {(i + 0.5) * hx_, (j + 0.5) * hy_}; }

std::vector<double> Plate::heating(std::span<const Source> sources) const {
  const std::size_t nx = to_size(spec_.nx);
  const std::size_t ny = to_size(spec_.ny);
  std::vector<double> s(nx * ny, 0.0);
  std::vector<double> mass_x(nx);
  for (const Source& source : sources) {
    for (std::size_t i = 0; i < nx; ++i) {
      const double left = static_cast<double>(i) * hx_;
      mass_x[i] = normal_mass(left, left + hx_, source.at.x);
    }
    for (std::size_t j = 0; j < ny; ++j) {
      const double low = static_cast<double>(j) * hy_;
      const double rate = source.intensity * normal_mass(low, low + hy_, source.at.y) / (hx_ * hy_);
      for (std::size_t i = 0; i < nx; ++i) s[j * nx + i] += rate * mass_x[i];
    }
  }
  return s;
}

void Plate::reset(std::span<const double> temperature) {
  const std::size_t nx = to_size(spec_.nx);
  const std::size_t ny = to_size(spec_.ny);
  u_.assign(nx * ny, 0.0);
  if (!temperature.empty()) std::copy(temperature.begin(), temperature.end(), u_.begin());

  const double r = spec_.diffusivity * spec_.dt / (2 * hy_ * hy_);
  const double ghost = spec_.edge == Edge::Neumann ? 1 : -1;  // times the edge cell's value
  half_.resize(nx * ny);
  for (std::size_t j = 0; j < ny; ++j) {
    for (std::size_t i = 0; i < nx; ++i) {
      const double here = u_[j * nx + i];
      const double below = j > 0 ? u_[(j - 1) * nx + i] : ghost * here;
      const double above = j + 1 < ny ? u_[(j + 1) * nx + i] : ghost * here;
      half_[j * nx + i] = here + r * (below - 2 * here + above);
    }
  }
}

Plate::Line Plate::factor(int n, double h, const PlateSpec& spec) {
  const double r = spec.diffusivity * spec.dt / (2 * h * h);
  // The cell beyond the edge mirrors the edge cell (Neumann), or its negative (Dirichlet).
  const double end = 1 + (spec.edge == Edge::Neumann ? r : 3 * r);
  Line line;
  line.scale.resize(to_size(n));
  line.back.resize(to_size(n));
  for (std::size_t k = 0; k < line.scale.size(); ++k) {
    const bool is_end = k == 0 || k + 1 == line.scale.size();
    const double pivot = (is_end ? end : 1 + 2 * r) - (k == 0 ? 0 : r * line.back[k - 1]);
    line.scale[k] = 1 / pivot;
    line.back[k] = r / pivot;
  }
  return line;
}

// The Thomas algorithm on `lines` lines at once; element k of line l is at [k * lines + l].
void Plate::solve(const Line& line, int lines, const std::vector<double>& d,
                  std::vector<double>& x) {
  const std::size_t width = to_size(lines);
  const std::size_t n = line.scale.size();
  const double* from = d.data();
  double* row = x.data();
  for (std::size_t l = 0; l < width; ++l) row[l] = line.scale[0] * from[l];
  for (std::size_t k = 1; k < n; ++k) {
    const double* before = row;
    row += width;
    from += width;
    const double scale = line.scale[k];
    const double back = line.back[k];
    for (std::size_t l = 0; l < width; ++l) row[l] = scale * from[l] + back * before[l];
  }
  for (std::size_t k = n - 1; k-- > 0;) {
    const double* after = row;
    row -= width;
    const double back = line.back[k];
    for (std::size_t l = 0; l < width; ++l) row[l] += back * after[l];
  }
}

// With A = dt/2 kappa d^2/dx^2, B = dt/2 kappa d^2/dy^2 and S = dt s:
//   (I - A) u* = (I + B) u + S/2,   (I - B) u' = (I + A) u* + S/2,
// where (I + A) u* = 2 u* - (I - A) u* needs no stencil, and likewise (I + B) u' for the next step.
void Plate::step(std::span<const double> heating) {
  const std::size_t nx = to_size(spec_.nx);
  const std::size_t ny = to_size(spec_.ny);
  const double half_dt = spec_.dt / 2;
  for (std::size_t j = 0; j < ny; ++j) {
    for (std::size_t i = 0; i < nx; ++i) {
      rhs_x_[i * ny + j] = half_[j * nx + i] + half_dt * heating[j * nx + i];
    }
  }
  solve(along_x_, spec_.ny, rhs_x_, u_star_);
  for (std::size_t j = 0; j < ny; ++j) {
    for (std::size_t i = 0; i < nx; ++i) {
      const double forward = 2 * u_star_[i * ny + j] - rhs_x_[i * ny + j];
      rhs_y_[j * nx + i] = forward + half_dt * heating[j * nx + i];
    }
  }
  solve(along_y_, spec_.nx, rhs_y_, u_);
  for (std::size_t k = 0; k < half_.size(); ++k) half_[k] = 2 * u_[k] - rhs_y_[k];
  ++steps_made_;
}

std::vector<double> Plate::temperature() const { return u_; }

double Plate::at(const Point& point) const {
  const double x = point.x / hx_ - 0.5;
  const double y = point.y / hy_ - 0.5;
  assert(x >= 0 && y >= 0 && x <= spec_.nx - 1 && y <= spec_.ny - 1);
  const int i = std::min(static_cast<int>(x), spec_.nx - 2);
  const int j = std::min(static_cast<int>(y), spec_.ny - 2);
  const std::size_t nx = to_size(spec_.nx);
  const std::size_t corner = to_size(j) * nx + to_size(i);
  const double fx = x - i;
  const double fy = y - j;
  return (1 - fy) * ((1 - fx) * u_[corner] + fx * u_[corner + 1]) +
         fy * ((1 - fx) * u_[corner + nx] + fx * u_[corner + nx + 1]);
}

Eigen::MatrixXd Plate::run(std::span<const double> heating, std::span<const Point> sensors,
                           int steps, int read_every) {
  assert(steps >= 0 && read_every >= 1);
  Eigen::MatrixXd readings(steps / read_every, static_cast<Eigen::Index>(sensors.size()));
  reset();
  for (int k = 1; k <= steps; ++k) {
    step(heating);
    if (k % read_every != 0) continue;
    for (std::size_t i = 0; i < sensors.size(); ++i) {
      readings(k / read_every - 1, static_cast<Eigen::Index>(i)) = at(sensors[i]);
    }
  }
  return readings;
}

}  // namespace studyhall::heat_signature
