#include "sampler/gp/pool.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace studyhall::sampler::gp {

void Pool::add(std::vector<Config> full) {
  const std::size_t before = candidates_.size();
  for (Config& values : full) {
    Config config = values;
    task_.space.deactivate(config);
    if (!task_.space.meets_require(config)) continue;
    Eigen::RowVectorXd x = encoding_.encode(config);
    candidates_.push_back({std::move(values), std::move(config), std::move(x)});
  }
  const std::size_t added = candidates_.size() - before;
  if (added == 0) return;
  Eigen::MatrixXd P(static_cast<Eigen::Index>(added), encoding_.width());
  for (std::size_t i = 0; i < added; ++i) {
    P.row(static_cast<Eigen::Index>(i)) = candidates_[before + i].x;
  }
  const Eigen::VectorXd values = acquisition_.values(P);
  for (std::size_t i = 0; i < added; ++i) {
    candidates_[before + i].value = values[static_cast<Eigen::Index>(i)];
  }
}

std::vector<Candidate> Pool::best(std::size_t count) {
  std::vector<std::size_t> order(candidates_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return candidates_[a].value > candidates_[b].value;
  });
  std::vector<Candidate> found;
  for (const std::size_t i : order) {
    if (found.size() == count) break;
    Candidate& candidate = candidates_[i];
    const bool is_new = std::none_of(found.begin(), found.end(), [&](const Candidate& other) {
      return other.value == candidate.value && other.x == candidate.x;
    });
    if (!is_new) continue;
    if (!candidate.admissible) candidate.admissible = task_.admissible(candidate.config);
    if (*candidate.admissible) found.push_back(candidate);
  }
  return found;
}

void Pool::take(Pool&& other) {
  std::move(other.candidates_.begin(), other.candidates_.end(), std::back_inserter(candidates_));
}

}  // namespace studyhall::sampler::gp
