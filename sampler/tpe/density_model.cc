#include "sampler/tpe/density_model.h"

#include <algorithm>
#include <numeric>

namespace studyhall::sampler::tpe {
namespace {

bool same_conditions(const Parameter& a, const Parameter& b) {
  return std::equal(a.when.begin(), a.when.end(), b.when.begin(), b.when.end(),
                    [](const Condition& x, const Condition& y) {
                      return x.parent == y.parent && x.values == y.values;
                    });
}

}  // namespace

bool has_several_values(const Parameter& parameter, const Domain& domain) {
  return parameter.is_numeric() ? domain.low < domain.high : domain.choices.size() > 1;
}

std::vector<std::size_t> best_first(std::span<const double> scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  return order;
}

std::vector<std::vector<std::size_t>> group_parameters(const SearchSpace& space, const Slice& slice,
                                                       Grouping grouping) {
  std::vector<std::vector<std::size_t>> groups;
  for (const std::size_t p : space.parents_first()) {
    const Parameter& parameter = space.params()[p];
    if (!slice.domains[p].free || !has_several_values(parameter, slice.domains[p])) continue;
    const bool may_join = grouping == Grouping::Together ||
                          (grouping == Grouping::Unconditional && parameter.when.empty());
    const auto found = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
      return may_join && same_conditions(space.params()[group.front()], parameter);
    });
    if (found != groups.end()) {
      found->push_back(p);
    } else {
      groups.push_back({p});
    }
  }
  return groups;
}

}  // namespace studyhall::sampler::tpe
