#include "sampler/tpe/incremental_model.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace studyhall::sampler::tpe {
namespace {

// Trials that stand for all that are neither good nor running.
constexpr std::size_t kMostOthers = 2048;

bool frees_the_same(const Domain& a, const Domain& b) {
  if (!a.free || !b.free) return a.free == b.free;
  return a.low == b.low && a.high == b.high && a.choices == b.choices;
}

// Unconditional parameters that the slice holds and that have several values elsewhere.
std::vector<UnitAxis> held_axes(const SearchSpace& space, const Slice& slice) {
  const Slice whole = whole_space(space);
  std::vector<UnitAxis> axes;
  for (std::size_t p = 0; p < space.size(); ++p) {
    const Parameter& parameter = space.params()[p];
    if (slice.domains[p].free || !parameter.when.empty()) continue;
    if (has_several_values(parameter, whole.domains[p])) {
      axes.emplace_back(p, parameter, whole.domains[p]);
    }
  }
  return axes;
}

}  // namespace

IncrementalModel::IncrementalModel(const SearchSpace& space, const Slice& slice,
                                   Direction direction, Grouping grouping)
    : space_(&space),
      domains_(slice.domains),
      direction_(direction),
      parameters_(group_parameters(space, slice, grouping)),
      split_([this](const Observation& trial) { return inside(trial); }, direction, kMostOthers) {
  for (const std::vector<std::size_t>& group : parameters_) {
    std::vector<UnitAxis> free;
    free.reserve(group.size());
    for (const std::size_t p : group) free.emplace_back(p, space.params()[p], slice.domains[p]);
    const bool with_held = groups_.empty() && grouping != Grouping::Alone;
    groups_.push_back(std::make_unique<Group>(
        std::move(free), with_held ? held_axes(space, slice) : std::vector<UnitAxis>()));
  }
}

bool IncrementalModel::is_of(const SearchSpace& space, const Slice& slice,
                             Direction direction) const {
  return space_ == &space && direction_ == direction &&
         std::equal(domains_.begin(), domains_.end(), slice.domains.begin(), slice.domains.end(),
                    frees_the_same);
}

bool IncrementalModel::inside(const Observation& trial) const {
  return std::all_of(groups_.begin(), groups_.end(), [&](const auto& group) {
    return std::all_of(group->free_axes().begin(), group->free_axes().end(),
                       [&](const UnitAxis& axis) {
                         const double value = trial.config[axis.position()];
                         return std::isnan(value) || axis.contains(value);
                       });
  });
}

void IncrementalModel::update(const History& history, const Slice& slice) {
  for (const auto& group : groups_) group->hold(slice);
  split_.update(history);
  const std::optional<std::vector<std::int64_t>> touched = split_.take_touched();
  if (touched && touched->empty()) return;
  for (const auto& group : groups_) group->update(history, split_, touched);
}

}  // namespace studyhall::sampler::tpe
