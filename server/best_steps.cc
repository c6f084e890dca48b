#include "server/best_steps.h"

#include <algorithm>
#include <iterator>

namespace studyhall::server {

bool BestSteps::put(std::int64_t number, std::optional<double> value) {
  auto next = steps_.lower_bound(number);
  if (next != steps_.end() && next->first == number) {
    if (!value || sign_ * *value > next->second) return false;
    next = steps_.erase(next);
  }
  if (!value) return true;
  const double loss = sign_ * *value;
  if (next != steps_.begin() && std::prev(next)->second <= loss) return true;
  while (next != steps_.end() && next->second >= loss) next = steps_.erase(next);
  steps_.emplace_hint(next, number, loss);
  return true;
}

std::vector<double> BestSteps::line(std::size_t trials, std::size_t stretches) const {
  std::vector<double> line;
  stretches = std::min(trials, stretches);
  for (std::size_t s = 1; s <= stretches; ++s) {
    const auto next = steps_.lower_bound(static_cast<std::int64_t>(s * trials / stretches));
    if (next != steps_.begin()) line.push_back(sign_ * std::prev(next)->second);
  }
  return line;
}

}  // namespace studyhall::server
