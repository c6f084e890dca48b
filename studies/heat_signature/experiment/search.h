// Search for source positions with the project's CMA-ES.
#pragma once

#include <vector>

#include "core/rng.h"
#include "studies/heat_signature/experiment/model.h"

namespace studyhall::heat_signature {

// Every candidate that was evaluated, in order.
using Archive = std::vector<Candidate>;

// The candidate of least rmse; the first of equals. REQUIRES: archive not empty.
const Candidate& best_of(const Archive& archive);

struct SearchBudget {
  double sigma = 0;           // initial step, plate lengths
  int evals = 0;              // candidates to evaluate
  double good_enough = -1.0;  // rmse at which the search ends after the generation that reached it
};

// Evaluates candidates around `mean` (a point for each source) and appends them: generations of
// CMA-ES, the last one cut short where the budget ends. Points outside the plate are moved to its
// border first.
void cma_search(Model& model, const Positions& mean, const SearchBudget& budget, Rng& rng,
                Archive& archive);

}  // namespace studyhall::heat_signature
