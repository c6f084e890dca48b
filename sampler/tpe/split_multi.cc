#include "sampler/tpe/split_multi.h"

#include <algorithm>

#include "core/hypervolume.h"

namespace studyhall::sampler::tpe {

std::size_t gamma_multi(std::size_t n) { return (n + 9) / 10; }

std::vector<std::size_t> best_by_rank(std::span<const Losses> points, std::size_t count) {
  const std::vector<std::size_t> ranks = non_domination_ranks(points);
  std::vector<std::vector<std::size_t>> by_rank;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    if (by_rank.size() <= ranks[i]) by_rank.resize(ranks[i] + 1);
    by_rank[ranks[i]].push_back(i);
  }
  std::vector<std::size_t> best;
  for (const std::vector<std::size_t>& members : by_rank) {
    const std::size_t room = count - best.size();
    if (members.size() <= room) {
      best.insert(best.end(), members.begin(), members.end());
      continue;
    }
    std::vector<Losses> cut;
    cut.reserve(members.size());
    for (const std::size_t i : members) cut.push_back(points[i]);
    for (const std::size_t i : hypervolume_subset(cut, room, reference_point(cut))) {
      best.push_back(members[i]);
    }
    break;
  }
  std::sort(best.begin(), best.end());
  return best;
}

}  // namespace studyhall::sampler::tpe
