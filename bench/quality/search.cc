#include "bench/quality/search.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/rng.h"

namespace studyhall::bench {
namespace {

// Violation, then value.
using Rank = std::pair<double, double>;

class Climber {
 public:
  Climber(const TestProblem& problem, std::int64_t start)
      : problem_(problem), space_(problem.spec->space), rng_(Rng::for_trial(97, start)) {}

  Found climb(std::int64_t evaluations) {
    Config parent = draw();
    Rank best = rank(parent);
    for (int i = 1; i < 200; ++i) {
      Config other = draw();
      const Rank its = rank(other);
      if (its >= best) continue;
      best = its;
      parent = std::move(other);
    }
    double step = 0.3;
    for (std::int64_t i = 0; i < evaluations; ++i) {
      Config child = mutate(parent, step);
      const Rank its = rank(child);
      step *= its < best ? 1.5 : 0.9;
      if (step < 1e-12) step = 0.1;
      if (its > best) continue;
      best = its;
      parent = std::move(child);
    }
    space_.deactivate(parent);
    return {best.first > 0 ? std::numeric_limits<double>::infinity() : best.second, parent};
  }

 private:
  // Configurations here have a value for every parameter, active or not.
  double draw(const Parameter& param) {
    if (!param.is_numeric()) return static_cast<double>(rng_.index(param.choices.size()));
    return at(param, rng_.uniform());
  }
  Config draw() {
    Config config;
    for (const Parameter& param : space_.params()) config.push_back(draw(param));
    return config;
  }

  static double at(const Parameter& param, double u) {
    u = std::clamp(u, 0.0, 1.0);
    return param.snap(param.log ? param.low * std::pow(param.high / param.low, u)
                                : param.low + u * (param.high - param.low));
  }
  static double position(const Parameter& param, double value) {
    return param.log ? std::log(value / param.low) / std::log(param.high / param.low)
                     : (value - param.low) / (param.high - param.low);
  }

  Config mutate(Config config, double step) {
    const double chance = std::max(0.4, 1.0 / static_cast<double>(config.size()));
    const bool jump = rng_.uniform() < 0.3;
    for (std::size_t p = 0; p < config.size(); ++p) {
      if (rng_.uniform() >= chance) continue;
      const Parameter& param = space_.params()[p];
      if (!param.is_numeric()) {
        if (jump && rng_.uniform() < 0.3) config[p] = draw(param);
        continue;
      }
      const double moved = at(param, position(param, config[p]) + step * rng_.normal());
      if (moved == config[p] && param.is_discrete() && jump && rng_.uniform() < 0.3)
        config[p] = param.snap(config[p] + (rng_.uniform() < 0.5 ? -1 : 1) * param.step);
      else
        config[p] = moved;
    }
    return config;
  }

  Rank rank(Config config) {
    space_.deactivate(config);
    if (!space_.meets_require(config)) return {std::numeric_limits<double>::infinity(), 0};
    const Outcome outcome = problem_.evaluate(config);
    double violation = 0;
    for (const double v : violations(problem_, outcome)) violation += std::max(0.0, v);
    return {violation, outcome.value};
  }

  const TestProblem& problem_;
  const SearchSpace& space_;
  Rng rng_;
};

}  // namespace

Found search_optimum(const TestProblem& problem, int starts, std::int64_t evaluations) {
  Found best{std::numeric_limits<double>::infinity(), {}};
  for (int start = 0; start < starts; ++start) {
    Found found = Climber(problem, start).climb(evaluations);
    if (found.value < best.value) best = std::move(found);
  }
  return best;
}

}  // namespace studyhall::bench
