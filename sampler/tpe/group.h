// The default mode's model of the parameters that are active together: a density of the good trials
// and one of all others, kept up to date trial by trial.
//
// Otherwise than in Optuna 5 (doc/samplers.md has the measurements): good trials weigh by their
// rank; their kernels are as wide as the larger gap to a neighbour, but no narrower than a part of
// the axis that falls from 8 % at 25 trials with their square root; those of all others are as wide
// as a part that falls from 6 % at 25 trials to 1 % at ten thousand; a choice leaves 20 % to the
// other choices; the prior is uniform; choices with an order are a grid; at most 2,048 trials stand
// for the others, each for as many as were left out.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/history.h"
#include "core/rng.h"
#include "sampler/tpe/density_model.h"
#include "sampler/tpe/kernel_set.h"
#include "sampler/tpe/live_split.h"
#include "sampler/tpe/unit_axis.h"

namespace studyhall::sampler::tpe {

class Group {
 public:
  // held: unconditional parameters that the slice holds. They are modelled as well, so that draws
  // of the free ones are draws given what the others are held at.
  Group(std::vector<UnitAxis> free, std::vector<UnitAxis> held);
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  [[nodiscard]] std::span<const UnitAxis> free_axes() const {
    return std::span(axes_).first(free_);
  }

  // Takes the values of the held parameters. To be called before draw() where there are any.
  void hold(const Slice& slice);

  // Takes in what changed: `touched` as LiveSplit::take_touched() gave it.
  void update(const History& history, const LiveSplit& split,
              const std::optional<std::vector<std::int64_t>>& touched);

  // Draws of the free parameters from the density of the good; the logs of both densities are those
  // of free and held parameters together.
  [[nodiscard]] Candidates draw(std::size_t count, Rng& rng) const;

 private:
  // False where the trial lacks one of the parameters.
  [[nodiscard]] bool place(const Observation& trial, std::vector<Place>& out) const;
  void learn(const Observation* trial, std::int64_t number, const LiveSplit& split);
  void learn_good(const History& history);
  // ln of both densities at `points`, but for what does not depend on the point, into `into`.
  void judge(const Places& points, Candidates& into) const;
  // ln of the weight of all kernels of the good trials, of the others, each with its prior.
  [[nodiscard]] double log_good_weight() const;
  [[nodiscard]] double log_other_weight() const;
  // Of the axes from `first` on.
  [[nodiscard]] double log_prior(std::span<const Place> point, std::size_t first) const;
  // Of the good kernels and, last, the prior: their weights given what is held.
  [[nodiscard]] std::vector<double> cumulative_weights() const;

  [[nodiscard]] double draw_from_prior(std::size_t axis, Rng& rng) const;
  [[nodiscard]] double draw_from_kernel(std::size_t axis, std::size_t i, Rng& rng) const;

  std::size_t free_;            // how many of the axes are free
  std::vector<UnitAxis> axes_;  // the free ones first
  std::vector<Place> held_;
  KernelSet good_;
  KernelSet others_;  // trials that stand for all that are neither good nor running
  KernelSet running_;
  double weight_of_other_ = 1;

  // What the good kernels were made from.
  std::vector<Rank> ranks_;
  double least_width_ = 0;
  Places good_places_;
  std::vector<std::vector<double>> good_sigma_;  // [axes][good]
  std::vector<double> good_weights_;
};

// Widths of the kernels at places `mu` of one axis, [n]: the larger of the gaps to its neighbours
// (to the ends, for a single one), in [least, 1].
std::vector<double> neighbour_widths(std::span<const double> mu, double least);

}  // namespace studyhall::sampler::tpe
