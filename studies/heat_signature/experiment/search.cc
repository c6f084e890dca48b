#include "studies/heat_signature/experiment/search.h"

#include <algorithm>

#include "sampler/cmaes/cma.h"

namespace studyhall::heat_signature {
namespace {

namespace cmaes = sampler::cmaes;

Eigen::VectorXd flatten(const Positions& positions) {
  Eigen::VectorXd x(2 * static_cast<Eigen::Index>(positions.size()));
  for (Eigen::Index k = 0; k < x.size() / 2; ++k) {
    const Point& point = positions[static_cast<std::size_t>(k)];
    x.segment<2>(2 * k) << point.x, point.y;
  }
  return x;
}

Positions unflatten(const Eigen::VectorXd& x) {
  Positions positions;
  for (Eigen::Index k = 0; k + 1 < x.size(); k += 2) {
    positions.push_back(clamp_to_plate({x[k], x[k + 1]}));
  }
  return positions;
}

}  // namespace

const Candidate& best_of(const Archive& archive) {
  return *std::min_element(archive.begin(), archive.end(),
                           [](const auto& a, const auto& b) { return a.rmse < b.rmse; });
}

void cma_search(Model& model, const Positions& mean, const SearchBudget& budget, Rng& rng,
                Archive& archive) {
  const cmaes::Constants k = cmaes::default_constants(2 * static_cast<int>(mean.size()));
  cmaes::State state = cmaes::initial_state(flatten(mean), budget.sigma);
  Eigen::MatrixXd X(k.d, k.lambda);
  Eigen::VectorXd f(k.lambda);
  for (int used = 0; used < budget.evals; ++used) {
    const int column = used % k.lambda;
    const Positions positions = unflatten(cmaes::ask(state, rng));
    archive.push_back(model.evaluate(positions));
    X.col(column) = flatten(positions);
    f[column] = archive.back().rmse;
    if (column + 1 < k.lambda) continue;
    if (f.minCoeff() <= budget.good_enough) return;
    cmaes::tell(state, k, X, f);
  }
}

}  // namespace studyhall::heat_signature
