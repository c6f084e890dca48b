// What an estimate is worth.
//
// For each sample:
//   score = mean over the submitted candidates of 1 / (1 + RMSE) + 0.3 N / 3.
// RMSE: of the sensors' readings against those that the candidate's sources produce on the plate
// that was observed (its fine grid), over all sensors and readings. N: the candidates that count,
// which are those whose RMSE is at most kTolerance and which are distinct from all better ones. At
// most three may be submitted, so a score is at most 1.3.
#pragma once

#include <vector>

#include "studies/heat_signature/experiment/estimator.h"

namespace studyhall::heat_signature {

inline constexpr double kTolerance = 0.5;  // temperature
inline constexpr double kCandidateWeight = 0.3;

// The formula for distinct candidates of these RMSEs. REQUIRES: at least one.
double score_of(const std::vector<double>& rmses);

// Of distinct candidates, best first: as many of the first ones as the formula rewards most, by
// their own rmse; at least one. What an estimator submits.
std::vector<Candidate> most_valuable(const std::vector<Candidate>& candidates);

struct SampleScore {
  double score = 0;
  double rmse = 0;  // of the best candidate
  int counted = 0;  // N
};
SampleScore score_sample(const Case& observed, const Estimate& estimate);

}  // namespace studyhall::heat_signature
