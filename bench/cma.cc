// CMA-ES alone: how many candidates it draws and learns from in a second, and how many it needs.

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>

#include "core/rng.h"
#include "sampler/cmaes/cma.h"

namespace studyhall::sampler::cmaes {
namespace {

double sphere(const Eigen::VectorXd& x) { return x.squaredNorm(); }

double ellipsoid(const Eigen::VectorXd& x) {
  double sum = 0;
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    sum += std::pow(1e6, static_cast<double>(i) / static_cast<double>(x.size() - 1)) * x[i] * x[i];
  }
  return sum;
}

// From m = (0.5, ...), sigma = 0.3, until a candidate is below 1e-8. evaluations: the mean over the
// runs; items_per_second: candidates.
template <double (*Function)(const Eigen::VectorXd&)>
void solve(benchmark::State& state) {
  const int d = static_cast<int>(state.range(0));
  const Constants k = default_constants(d);
  std::int64_t evaluations = 0;
  std::int64_t seed = 0;
  for (auto _ : state) {
    Rng rng = Rng::for_trial(1, seed++);
    State s = initial_state(Eigen::VectorXd::Constant(d, 0.5), 0.3);
    Eigen::MatrixXd X(d, k.lambda);
    Eigen::VectorXd f = Eigen::VectorXd::Constant(k.lambda, 1);
    while (f.minCoeff() >= 1e-8) {
      for (int i = 0; i < k.lambda; ++i) {
        X.col(i) = ask(s, rng);
        f[i] = Function(X.col(i));
      }
      tell(s, k, X, f);
      evaluations += k.lambda;
    }
  }
  state.SetItemsProcessed(evaluations);
  state.counters["evaluations"] =
      static_cast<double>(evaluations) / static_cast<double>(state.iterations());
}

BENCHMARK(solve<sphere>)->Name("sphere")->Arg(10)->Arg(40)->Arg(200)->Unit(benchmark::kMillisecond);
BENCHMARK(solve<ellipsoid>)->Name("ellipsoid")->Arg(10)->Arg(40)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace studyhall::sampler::cmaes

BENCHMARK_MAIN();
