// The volume that points of several objectives dominate, and the few points that dominate most.
//
// Losses as in core/pareto.h: to be minimised, maybe infinite, never NaN.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/pareto.h"

namespace studyhall {

// The volume of all that some point dominates and that dominates `reference`. Points that are not
// below the reference in every objective add nothing. Infinite where the reference or a point that
// adds something is. O(n log n) for two objectives, O(n^2) at worst for three; for more the cost
// grows exponentially with their number at worst.
//
// L. While, L. Bradstreet, L. Barone, "A Fast Way of Calculating Exact Hypervolumes", IEEE Trans.
// Evol. Comput. 16, 86 (2012).
double hypervolume(std::span<const Losses> points, std::span<const double> reference);

// A reference point for points of one rank, as Optuna 5's TPESampler sets it: max(1.1 w, 0.9 w) in
// each objective, w the largest there; 1e-12 for 0. REQUIRES: points is not empty.
Losses reference_point(std::span<const Losses> points);

// Positions of `count` points, chosen greedily: always the one that adds most to the hypervolume of
// those chosen before, among equals the lexicographically smallest. Of equal points one is chosen;
// the others only, by position, when there are fewer distinct ones than `count`. With an infinite
// reference the lexicographically smallest are chosen. This is how Optuna 5's TPESampler cuts a
// rank. Distinct points are below the reference, and none dominates another.
//
// A. Guerreiro, C. Fonseca, L. Paquete, "Greedy Hypervolume Subset Selection in Low Dimensions",
// Evol. Comput. 24, 521 (2016).
//
// REQUIRES: count <= points.size().
std::vector<std::size_t> hypervolume_subset(std::span<const Losses> points, std::size_t count,
                                            std::span<const double> reference);

}  // namespace studyhall
