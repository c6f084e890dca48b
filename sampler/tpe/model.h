// The two densities of one slice of a study, and candidates from them.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/history.h"
#include "core/rng.h"
#include "core/slice.h"
#include "sampler/tpe/kernels.h"
#include "sampler/tpe/parzen.h"
#include "sampler/tpe/split.h"

namespace studyhall::sampler::tpe {

// Densities of the good and of the other trials over some axes.
struct Densities {
  Mixture good;
  Mixture other;
};

// Candidates in parameter values, best first (largest good / other; ties in order drawn).
struct Candidates {
  Points points;
  std::vector<std::size_t> order;
};
Candidates draw_candidates(const Densities& densities, std::size_t count, Rng& rng);

class Model {
 public:
  // The arguments outlive the model.
  Model(const SearchSpace& space, const Slice& slice, const History& history, bool multivariate);

  // The axes modelled together; may be empty.
  [[nodiscard]] std::span<const Axis> joint() const { return joint_; }
  // The axes modelled one at a time, parents before children.
  [[nodiscard]] std::span<const Axis> single() const { return single_; }
  // Every value that is not drawn: held ones and those of parameters with one value; NaN elsewhere.
  [[nodiscard]] const Config& base() const { return base_; }

  // REQUIRES: joint() is not empty.
  [[nodiscard]] const Densities& joint_densities();
  // Of single()[k]; made when first asked for.
  [[nodiscard]] const Densities& single_densities(std::size_t k);

 private:
  [[nodiscard]] bool inside(const Observation& trial) const;
  [[nodiscard]] Densities estimate(std::span<const Axis> axes) const;
  [[nodiscard]] Mixture mixture(std::span<const Axis> axes, std::span<const std::size_t> trials,
                                bool uniform) const;

  std::vector<Axis> joint_;
  std::vector<Axis> single_;
  Config base_;
  bool several_objectives_;                 // then the good trials weigh the same, as in Optuna 5
  std::vector<const Observation*> trials_;  // inside the slice, ascending by number
  Split split_;
  std::optional<Densities> joint_densities_;
  std::vector<std::optional<Densities>> single_densities_;
};

}  // namespace studyhall::sampler::tpe
