// The search distribution of one slice, brought up to date with a history.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/history.h"
#include "core/slice.h"
#include "sampler/cmaes/holding.h"
#include "sampler/cmaes/results.h"
#include "sampler/cmaes/stopping.h"

namespace studyhall::sampler::cmaes {

enum class Restart { None, Ipop, Bipop };
// Diagonal for Auto: above kMostLearnedAxes.
enum class Shape { Auto, Full, Diagonal };
// With more axes than this a full covariance is not learned in the trials that studies have:
// doc/samplers.md has the measurement.
inline constexpr std::size_t kMostLearnedAxes = 80;

struct Options {
  double sigma = 1.0 / 6;  // initial step size, in units of each parameter's range
  // Results per generation, at least 4; 0: 4 + floor(3 ln d), and more where results come late.
  int popsize = 0;
  Restart restart = Restart::Ipop;
  Shape shape = Shape::Auto;
  // Learning rates by their signal-to-noise ratio (learning_rate.h); the covariance is full then.
  bool adapt_rates = false;
};

class Run {
 public:
  Run(const SearchSpace& space, Slice slice, const Options& options);

  // Tells every whole generation that was not told yet. The state is that of a fresh run that was
  // given the same history.
  void catch_up(const SearchSpace& space, const History& history);

  [[nodiscard]] const Slice& slice() const { return slice_; }
  [[nodiscard]] const Coordinates& coordinates() const { return coordinates_; }
  [[nodiscard]] const Mixed& mixed() const { return mixed_; }
  [[nodiscard]] int restarts() const { return restarts_; }
  // Of the present run; all free, but for runs that are there for the values held.
  [[nodiscard]] const Held& held() const { return held_; }
  // Generations told since the last restart, results of the one that is not full yet.
  [[nodiscard]] std::size_t generation() const { return progress_.best.size(); }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  [[nodiscard]] Covariance covariance() const;
  void begin(Eigen::VectorXd mean, double sigma, int lambda);
  // The run that a slice without results has.
  void start_over();
  void reset();
  // Whether what was taken in is still the beginning of the history.
  [[nodiscard]] bool is_prefix_of(const History& history) const;
  [[nodiscard]] bool belongs(const SearchSpace& space, const Observation& trial) const;
  // What every result of the slice says, whichever run it is told to.
  void note(const Result& result);
  void take(Result result);
  // A result without the values held.
  void pass_over();
  // The latest of the first `count` earlier ones.
  [[nodiscard]] std::vector<Result> earlier(std::size_t count) const;
  // Begins from what others have found, where that is enough to tell a shape from.
  void begin_from(std::vector<Result> earlier);
  void tell_generation();
  // How many results a generation should have for the age of those that wait: 6 sqrt(a), where
  // about a others were asked for between the ask and the tell of one. With fewer, steps from
  // states long left cancel out, and sigma shrinks for no reason.
  [[nodiscard]] int lambda_for_age() const;
  [[nodiscard]] bool holds() const {
    return std::ranges::any_of(held_, [](int v) { return v != kFree; });
  }
  // Whether a restart is worth more: stop(), and, where there are choices to hold, is_level() and
  // is_hopeless().
  [[nodiscard]] bool has_ended() const;
  // The difference of values that is too small to search on for while choices could be held
  // instead: a share of what the study has gained, the median of its first results less the best.
  [[nodiscard]] double least_gain() const;
  void restart();
  // A run that holds what Tried::least() names and begins at the best result.
  void begin_holding(Held held);

  Slice slice_;
  Options options_;
  Coordinates coordinates_;
  Eigen::VectorXd start_;  // [axes] mean of generation 0
  int lambda_ = 0;         // of the first run
  int run_lambda_ = 0;     // of this run, at least

  Mixed mixed_;
  double start_sigma_ = 0;
  Progress progress_;
  int restarts_ = 0;
  std::int64_t told_large_ = 0;  // candidates told to BIPOP's runs of growing size
  std::int64_t told_small_ = 0;  // and to its small ones
  std::int64_t told_held_ = 0;   // and to runs that held choices, with what these passed over
  bool small_ = false;
  Held held_;
  int passed_over_ = 0;  // by the present run
  int times_held_ = 0;
  Tried tried_;
  std::optional<Result> best_;        // of the slice
  std::vector<double> first_values_;  // of feasible complete results

  std::optional<History::Mark> mark_;
  std::size_t seen_ = 0;         // of the history's finish_order
  std::vector<bool> taken_;      // by number: it is among those seen
  std::int64_t belonging_ = 0;   // how many of those seen are the slice's
  std::vector<Result> waiting_;  // less than a generation
  // The latest results before the first trial that this strategy drew; told when that one is.
  std::deque<Result> earlier_;
  std::size_t earlier_count_ = 0;  // all of them
  std::size_t begun_at_ = 0;       // the number of them that the present state is from
  bool begun_ = false;             // that one was told
};

}  // namespace studyhall::sampler::cmaes
