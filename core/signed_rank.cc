#include "core/signed_rank.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace studyhall {
namespace {

constexpr std::size_t kMostExact = 50;

struct Ranked {
  double positive = 0;        // rank sum of the positive differences and half of the zeros
  double tie_correction = 0;  // sum of t^3 - t over the groups of t equal absolute differences
  bool has_zero = false;
};

Ranked rank(std::vector<double> differences) {
  std::sort(differences.begin(), differences.end(),
            [](double a, double b) { return std::abs(a) < std::abs(b); });
  Ranked ranked;
  for (std::size_t begin = 0; begin < differences.size();) {
    const double size = std::abs(differences[begin]);
    std::size_t end = begin;
    double positive = 0;
    while (end < differences.size() && std::abs(differences[end]) == size) {
      positive += differences[end] > 0 ? 1 : differences[end] == 0 ? 0.5 : 0;
      ++end;
    }
    ranked.positive += positive * (static_cast<double>(begin + 1) + static_cast<double>(end)) / 2;
    const auto tied = static_cast<double>(end - begin);
    ranked.tie_correction += tied * (tied * tied - 1);
    ranked.has_zero = ranked.has_zero || size == 0;
    begin = end;
  }
  return ranked;
}

// P(T >= t) for the rank sum T of n differences with fair signs.
double exact_tail(std::size_t n, std::size_t t) {
  std::vector<double> mass{1};
  for (std::size_t k = 1; k <= n; ++k) {
    mass.resize(mass.size() + k);
    for (std::size_t i = mass.size(); i-- > 0;) {
      mass[i] = (mass[i] + (i >= k ? mass[i - k] : 0)) / 2;
    }
  }
  return std::min(std::accumulate(mass.begin() + static_cast<std::ptrdiff_t>(t), mass.end(), 0.0),
                  1.0);
}

}  // namespace

double signed_rank_p_greater(const std::vector<double>& differences) {
  const Ranked ranked = rank(differences);
  if (differences.size() <= kMostExact && !ranked.has_zero) {
    return exact_tail(differences.size(), static_cast<std::size_t>(ranked.positive));
  }
  const auto n = static_cast<double>(differences.size());
  const double center = n * (n + 1) / 4;
  const double spread = std::sqrt((n * (n + 1) * (2 * n + 1) - ranked.tie_correction / 2) / 24);
  return std::erfc((ranked.positive - center) / spread / std::sqrt(2.0)) / 2;
}

double signed_rank_p_two_sided(std::vector<double> differences) {
  const double greater = signed_rank_p_greater(differences);
  for (double& difference : differences) difference = -difference;
  return std::min(1.0, 2 * std::min(greater, signed_rank_p_greater(differences)));
}

}  // namespace studyhall
