#include "studies/heat_signature/experiment/score.h"

#include <algorithm>
#include <cmath>

#include "studies/heat_signature/experiment/distinct.h"

namespace studyhall::heat_signature {
namespace {

double rmse_on_fine_grid(const Case& observed, Plate& plate, const Candidate& candidate) {
  const Eigen::MatrixXd predicted =
      plate.run(plate.heating(candidate.sources), observed.sensors, observed.steps / kReadEvery, 1);
  return std::sqrt((predicted - observed.readings).array().square().mean());
}

double formula(const std::vector<double>& rmses, int counted) {
  double sum = 0;
  for (const double rmse : rmses) sum += 1 / (1 + rmse);
  return sum / static_cast<double>(rmses.size()) +
         kCandidateWeight * counted / static_cast<double>(kMaxCandidates);
}

}  // namespace

double score_of(const std::vector<double>& rmses) {
  const auto counted =
      std::count_if(rmses.begin(), rmses.end(), [](double rmse) { return rmse <= kTolerance; });
  return formula(rmses, static_cast<int>(counted));
}

std::vector<Candidate> most_valuable(const std::vector<Candidate>& candidates) {
  std::vector<double> rmses;
  std::size_t best_count = 1;
  double best_score = 0;
  for (const Candidate& candidate : candidates) {
    if (rmses.size() == kMaxCandidates) break;
    rmses.push_back(candidate.rmse);
    if (score_of(rmses) <= best_score) continue;
    best_score = score_of(rmses);
    best_count = rmses.size();
  }
  return {candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(best_count)};
}

SampleScore score_sample(const Case& observed, const Estimate& estimate) {
  Plate plate({.nx = kFineX,
               .ny = kFineY,
               .diffusivity = observed.diffusivity,
               .edge = observed.edge,
               .dt = kTimeStep * kReadEvery});
  std::vector<Candidate> candidates = estimate.candidates;
  for (Candidate& candidate : candidates) {
    candidate.rmse = rmse_on_fine_grid(observed, plate, candidate);
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const auto& a, const auto& b) { return a.rmse < b.rmse; });
  std::vector<Candidate> counted;
  std::vector<double> rmses;
  for (const Candidate& candidate : candidates) {
    rmses.push_back(candidate.rmse);
    if (candidate.rmse > kTolerance || !is_distinct(candidate, counted)) continue;
    counted.push_back(candidate);
  }
  const auto n = static_cast<int>(counted.size());
  return {.score = formula(rmses, n), .rmse = rmses.front(), .counted = n};
}

}  // namespace studyhall::heat_signature
