// Asynchronous successive halving and Hyperband.
//
// L. Li et al.: "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020 (ASHA);
// L. Li et al.: "Hyperband", JMLR 18 (2018).
//
// Rung r stands at step min_resource * reduction_factor^(min_early_stopping_rate + r). A trial
// reaches it with its first value (NaN left out) at that step or a later one, and goes on if that
// value is among the best 1/reduction_factor of the values with which trials had reached the rung.
//
// Two things are a function of the trials here which in Optuna depend on the process: "auto" takes
// the *first* complete trial's last step for good (Optuna: the largest of those complete when the
// process first prunes); and a value that passes several rungs at once counts at each of them
// (Optuna: up to the one at which it is pruned).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sampler/pruner/pruner.h"

namespace studyhall::sampler::pruner {

bool is_halved(const HalvingOptions& options, const Task& task);
bool is_out_of_band(const HyperbandOptions& options, const Task& task);

// Hyperband's brackets: how many trials in how many each gets. Bracket b is successive halving with
// min_early_stopping_rate b.
class Brackets {
 public:
  // No brackets where max_resource is below min_resource.
  Brackets(double min_resource, double max_resource, std::int64_t reduction_factor);

  [[nodiscard]] const std::vector<double>& budgets() const { return budgets_; }
  // The bracket of a trial: by CRC-32 of "STUDY_NUMBER". REQUIRES: there is one.
  [[nodiscard]] std::size_t of(std::string_view study, std::int64_t number) const;

 private:
  std::vector<double> budgets_;  // whole numbers
  std::uint64_t total_ = 0;
};

}  // namespace studyhall::sampler::pruner
