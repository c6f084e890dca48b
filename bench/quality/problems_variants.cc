// The same problems, observed with noise or by several workers at once.

#include <fmt/format.h>

#include <algorithm>

#include "bench/quality/problems.h"
#include "core/error.h"

namespace studyhall::bench {
namespace {

const TestProblem& named(const std::vector<TestProblem>& base, const std::string& name) {
  const auto found =
      std::find_if(base.begin(), base.end(), [&](const auto& p) { return p.name == name; });
  if (found == base.end()) throw Error(ErrorCode::Internal, "no problem is named " + name);
  return *found;
}

}  // namespace

std::vector<TestProblem> variant_problems(const std::vector<TestProblem>& base) {
  std::vector<TestProblem> out;
  const auto noisy = [&](const char* name, int percent) {
    TestProblem problem = named(base, name);
    problem.name += fmt::format("_noise{}", percent);
    problem.group = "noisy";
    problem.noise = percent / 100.0;
    out.push_back(std::move(problem));
  };
  const auto parallel = [&](const char* name, int workers) {
    TestProblem problem = named(base, name);
    problem.name += fmt::format("_q{}", workers);
    problem.group = "parallel";
    problem.workers = workers;
    out.push_back(std::move(problem));
  };
  noisy("hartmann_6d", 5);
  noisy("boosting", 5);
  noisy("network", 5);
  noisy("heat", 5);
  noisy("rastrigin_5d", 15);
  noisy("schwefel_5d", 15);
  noisy("pipeline", 15);
  parallel("hartmann_6d", 4);
  parallel("model_choice", 4);
  parallel("griewank_choices", 4);
  parallel("boosting", 8);
  parallel("heat", 8);
  parallel("mixint_ellipsoid_8d", 8);
  parallel("rastrigin_10d", 32);
  parallel("levy_10d", 32);
  return out;
}

}  // namespace studyhall::bench
