// Optuna 5's densities of one slice of a study, made from its whole history.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/history.h"
#include "core/slice.h"
#include "sampler/tpe/density_model.h"
#include "sampler/tpe/kernels.h"
#include "sampler/tpe/parzen.h"
#include "sampler/tpe/split.h"

namespace studyhall::sampler::tpe {

// Densities of the good and of the other trials over some axes.
struct Densities {
  Mixture good;
  Mixture other;
};

class ExactModel : public DensityModel {
 public:
  // The arguments outlive the model.
  ExactModel(const SearchSpace& space, const Slice& slice, const History& history,
             Grouping grouping);

  [[nodiscard]] std::size_t groups() const override { return parameters_.size(); }
  [[nodiscard]] std::span<const std::size_t> parameters(std::size_t group) const override {
    return parameters_[group];
  }
  [[nodiscard]] Candidates draw(std::size_t group, std::size_t count, Rng& rng) override;
  [[nodiscard]] std::size_t results() const override;
  [[nodiscard]] std::size_t good() const override { return split_.below.size(); }

  // Made when first asked for.
  [[nodiscard]] const Densities& densities(std::size_t group);

 private:
  [[nodiscard]] bool inside(const Observation& trial) const;
  [[nodiscard]] Mixture mixture(std::span<const Axis> axes, std::span<const std::size_t> trials,
                                bool uniform) const;

  std::vector<std::vector<std::size_t>> parameters_;  // by group
  std::vector<std::vector<Axis>> axes_;               // by group
  bool several_objectives_;                 // then the good trials weigh the same, as in Optuna 5
  std::vector<const Observation*> trials_;  // inside the slice, ascending by number
  Split split_;
  std::vector<std::optional<Densities>> densities_;  // by group
};

}  // namespace studyhall::sampler::tpe
