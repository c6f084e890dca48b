// Published test functions, in the published form: each with its least value and where it is.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace studyhall::bench {

using Point = std::span<const double>;

// --- Surjanovic and Bingham, "Virtual Library of Simulation Experiments" (sfu.ca/~ssurjano) ---

double sphere(Point x);                          // 0 at 0
double ellipsoid(Point x, double conditioning);  // 0 at 0; weights conditioning^(i/(d-1))
double rastrigin(Point x);                       // 0 at 0
double rosenbrock(Point x);                      // 0 at 1
double ackley(Point x);                          // 0 at 0
double schwefel(Point x);                        // 0 at 420.9687462275036, domain [-500, 500]
double griewank(Point x);                        // 0 at 0
double levy(Point x);                            // 0 at 1
double styblinski_tang(Point x);                 // -39.16616570377142 d at -2.903534027771178
double michalewicz(Point x);                     // domain [0, pi]; -4.687658179 in five dimensions
double branin(Point x);          // 0.397887357729738 at (pi, 2.275), domain [-5, 10] x [0, 15]
double hartmann6(Point x);       // -3.32236801141551, domain [0, 1]^6
double six_hump_camel(Point x);  // -1.031628453489877 at (0.08984201, -0.71265640) and its negative
double beale(Point x);           // 0 at (3, 0.5)

// z = rotation (x - centre), the way the BBOB functions are made (Hansen et al., "Real-Parameter
// Black-Box Optimization Benchmarking 2009", RR-6829).
class Rotation {
 public:
  // A uniformly distributed orthogonal matrix, a function of `seed`.
  Rotation(std::size_t dimensions, std::uint64_t seed);
  [[nodiscard]] std::vector<double> apply(Point x, Point centre) const;

 private:
  std::vector<std::vector<double>> rows_;
};

// A point of [low, high]^d, a function of `seed`.
std::vector<double> random_point(std::size_t dimensions, double low, double high,
                                 std::uint64_t seed);

}  // namespace studyhall::bench
