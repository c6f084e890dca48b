#include "studies/heat_signature/experiment/estimator.h"

#include <algorithm>
#include <utility>

#include "studies/heat_signature/experiment/distinct.h"
#include "studies/heat_signature/experiment/refine.h"
#include "studies/heat_signature/experiment/score.h"
#include "studies/heat_signature/experiment/search.h"

namespace studyhall::heat_signature {
namespace {

constexpr double kFirstSigma = 0.1;  // initial step of the first search, plate lengths

// The starts count as evaluations; the best of them is where CMA-ES begins.
void first_search(Model& model, const Settings& settings, Rng& rng, Archive& archive) {
  const int evals = model.observed().sources == 1 ? settings.fevals_1src : settings.fevals_2src;
  for (const Positions& start : initial_positions(model, settings.init_strategy, rng)) {
    archive.push_back(model.evaluate(start));
  }
  const int left = evals - static_cast<int>(archive.size());
  cma_search(model, positions_of(best_of(archive)), {.sigma = kFirstSigma, .evals = left}, rng,
             archive);
}

// The best candidates that are pairwise distinct, best first.
std::vector<Candidate> best_distinct(Archive archive, std::size_t count) {
  std::stable_sort(archive.begin(), archive.end(),
                   [](const auto& a, const auto& b) { return a.rmse < b.rmse; });
  std::vector<Candidate> chosen;
  for (const Candidate& candidate : archive) {
    if (chosen.size() == count) break;
    if (is_distinct(candidate, chosen)) chosen.push_back(candidate);
  }
  return chosen;
}

// Each refined candidate keeps away from those refined before it.
std::vector<Candidate> refine_best(Model& model, const Settings& settings, const Archive& archive) {
  std::vector<Candidate> refined;
  for (int k = 0; k < settings.refine_top; ++k) {
    Archive open;
    for (const Candidate& candidate : archive) {
      if (is_distinct(candidate, refined)) open.push_back(candidate);
    }
    if (open.empty()) break;
    refined.push_back(refine(model, best_of(open), settings.refine_iters, refined));
  }
  return refined;
}

}  // namespace

Estimate estimate(const Case& observed, const Settings& settings, Rng rng) {
  Model model(observed);
  Archive archive;
  first_search(model, settings, rng, archive);

  Estimate result;
  result.first_residual = best_of(archive).rmse / kResidualUnit;
  const double threshold =
      observed.sources == 1 ? settings.threshold_1src : settings.threshold_2src;
  result.fell_back = result.first_residual > threshold;
  if (result.fell_back) {
    const SearchBudget budget{.sigma = settings.fallback_sigma,
                              .evals = settings.fallback_fevals,
                              .good_enough = threshold * kResidualUnit};
    cma_search(model, positions_of(best_of(archive)), budget, rng, archive);
  }

  Archive answers = refine_best(model, settings, archive);
  answers.insert(answers.end(), archive.begin(), archive.end());
  result.candidates = most_valuable(best_distinct(std::move(answers), kMaxCandidates));
  result.steps = model.steps();
  return result;
}

}  // namespace studyhall::heat_signature
