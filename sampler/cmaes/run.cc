#include "sampler/cmaes/run.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sampler/cmaes/warm_start.h"

namespace studyhall::sampler::cmaes {
namespace {

constexpr const char* kName = "cmaes";
// So many generations' worth of earlier results make a warm start. The paper's alpha is 0.1, for
// results of another task; these are of the same one.
constexpr int kWarmGenerations = 10;
constexpr double kWarmGamma = 0.1;
// Of more earlier results the latest are looked at, and again after so many more.
constexpr std::size_t kMostEarlier = 10'000;
constexpr std::size_t kEarlierStep = 200;
constexpr std::size_t kEveryEarlier = 1'000;  // up to here after each
constexpr double kWarmAlpha = 0.03;
constexpr std::uint64_t kRestartSeed = 0x72657374617274;
constexpr std::uint64_t kHoldingSeed = 0x686f6c64696e67;
constexpr double kHoldingSigma = 2;  // of the first step size
constexpr int kMostPassedOver = 4;   // generations' worth
constexpr std::size_t kFirstResults = 20;

Eigen::VectorXd default_place(const SearchSpace& space, const std::vector<Axis>& axes) {
  const Config usual = space.default_config();
  Eigen::VectorXd place(std::ssize(axes));
  for (std::size_t a = 0; a < axes.size(); ++a) {
    const std::size_t p = axes[a].position();
    const double value = std::isnan(usual[p]) ? space.params()[p].default_or_middle() : usual[p];
    place[static_cast<Eigen::Index>(a)] = axes[a].to_unit(value);
  }
  return place;
}

// Shares of the values among the best tenth, as if each had been there once more.
void prefer(Categorical& categorical, const std::vector<Result>& ranked, double gamma) {
  const auto best = static_cast<std::size_t>(gamma * static_cast<double>(ranked.size()));
  for (std::size_t c = 0; c < categorical.q.size(); ++c) {
    Eigen::VectorXd count = Eigen::VectorXd::Ones(categorical.q[c].size());
    for (std::size_t k = 0; k < best; ++k) {
      const int chosen = ranked[k].candidate.chosen[c];
      if (chosen >= 0) count[chosen] += 1;
    }
    categorical.q[c] = count / count.sum();
  }
}

}  // namespace

Run::Run(const SearchSpace& space, Slice slice, const Options& options)
    : slice_(std::move(slice)),
      options_(options),
      coordinates_(cmaes::coordinates(space, slice_)),
      tried_(space, coordinates_.choices) {
  start_ = default_place(space, coordinates_.axes);
  reset();
  lambda_ = mixed_.constants.lambda;
}

void Run::reset() {
  start_over();
  tried_.clear();
  best_.reset();
  first_values_.clear();
  mark_.reset();
  seen_ = 0;
  belonging_ = 0;
  taken_.clear();
  earlier_.clear();
  earlier_count_ = 0;
  begun_at_ = 0;
  begun_ = false;
}

void Run::start_over() {
  begin(start_, options_.sigma, options_.popsize);
  restarts_ = 0;
  times_held_ = 0;
  told_large_ = told_small_ = told_held_ = 0;
  small_ = false;
  waiting_.clear();
}

Covariance Run::covariance() const {
  if (options_.shape == Shape::Full || options_.adapt_rates) return Covariance::Full;
  if (options_.shape == Shape::Diagonal) return Covariance::Diagonal;
  return coordinates_.axes.size() > kMostLearnedAxes ? Covariance::Diagonal : Covariance::Full;
}

void Run::begin(Eigen::VectorXd mean, double sigma, int lambda) {
  mixed_ = initial_mixed(coordinates_, std::move(mean), sigma, lambda, covariance());
  if (options_.adapt_rates) mixed_.rates = initial_learning_rates(mixed_.constants.d);
  start_sigma_ = sigma;
  run_lambda_ = mixed_.constants.lambda;
  held_.assign(coordinates_.choices.size(), kFree);
  passed_over_ = 0;
  progress_ = {};
}

bool Run::is_prefix_of(const History& history) const {
  if (!mark_) return false;
  const auto changed = history.changed_since(*mark_);
  if (!changed) return false;
  return std::none_of(changed->begin(), changed->end(), [&](std::int64_t number) {
    const auto n = static_cast<std::size_t>(number);
    return n < taken_.size() && taken_[n];
  });
}

bool Run::belongs(const SearchSpace& space, const Observation& trial) const {
  return trial.slice == slice_.key || slice_.contains(space, trial.config);
}

void Run::catch_up(const SearchSpace& space, const History& history) {
  if (!is_prefix_of(history)) reset();
  const auto order = history.finish_order();
  for (; seen_ < order.size(); ++seen_) {
    const Observation& trial = *history.find(order[seen_]);
    const auto number = static_cast<std::size_t>(trial.number);
    if (taken_.size() <= number) taken_.resize(number + 1, false);
    taken_[number] = true;
    if (!belongs(space, trial)) continue;
    ++belonging_;
    std::optional<Result> result = result_of(trial, history.directions().front(), coordinates_);
    if (!result) continue;
    note(*result);
    if (begun_) {
      take(std::move(*result));
    } else if (trial.sampler == kName) {
      begun_ = true;
      begin_from(earlier(earlier_count_));
      earlier_.clear();
      take(std::move(*result));
    } else {
      ++earlier_count_;
      earlier_.push_back(std::move(*result));
      if (earlier_.size() > kMostEarlier + kEarlierStep) earlier_.pop_front();
    }
  }
  mark_ = history.mark();
  if (begun_) return;
  const std::size_t due =
      earlier_count_ - (earlier_count_ < kEveryEarlier ? 0 : earlier_count_ % kEarlierStep);
  if (due != begun_at_) begin_from(earlier(due));
  begun_at_ = due;
}

std::vector<Result> Run::earlier(std::size_t count) const {
  const auto end = earlier_.end() - static_cast<std::ptrdiff_t>(earlier_count_ - count);
  const auto most = std::min<std::ptrdiff_t>(kMostEarlier, end - earlier_.begin());
  return {end - most, end};
}

void Run::note(const Result& result) {
  tried_.note(result.candidate);
  if (!best_ || result.ranks_before(*best_)) best_ = result;
  if (first_values_.size() < kFirstResults && std::isfinite(result.value())) {
    first_values_.push_back(result.value());
  }
}

void Run::take(Result result) {
  if (!keeps(held_, result.candidate)) {
    pass_over();
    return;
  }
  waiting_.push_back(std::move(result));
  if (std::ssize(waiting_) == mixed_.constants.lambda) tell_generation();
}

// Some were asked for before this run began; many mean that what it holds is used up.
void Run::pass_over() {
  ++passed_over_;
  ++told_held_;
  if (passed_over_ <= kMostPassedOver * mixed_.constants.lambda) return;
  waiting_.clear();
  restart();
}

void Run::begin_from(std::vector<Result> earlier) {
  start_over();
  if (std::ssize(earlier) < std::int64_t{kWarmGenerations} * lambda_) {
    for (Result& result : earlier) take(std::move(result));
    return;
  }
  std::stable_sort(earlier.begin(), earlier.end(),
                   [](const Result& a, const Result& b) { return a.ranks_before(b); });
  const auto d = std::ssize(coordinates_.axes);
  if (d > 0) {
    Eigen::MatrixXd X(d, std::ssize(earlier));
    for (Eigen::Index k = 0; k < X.cols(); ++k) {
      for (Eigen::Index i = 0; i < d; ++i) {
        const double unit =
            earlier[static_cast<std::size_t>(k)].candidate.unit[static_cast<std::size_t>(i)];
        X(i, k) = std::isnan(unit) ? start_[i] : unit;
      }
    }
    const Start start = warm_start(X, kWarmGamma, kWarmAlpha);
    mixed_.gaussian = covariance() == Covariance::Full
                          ? initial_state(start.mean, start.sigma, start.C)
                          : initial_diagonal_state(start.mean, start.sigma, start.C.diagonal());
    start_sigma_ = start.sigma;
  }
  prefer(mixed_.categorical, earlier, kWarmGamma);
}

int Run::lambda_for_age() const {
  std::vector<std::int64_t> numbers;
  for (const Result& result : waiting_) numbers.push_back(result.candidate.number);
  std::sort(numbers.begin(), numbers.end());
  const auto span = static_cast<double>(numbers.back() - numbers[numbers.size() / 2]);
  // Asks of other slices change nothing here; one worker alone asks once for each result.
  const double share =
      static_cast<double>(belonging_) / static_cast<double>(std::max<std::size_t>(1, seen_));
  const double age = share * span - static_cast<double>(numbers.size()) / 2;
  return static_cast<int>(6 * std::sqrt(std::max(0.0, age)));
}

void Run::tell_generation() {
  std::stable_sort(waiting_.begin(), waiting_.end(),
                   [](const Result& a, const Result& b) { return a.ranks_before(b); });
  std::vector<Candidate> generation;
  generation.reserve(waiting_.size());
  for (const Result& result : waiting_) generation.push_back(result.candidate);
  tell(mixed_, coordinates_, generation);
  progress_.best.push_back(waiting_.front().value());
  progress_.median.push_back(waiting_[waiting_.size() / 2].value());
  (holds() ? told_held_ : small_ ? told_small_ : told_large_) += std::ssize(waiting_);
  if (options_.popsize == 0) resize(mixed_, std::max(run_lambda_, lambda_for_age()));
  waiting_.clear();
  if (options_.restart != Restart::None && has_ended()) restart();
}

double Run::least_gain() const {
  constexpr double kShare = 1e-4;
  if (first_values_.size() < kFirstResults) return 0;
  std::vector<double> sorted = first_values_;
  std::sort(sorted.begin(), sorted.end());
  return kShare * (sorted[kFirstResults / 2] - best_->value());
}

bool Run::has_ended() const {
  if (!stop(mixed_, coordinates_.axes, start_sigma_, progress_).empty()) return true;
  if (coordinates_.choices.empty() || !std::isfinite(best_->value())) return false;
  return is_level(progress_, least_gain()) || (holds() && is_hopeless(progress_, best_->value()));
}

void Run::begin_holding(Held held) {
  Rng rng = Rng::for_trial(kHoldingSeed, ++times_held_);
  Eigen::VectorXd mean = start_;
  for (Eigen::Index i = 0; i < mean.size(); ++i) {
    const double there = best_->candidate.unit[static_cast<std::size_t>(i)];
    mean[i] = std::isnan(there) ? rng.uniform() : there;
  }
  begin(std::move(mean), kHoldingSigma * options_.sigma, options_.popsize);
  held_ = std::move(held);
  for (std::size_t c = 0; c < held_.size(); ++c) {
    if (held_[c] != kFree) hold(mixed_.categorical, c, held_[c]);
  }
}

// Runs that hold choices go first, for as long as they have cost less than the others.
// IPOP: twice the candidates in each new run. BIPOP: small runs with short steps in between, for as
// long as they have cost less than the large ones.
void Run::restart() {
  if (!coordinates_.choices.empty() && told_held_ < told_large_ + told_small_) {
    begin_holding(tried_.least(best_->candidate));
    return;
  }
  ++restarts_;
  Rng rng = Rng::for_trial(kRestartSeed, restarts_);
  Eigen::VectorXd mean(std::ssize(coordinates_.axes));
  for (double& m : mean) m = rng.uniform();
  small_ = options_.restart == Restart::Bipop && told_small_ < told_large_ && restarts_ > 1;
  const int doublings = options_.restart == Restart::Ipop ? restarts_ : (restarts_ + 1) / 2;
  const double large = lambda_ * std::pow(2.0, std::min(doublings, 12));
  if (!small_) {
    begin(std::move(mean), options_.sigma, static_cast<int>(large));
    return;
  }
  const double share = rng.uniform();
  const double lambda = lambda_ * std::pow(0.5 * large / lambda_, share * share);
  begin(std::move(mean), options_.sigma * std::pow(10.0, -2 * rng.uniform()),
        std::max(lambda_, static_cast<int>(lambda)));
}

}  // namespace studyhall::sampler::cmaes
