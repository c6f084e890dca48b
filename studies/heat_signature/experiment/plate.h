// Heat on a 2.0 x 1.0 plate: du/dt = kappa (u_xx + u_yy) + s, with u = 0 at t = 0 and s steady.
//
// Finite volumes (cell-centred) in space, second order; the alternating-direction scheme of
// Peaceman and Rachford in time ("The Numerical Solution of Parabolic and Elliptic Differential
// Equations", J. SIAM 3, 1955), second order and stable for every step length.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <vector>

namespace studyhall::heat_signature {

inline constexpr double kWidth = 2.0;   // of the plate, along x
inline constexpr double kHeight = 1.0;  // along y

struct Point {
  double x = 0;
  double y = 0;
};
double distance(const Point& a, const Point& b);

// Heats steadily from t = 0: `intensity` units of heat per unit time, spread as a Gaussian of
// standard deviation kSourceWidth around `at`.
struct Source {
  Point at;
  double intensity = 0;
};
inline constexpr double kSourceWidth = 0.05;

// Dirichlet: u = 0 on the edge. Neumann: no heat crosses it.
enum class Edge { Dirichlet, Neumann };

struct PlateSpec {
  int nx = 0;  // cells along x, at least 2
  int ny = 0;  // cells along y, at least 2
  double diffusivity = 0;
  Edge edge = Edge::Neumann;
  double dt = 0;
};

// Thread safety: one call at a time per object.
class Plate {
 public:
  explicit Plate(const PlateSpec& spec);

  [[nodiscard]] const PlateSpec& spec() const { return spec_; }
  // Centre of cell (i, j), 0 <= i < nx along x, 0 <= j < ny along y.
  [[nodiscard]] Point centre(int i, int j) const;

  // Mean over each cell of the heat that the sources release per unit time and area, [ny * nx],
  // x fastest. Exact integrals, so the total is the same on every grid.
  [[nodiscard]] std::vector<double> heating(std::span<const Source> sources) const;

  // Starts again from these cell means [ny * nx], x fastest; from zero without them.
  void reset(std::span<const double> temperature = {});
  // One step of spec().dt under `heating` [ny * nx].
  void step(std::span<const double> heating);
  // Cell means at the present time, [ny * nx], x fastest.
  [[nodiscard]] std::vector<double> temperature() const;
  // Temperature at a point, linear between cell centres.
  // REQUIRES: at least half a cell away from every edge.
  [[nodiscard]] double at(const Point& point) const;

  // From zero for `steps` steps: row k of the result is what the sensors show after step
  // (k + 1) * read_every. [steps / read_every, sensors.size()].
  Eigen::MatrixXd run(std::span<const double> heating, std::span<const Point> sensors, int steps,
                      int read_every);

  // Steps made by this object since it was built.
  [[nodiscard]] std::int64_t steps_made() const { return steps_made_; }

 private:
  // I - dt/2 kappa d^2/ds^2 along one direction, factored: the same for every line.
  struct Line {
    std::vector<double> scale;  // 1 / pivot
    std::vector<double> back;   // minus the off-diagonal element / pivot
  };
  static Line factor(int n, double h, const PlateSpec& spec);
  static void solve(const Line& line, int lines, const std::vector<double>& d,
                    std::vector<double>& x);

  PlateSpec spec_;
  double hx_;
  double hy_;
  Line along_x_;
  Line along_y_;
  std::vector<double> u_;       // [ny * nx], x fastest
  std::vector<double> half_;    // [ny * nx], (I + dt/2 kappa d^2/dy^2) u, x fastest
  std::vector<double> rhs_x_;   // [nx * ny], y fastest
  std::vector<double> u_star_;  // [nx * ny], y fastest
  std::vector<double> rhs_y_;   // [ny * nx], x fastest
  std::int64_t steps_made_ = 0;
};

}  // namespace studyhall::heat_signature
