// Recovers the sources of one case: initialise, optimise, fall back, refine.
#pragma once

#include <cstdint>
#include <vector>

#include "core/rng.h"
#include "studies/heat_signature/experiment/initialise.h"
#include "studies/heat_signature/experiment/model.h"

namespace studyhall::heat_signature {

// What the study tunes.
struct Settings {
  // The wider search follows where the first one's residual stays above: for one source, for two.
  double threshold_1src = 0.35;
  double threshold_2src = 0.45;
  double fallback_sigma = 0.2;  // its initial step, plate lengths
  InitStrategy init_strategy = InitStrategy::Smart;
  int refine_iters = 3;      // Levenberg-Marquardt steps of each refined candidate
  int refine_top = 2;        // candidates that are refined
  int fallback_fevals = 18;  // candidates that the wider search evaluates
  int fevals_1src = 20;      // candidates that the first search evaluates, one source
  int fevals_2src = 36;      // the same, two sources
};

// Residuals are compared with the thresholds in this unit of temperature: one, where the sensors
// are explained no better than to 0.4. Noise alone leaves 0.25 (sd 0.1) or 0.375 (sd 0.15).
inline constexpr double kResidualUnit = 0.4;

// At most this many answers for a case, pairwise distinct.
inline constexpr std::size_t kMaxCandidates = 3;

struct Estimate {
  std::vector<Candidate> candidates;  // submitted, best first, 1 to kMaxCandidates
  double first_residual = 0;          // after the first search: its best rmse / kResidualUnit
  bool fell_back = false;
  std::int64_t steps = 0;  // simulated
};

// A function of its arguments; draws all its random numbers from `rng`.
Estimate estimate(const Case& observed, const Settings& settings, Rng rng);

}  // namespace studyhall::heat_signature
