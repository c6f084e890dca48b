// Which of very many points a chart must show so that it looks as if it showed them all.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace studyhall {

// Positions, ascending, of at most about `most` points of a series, of whose values those that are
// NaN are points without one: all of `keep` and the last, whatever their number, and of each of as
// many equal stretches as there is room for its lowest, its highest and four points at equal
// distances, so that the whole looks as dense as it is. All of them where there are at most `most`.
// REQUIRES: keep.size() == values.size().
std::vector<std::size_t> thin(std::span<const double> values, const std::vector<bool>& keep,
                              std::size_t most);

}  // namespace studyhall
