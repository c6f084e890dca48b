#include "bench/evolution/functions.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "core/error.h"

namespace studyhall::bench {
namespace {

constexpr std::uint64_t kSeed = 71;

double unrotated(const std::string& name, std::vector<double> z) {
  if (name == "sphere") return sphere(z);
  if (name == "ellipsoid") return ellipsoid(z, 1e4);
  if (name == "rastrigin") return rastrigin(z);
  const double scale = std::max(1.0, std::sqrt(static_cast<double>(z.size())) / 8);
  for (double& v : z) v = scale * v / 5 + 1;
  return rosenbrock(z);
}

}  // namespace

Function function_named(const std::string& name, std::size_t d) {
  const std::string prefix = "rotated_";
  const bool rotates = name.starts_with(prefix);
  const std::string base = rotates ? name.substr(prefix.size()) : name;
  if (base != "sphere" && base != "ellipsoid" && base != "rosenbrock" && base != "rastrigin") {
    throw Error(ErrorCode::NotFound,
                "function " + name + ": expected sphere, ellipsoid, rosenbrock or rastrigin");
  }
  const std::vector<double> centre = random_point(d, 0.1, 0.9, kSeed);
  const auto rotation = rotates ? std::make_shared<Rotation>(d, kSeed) : nullptr;
  Function function{.name = name, .d = d, .value = [=](Point x) {
                      std::vector<double> z(d);
                      if (rotation) {
                        z = rotation->apply(x, centre);
                      } else {
                        for (std::size_t i = 0; i < d; ++i) z[i] = x[i] - centre[i];
                      }
                      for (double& v : z) v *= 10;
                      return unrotated(base, std::move(z));
                    }};
  function.start = function.value(std::vector<double>(d, 0.5));
  return function;
}

}  // namespace studyhall::bench
