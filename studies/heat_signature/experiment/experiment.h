// One trial of the study: the estimator on all samples of a seed.
#pragma once

#include <cstdint>
#include <functional>

#include "core/json.h"
#include "studies/heat_signature/experiment/estimator.h"

namespace studyhall::heat_signature {

inline constexpr int kSamples = 120;  // of a trial

// runtime_min for one simulated step per sample: a scale that puts the default settings a little
// under the budget of 60.
inline constexpr double kMinutesPerStep = 0.00247;

// Means over the samples so far; NaN where there are none.
struct ExperimentResult {
  double score = 0;        // see score.h
  double runtime_min = 0;  // simulated steps per sample times kMinutesPerStep: repeats exactly
  double rmse_1src = 0;    // of the best candidate, over the samples with one source
  double rmse_2src = 0;    // the same with two
  double candidates = 0;   // that count
  double fallbacks = 0;    // share of the samples that fell back
  std::int64_t steps = 0;  // simulated by the estimator, in all
  int samples = 0;
};

// A function of (settings, seed, samples). `on_sample` is called after each sample.
// REQUIRES: samples >= 1.
ExperimentResult run_experiment(const Settings& settings, std::uint64_t seed, int samples,
                                const std::function<void(const ExperimentResult&)>& on_sample = {});

// {"score", "runtime_min", "rmse_1src", "rmse_2src", "candidates", "fallbacks", "steps",
// "samples"}; NaN as null.
Json to_json(const ExperimentResult& result);

}  // namespace studyhall::heat_signature
