#include "core/thinning.h"

#include <algorithm>
#include <numeric>

namespace studyhall {

namespace {

constexpr std::size_t kEven = 4;
constexpr std::size_t kPerStretch = kEven + 2;

// Marks the lowest, the highest and kEven points at equal distances of [begin, end).
void mark_stretch(std::span<const double> values, std::size_t begin, std::size_t end,
                  std::vector<bool>& chosen) {
  std::size_t lowest = end;
  std::size_t highest = end;
  for (std::size_t i = begin; i < end; ++i) {
    const double value = values[i];
    if (value != value) continue;
    if (lowest == end || value < values[lowest]) lowest = i;
    if (highest == end || value > values[highest]) highest = i;
  }
  for (std::size_t i = 0; i < kEven; ++i) {
    chosen[begin + (2 * i + 1) * (end - begin) / (2 * kEven)] = true;
  }
  if (lowest != end) chosen[lowest] = chosen[highest] = true;
}

}  // namespace

std::vector<std::size_t> thin(std::span<const double> values, const std::vector<bool>& keep,
                              std::size_t most) {
  const std::size_t count = values.size();
  if (count <= most) {
    std::vector<std::size_t> all(count);
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
  }
  std::vector<bool> chosen = keep;
  chosen.back() = true;
  const auto kept = static_cast<std::size_t>(std::count(chosen.begin(), chosen.end(), true));
  const std::size_t stretches = kept < most ? (most - kept) / kPerStretch : 0;
  for (std::size_t s = 0; s < stretches; ++s) {
    mark_stretch(values, s * count / stretches, (s + 1) * count / stretches, chosen);
  }
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < count; ++i) {
    if (chosen[i]) positions.push_back(i);
  }
  return positions;
}

}  // namespace studyhall
