// Which points of several objectives are good: dominance and ranks.
//
// Everything here is about losses: each objective is to be minimised (losses() turns the others).
// A point dominates another if it is nowhere larger and somewhere smaller; equal points do not
// dominate each other. Losses may be infinite, never NaN.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/study_spec.h"

namespace studyhall {

using Losses = std::vector<double>;  // [objectives]

// `values` with those to be maximised negated. REQUIRES: as many values as directions.
Losses losses(std::span<const double> values, std::span<const Direction> directions);

// REQUIRES: as many losses in a as in b.
bool dominates(std::span<const double> a, std::span<const double> b);

// The rank of each point: 0 for those that no point dominates, r + 1 for those that only points of
// ranks up to r dominate. O(n log n) for two objectives, else O(n^2) at worst.
//
// X. Zhang, Y. Tian, R. Cheng, Y. Jin, "An Efficient Approach to Nondominated Sorting for
// Evolutionary Multiobjective Optimization", IEEE Trans. Evol. Comput. 19, 201 (2015).
std::vector<std::size_t> non_domination_ranks(std::span<const Losses> points);

// Positions of the points that no point dominates, ascending; equal ones are all there.
std::vector<std::size_t> pareto_front(std::span<const Losses> points);

}  // namespace studyhall
