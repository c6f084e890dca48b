// The default mode's model of one slice of a study, kept from ask to ask.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/history.h"
#include "core/slice.h"
#include "sampler/tpe/density_model.h"
#include "sampler/tpe/group.h"
#include "sampler/tpe/live_split.h"

namespace studyhall::sampler::tpe {

class IncrementalModel : public DensityModel {
 public:
  // `space` outlives this.
  IncrementalModel(const SearchSpace& space, const Slice& slice, Direction direction,
                   Grouping grouping);

  // Whether it is what these would make: what the slice holds may differ, what it frees may not.
  [[nodiscard]] bool is_of(const SearchSpace& space, const Slice& slice, Direction direction) const;

  // Brings it up to a history of the same study as before, and to what `slice` holds. REQUIRES:
  // is_of() the slice.
  void update(const History& history, const Slice& slice);
  // Complete and pruned trials, in the slice or not.
  [[nodiscard]] std::size_t told() const { return split_.told_anywhere(); }

  [[nodiscard]] std::size_t groups() const override { return parameters_.size(); }
  [[nodiscard]] std::span<const std::size_t> parameters(std::size_t group) const override {
    return parameters_[group];
  }
  [[nodiscard]] Candidates draw(std::size_t group, std::size_t count, Rng& rng) override {
    return groups_[group]->draw(count, rng);
  }
  [[nodiscard]] std::size_t results() const override { return split_.told(); }
  [[nodiscard]] std::size_t good() const override { return split_.good().size(); }

 private:
  [[nodiscard]] bool inside(const Observation& trial) const;

  const SearchSpace* space_;
  std::vector<Domain> domains_;
  Direction direction_;
  std::vector<std::vector<std::size_t>> parameters_;
  std::vector<std::unique_ptr<Group>> groups_;
  LiveSplit split_;
};

}  // namespace studyhall::sampler::tpe
