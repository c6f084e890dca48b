// Where the search begins: a first look at the readings.
#pragma once

#include <string_view>
#include <vector>

#include "core/rng.h"
#include "studies/heat_signature/experiment/model.h"

namespace studyhall::heat_signature {

// Smart: sensors weighted by how much and how early they warm; no simulation.
// Random: uniform on the plate; no simulation.
// Triangulation: each sensor's distance from its source, by how its warming slows down on an
// unbounded plate, and the places that fit these distances; no simulation.
// Grid: a source at each node of a coarse lattice; one simulation for each node.
enum class InitStrategy { Smart, Random, Triangulation, Grid };
std::string_view to_string(InitStrategy strategy);  // "smart", "random", ...

// Places to begin from, most promising first, at least one and at most kMaxStarts; each has a point
// for every source of the case.
std::vector<Positions> initial_positions(Model& model, InitStrategy strategy, Rng& rng);
inline constexpr std::size_t kMaxStarts = 3;

// What one sensor's readings tell without a model.
struct Signal {
  double peak = 0;       // mean of the last tenth of the readings
  double half_rise = 0;  // time until the smoothed readings first reach half of `peak`
  double distance = 0;   // of the source on an unbounded plate, from how the warming slows down
};
Signal read_signal(const Case& observed, Eigen::Index sensor);

}  // namespace studyhall::heat_signature
