#include "studies/heat_signature/experiment/experiment.h"

#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

#include "core/rng.h"
#include "studies/heat_signature/experiment/sample.h"
#include "studies/heat_signature/experiment/score.h"

namespace studyhall::heat_signature {
namespace {

constexpr std::uint32_t kEstimateStream = 3;  // beside those of sample.cc

struct Mean {
  double sum = 0;
  int count = 0;
  void add(double value) {
    sum += value;
    ++count;
  }
  [[nodiscard]] double value() const {
    return count == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / count;
  }
};

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

}  // namespace

ExperimentResult run_experiment(const Settings& settings, std::uint64_t seed, int samples,
                                const std::function<void(const ExperimentResult&)>& on_sample) {
  assert(samples >= 1);
  Mean score, rmse_1src, rmse_2src, candidates, fallbacks;
  ExperimentResult result;
  for (Sample& sample : draw_samples(seed, samples)) {
    observe(sample, seed);
    const Estimate estimated =
        estimate(sample.observed, settings, Rng::for_trial(seed, sample.number, kEstimateStream));
    const SampleScore scored = score_sample(sample.observed, estimated);
    score.add(scored.score);
    (sample.observed.sources == 1 ? rmse_1src : rmse_2src).add(scored.rmse);
    candidates.add(scored.counted);
    fallbacks.add(estimated.fell_back ? 1 : 0);

    result.score = score.value();
    result.rmse_1src = rmse_1src.value();
    result.rmse_2src = rmse_2src.value();
    result.candidates = candidates.value();
    result.fallbacks = fallbacks.value();
    result.steps += estimated.steps;
    ++result.samples;
    result.runtime_min = kMinutesPerStep * static_cast<double>(result.steps) / result.samples;
    if (on_sample) on_sample(result);
  }
  return result;
}

Json to_json(const ExperimentResult& result) {
  return {{"score", number(result.score)},
          {"runtime_min", number(result.runtime_min)},
          {"rmse_1src", number(result.rmse_1src)},
          {"rmse_2src", number(result.rmse_2src)},
          {"candidates", number(result.candidates)},
          {"fallbacks", number(result.fallbacks)},
          {"steps", result.steps},
          {"samples", result.samples}};
}

}  // namespace studyhall::heat_signature
