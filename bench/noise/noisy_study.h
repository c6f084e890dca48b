// Noisy studies whose truth is known, run through the real service in memory: what the leaderboard
// claims, against what is so.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bench/quality/test_problem.h"

namespace studyhall::bench {

struct NoisySetting {
  const TestProblem* problem = nullptr;
  std::string sampler = "random";
  // Standard deviation of the true values of uniform draws, in noise standard deviations.
  double spread = 1;
  std::int64_t trials = 100;
  int replicates = 2;
  int workers = 1;  // trials that run at once
};

// Of one study, in noise standard deviations; larger values are better ones.
struct NoisyOutcome {
  bool led = false;       // there was a leader
  double bias = 0;        // the leader's posterior mean, less the truth
  double mean_bias = 0;   // the mean of its runs, less the truth
  double raw_bias = 0;    // the best single result, less the truth of its configuration
  bool covered = false;   // the leader's interval holds the truth
  int rows = 0;           // configurations with an interval
  int rows_covered = 0;   // those whose interval holds the truth
  double regret = 0;      // truth of the best configuration run, less that of the leader
  double raw_regret = 0;  // the same for the configuration of the best single result
  int confirming = 0;     // confirming runs
  int withdrawn = 0;      // that were withdrawn before they began
};

// A function of its arguments.
NoisyOutcome run_noisy_study(const NoisySetting& setting, std::uint64_t seed);

// Over studies that had a leader: the means, and the standard errors of the biases.
struct NoisySummary {
  int studies = 0;
  int led = 0;
  double bias = 0;
  double bias_error = 0;
  double mean_bias = 0;
  double raw_bias = 0;
  double raw_bias_error = 0;
  double leader_coverage = 0;
  double coverage = 0;
  double regret = 0;
  double raw_regret = 0;
  double confirming = 0;
  double withdrawn = 0;
};
NoisySummary summarise(std::span<const NoisyOutcome> outcomes);

}  // namespace studyhall::bench
