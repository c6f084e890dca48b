// Functions on [0, 1]^d whose least value is 0, for evolution strategies.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "bench/quality/test_functions.h"

namespace studyhall::bench {

struct Function {
  std::string name;
  std::size_t d = 0;
  std::function<double(Point)> value;
  double start = 0;  // value at the middle of the cube
};

// z = scale R (10 (x - centre)), R a rotation or none: "sphere" |z|^2, "ellipsoid" with
// conditioning 1e4, "rosenbrock" with its valley through the centre, "rastrigin"; "rotated_" before
// the name of one rotates it. Centres lie in [0.1, 0.9]^d. Throws Error(NotFound) for another name.
Function function_named(const std::string& name, std::size_t d);

}  // namespace studyhall::bench
