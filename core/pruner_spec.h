// Which trials are ended early: a pruner and its options, with Optuna's names and defaults.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace studyhall {

struct PrunerSpec;

// The best value so far is worse than this percentile of what others had at the same step.
// "median" is the 50th.
struct PercentileOptions {
  double percentile = 50;             // 0 to 100: how many of the trials to keep, in percent
  std::int64_t n_startup_trials = 5;  // complete trials before any is pruned
  std::int64_t n_warmup_steps = 0;    // no pruning at steps below
  std::int64_t interval_steps = 1;    // steps from check to check
  std::int64_t n_min_trials = 1;      // values of others that a step must have
};

// At the steps min_resource * reduction_factor^(min_early_stopping_rate + 0, 1, 2, ...) only the
// best of reduction_factor trials go on.
struct HalvingOptions {
  std::optional<std::int64_t> min_resource;  // absent: "auto", from the first complete trial
  std::int64_t reduction_factor = 4;
  std::int64_t min_early_stopping_rate = 0;
  std::int64_t bootstrap_count = 0;  // the first so many trials at a rung are pruned
};

// Successive halving with several values of min_early_stopping_rate, trials being dealt out to
// them.
struct HyperbandOptions {
  std::int64_t min_resource = 1;
  std::optional<std::int64_t> max_resource;  // absent: "auto", from the first complete trial
  std::int64_t reduction_factor = 3;
  std::int64_t bootstrap_count = 0;
};

// Another pruner is asked only where the last `patience` + 1 values brought nothing better.
struct PatientOptions {
  std::shared_ptr<const PrunerSpec> wrapped_pruner;  // never null; "none": prune at once
  std::int64_t patience = 0;
  double min_delta = 0;
};

struct ThresholdOptions {
  std::optional<double> lower;  // values below are pruned
  std::optional<double> upper;  // values above are pruned
  std::int64_t n_warmup_steps = 0;
  std::int64_t interval_steps = 1;
};

// The values of equal steps are compared with those of the best trial, in pairs.
struct WilcoxonOptions {
  double p_threshold = 0.1;
  std::int64_t n_startup_steps = 2;
};

struct PrunerSpec {
  std::string name = "none";
  std::variant<std::monostate, PercentileOptions, HalvingOptions, HyperbandOptions, PatientOptions,
               ThresholdOptions, WilcoxonOptions>
      options;
};

}  // namespace studyhall
