#include "bench/evolution/workers.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <queue>
#include <utility>

#include "bench/quality/problems.h"
#include "core/history.h"
#include "core/study_spec.h"
#include "sampler/cmaes/mixed.h"
#include "sampler/sampler.h"

namespace studyhall::bench {
namespace {

constexpr std::uint32_t kDurationStream = 2;

SearchSpace cube(std::size_t d) {
  const Json file = {{"name", "cube"}, {"direction", "minimize"}, {"params", box(d, 0, 1)}};
  return parse_study_spec(file, 1)->space;
}

class Strategy {
 public:
  virtual ~Strategy() = default;
  virtual Config ask(std::int64_t number, Rng& rng) = 0;
  virtual void tell(std::int64_t number, const Config& x, double value) = 0;
};

class Sampled : public Strategy {
 public:
  Sampled(std::size_t d, const Json& options)
      : space_(cube(d)),
        slice_(whole_space(space_)),
        sampler_(sampler::make_sampler({.name = "cmaes", .options = options})) {}

  Config ask(std::int64_t number, Rng& rng) override {
    const sampler::Task task{space_, slice_, [](const Config&) { return true; }};
    Observation trial;
    trial.number = number;
    trial.config = sampler_->suggest(task, history_, rng)->config;
    trial.slice = slice_.key;
    trial.sampler = "cmaes";
    history_.apply(trial);
    return trial.config;
  }

  void tell(std::int64_t number, const Config& /*x*/, double value) override {
    Observation trial = *history_.find(number);
    trial.state = TrialState::Complete;
    trial.values = {value};
    history_.apply(std::move(trial));
  }

 private:
  SearchSpace space_;
  Slice slice_;
  std::unique_ptr<sampler::Sampler> sampler_;
  History history_{{Direction::Minimize}};
};

class ByGeneration : public Strategy {
 public:
  ByGeneration(std::size_t d, const Json& options)
      : space_(cube(d)),
        at_(sampler::cmaes::coordinates(space_, whole_space(space_))),
        mixed_(sampler::cmaes::initial_mixed(
            at_, Eigen::VectorXd::Constant(static_cast<Eigen::Index>(d), 0.5), 1.0 / 6,
            options.value("popsize", 0))) {}

  Config ask(std::int64_t number, Rng& rng) override {
    drawn_from_.resize(static_cast<std::size_t>(number) + 1, mixed_.gaussian.g);
    drawn_from_.back() = mixed_.gaussian.g;
    return sampler::cmaes::ask(mixed_, at_, rng).unit;
  }

  void tell(std::int64_t number, const Config& x, double value) override {
    if (drawn_from_[static_cast<std::size_t>(number)] != mixed_.gaussian.g) return;
    const auto& k = mixed_.constants;
    X_.emplace_back(x);
    f_.push_back(value);
    if (std::ssize(f_) < k.lambda) return;
    Eigen::MatrixXd X(k.d, k.lambda);
    for (int i = 0; i < k.lambda; ++i) {
      X.col(i) = Eigen::Map<const Eigen::VectorXd>(X_[static_cast<std::size_t>(i)].data(), k.d);
    }
    sampler::cmaes::tell(mixed_.gaussian, k, X,
                         Eigen::Map<const Eigen::VectorXd>(f_.data(), k.lambda));
    X_.clear();
    f_.clear();
  }

 private:
  SearchSpace space_;
  sampler::cmaes::Coordinates at_;
  sampler::cmaes::Mixed mixed_;
  std::vector<std::int64_t> drawn_from_;  // by number
  std::vector<Config> X_;
  std::vector<double> f_;
};

struct Running {
  double until;
  std::int64_t number;
  Config x;
  bool operator>(const Running& other) const {
    return until != other.until ? until > other.until : number > other.number;
  }
};

// Tells `after` how many results there are and the value of the latest, until it returns false.
void race_on(const Function& function, const Race& race, std::uint64_t seed,
             const std::function<bool(std::int64_t, double)>& after) {
  std::unique_ptr<Strategy> strategy;
  if (race.rule == Rule::Every) {
    strategy = std::make_unique<Sampled>(function.d, race.options);
  } else {
    strategy = std::make_unique<ByGeneration>(function.d, race.options);
  }
  std::priority_queue<Running, std::vector<Running>, std::greater<>> running;
  double now = 0;
  std::int64_t asked = 0;
  for (std::int64_t told = 0; told < race.most;) {
    for (; std::ssize(running) < race.workers; ++asked) {
      Rng rng = Rng::for_trial(seed, asked);
      const double duration =
          std::exp(race.spread * Rng::for_trial(seed, asked, kDurationStream).normal());
      running.push({now + duration, asked, strategy->ask(asked, rng)});
    }
    const Running done = running.top();
    running.pop();
    now = done.until;
    const double value = function.value(done.x);
    strategy->tell(done.number, done.x, value);
    if (!after(++told, value)) return;
  }
}

}  // namespace

std::vector<std::int64_t> results_needed(const Function& function, const Race& race,
                                         std::span<const double> targets, std::uint64_t seed) {
  std::vector<std::int64_t> needed(targets.size(), race.most);
  std::size_t next = 0;
  race_on(function, race, seed, [&](std::int64_t told, double value) {
    while (next < targets.size() && value <= targets[next] * function.start) needed[next++] = told;
    return next < targets.size();
  });
  return needed;
}

std::vector<double> values_reached(const Function& function, const Race& race,
                                   std::span<const std::int64_t> budgets, std::uint64_t seed) {
  std::vector<double> reached;
  double least = std::numeric_limits<double>::infinity();
  race_on(function, race, seed, [&](std::int64_t told, double value) {
    least = std::min(least, value / function.start);
    if (told == budgets[reached.size()]) reached.push_back(least);
    return reached.size() < budgets.size();
  });
  return reached;
}

}  // namespace studyhall::bench
