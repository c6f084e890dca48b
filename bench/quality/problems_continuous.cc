// Functions of real vectors: smooth and rough, separable and rotated.

#include <cmath>
#include <numbers>
#include <utility>

#include "bench/quality/problems.h"
#include "bench/quality/test_functions.h"

namespace studyhall::bench {
namespace {

constexpr const char* kBbob =
    "Hansen, Finck, Ros, Auger: Real-Parameter Black-Box Optimization Benchmarking 2009 (RR-6829)";
constexpr const char* kLibrary =
    "Surjanovic, Bingham: Virtual Library of Simulation Experiments (sfu.ca/~ssurjano)";

using Base = std::function<double(Point)>;

// On [-5, 5]^d, z = scale R (x - x_opt) + z_opt, x_opt in [-4, 4]^d: base(z), 0 at x_opt.
TestProblem rotated(std::string name, std::size_t d, std::uint64_t seed, double scale, double z_opt,
                    Base base) {
  TestProblem problem;
  problem.name = std::move(name);
  problem.group = "continuous";
  problem.source = kBbob;
  problem.study = {{"params", box(d, -5, 5)}};
  const std::vector<double> centre = random_point(d, -4, 4, seed);
  problem.minimiser = box_point(centre);
  problem.evaluate = [=, rotation = Rotation(d, seed), base = std::move(base)](Point x) {
    std::vector<double> z = rotation.apply(x, centre);
    for (double& v : z) v = scale * v + z_opt;
    return Outcome{base(z), {}};
  };
  return problem;
}

// As published, on its own domain, mirrored in coordinate i where mirror[i] is -1.
TestProblem published(std::string name, Json params, Base base, double optimum,
                      const std::vector<double>& minimiser, std::vector<double> mirror) {
  TestProblem problem;
  problem.name = std::move(name);
  problem.group = "continuous";
  problem.source = kLibrary;
  problem.study = {{"params", std::move(params)}};
  problem.optimum = optimum;
  std::vector<double> at = minimiser;
  for (std::size_t i = 0; i < at.size(); ++i) at[i] *= mirror[i];
  problem.minimiser = box_point(at);
  problem.evaluate = [base = std::move(base), mirror = std::move(mirror)](Point x) {
    std::vector<double> z(x.begin(), x.end());
    for (std::size_t i = 0; i < z.size(); ++i) z[i] *= mirror[i];
    return Outcome{base(z), {}};
  };
  return problem;
}

TestProblem held_out(TestProblem problem) {
  problem.holdout = true;
  return problem;
}

}  // namespace

std::vector<TestProblem> continuous_problems() {
  const auto steep = [](Point z) { return ellipsoid(z, 1e6); };
  Json branin_box{{"x0", {{"type", "float"}, {"low", -5}, {"high", 10}}},
                  {"x1", {{"type", "float"}, {"low", 0}, {"high", 15}}}};
  std::vector<TestProblem> out;
  out.push_back(published("branin_2d", std::move(branin_box), branin, 0.39788735772973816,
                          {std::numbers::pi, 2.275}, {1, 1}));
  out.push_back(held_out(rotated("ellipsoid_2d", 2, 11, 1, 0, steep)));
  out.push_back(rotated("sphere_5d", 5, 12, 1, 0, sphere));
  out.push_back(rotated("rastrigin_5d", 5, 13, 1, 0, rastrigin));
  out.push_back(held_out(published("schwefel_5d", box(5, -500, 500), schwefel, 0,
                                   std::vector<double>(5, 420.9687462275036), {1, -1, -1, 1, -1})));
  out.push_back(published("styblinski_tang_5d", box(5, -5, 5), styblinski_tang,
                          -39.16616570377142 * 5, std::vector<double>(5, -2.903534027771178),
                          {-1, 1, 1, -1, 1}));
  out.push_back(held_out(published("michalewicz_5d", box(5, 0, std::numbers::pi), michalewicz,
                                   -4.687658179088147,
                                   {2.202905520180042, 1.5707963267948966, 1.2849915705514412,
                                    1.923058469865317, 1.7204697725634217},
                                   {1, 1, 1, 1, 1})));
  out.push_back(published("hartmann_6d", box(6, 0, 1), hartmann6, -3.322368011415515,
                          {0.20168951452370876, 0.1500106916859016, 0.47687397512555646,
                           0.2753324305663821, 0.31165161641666145, 0.6573005332556273},
                          {1, 1, 1, 1, 1, 1}));
  out.push_back(rotated("rosenbrock_5d", 5, 14, 1, 1, rosenbrock));
  out.push_back(rotated("ellipsoid_10d", 10, 15, 1, 0, steep));
  out.push_back(held_out(rotated("levy_10d", 10, 16, 2, 1, levy)));
  out.push_back(rotated("griewank_10d", 10, 17, 10, 0, griewank));
  out.push_back(rotated("rastrigin_10d", 10, 18, 1, 0, rastrigin));
  out.push_back(rotated("sphere_20d", 20, 19, 1, 0, sphere));
  out.push_back(held_out(rotated("ackley_20d", 20, 20, 1, 0, ackley)));
  return out;
}

}  // namespace studyhall::bench
