// Steps from one value of a parameter to another, in shares of its axis.
#pragma once

#include <cstddef>

#include "core/slice.h"
#include "core/space.h"

namespace studyhall::sampler {

// The value of the domain at place `unit` in [0, 1) of it: of a uniform `unit` every grid value and
// every choice gets an equal share.
double value_at(const Parameter& parameter, const Domain& domain, double unit);

// The value of the domain nearest to `value` moved by `delta` of the parameter's whole axis (in ln
// for a log parameter). REQUIRES: the parameter is numeric or its choices are ordered.
double moved(const Parameter& parameter, const Domain& domain, double value, double delta);

// The value `steps` places from `value` on the grid of a discrete parameter or among its ordered
// choices; an end of the domain where that is beyond it.
double neighbour(const Parameter& parameter, const Domain& domain, double value, int steps);

// How many values a discrete parameter has in the domain; 1 for a continuous one of one value.
std::size_t values_in(const Parameter& parameter, const Domain& domain);

// The values of the domain within `radius` of the axis from `center`; at least the nearest to it.
// Choices without an order all remain, as does a held value.
Domain narrowed(const Parameter& parameter, Domain domain, double center, double radius);

// `config` with a value for every parameter, active or not, each in its domain: an inactive one
// stands at its default_or_middle(); what lies outside moves to the nearest value inside, a choice
// without an order to the first.
Config filled(const SearchSpace& space, const Slice& slice, Config config);

}  // namespace studyhall::sampler
