#include "bench/quality/runner.h"

#include <fmt/format.h>
#include <time.h>

#include <array>
#include <atomic>
#include <cmath>
#include <cstring>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <queue>
#include <string_view>
#include <thread>
#include <unordered_set>

#include "core/error.h"
#include "server/asker.h"

namespace studyhall::bench {
namespace {

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Equal for equal configurations.
std::string key_of(const Config& config) {
  std::string key(config.size() * sizeof(double), '\0');
  for (std::size_t i = 0; i < config.size(); ++i) {
    const double value = std::isnan(config[i]) ? kInactive : config[i] + 0.0;
    std::memcpy(&key[i * sizeof(double)], &value, sizeof(double));
  }
  return key;
}

// What the study file makes of the sampler's name, then the options given as they are: those that
// study files do not offer are for make_sampler to judge.
std::shared_ptr<const StudySpec> spec_for(const TestProblem& problem, const Json& sampler,
                                          std::uint64_t seed) {
  const Json name{{"name", sampler.at("name")}};
  auto spec = std::make_shared<StudySpec>(*parse_study_spec(study_file(problem, name, seed)));
  for (const auto& [option, value] : sampler.items())
    if (option != "name") spec->sampler.options[option] = value;
  return spec;
}

std::string worker_of(std::int64_t number, int blocks) {
  return fmt::format("W{}", number % blocks);
}

// The study with a worker for each block of parameters: every blocks-th of them.
std::shared_ptr<const StudySpec> deal(const std::shared_ptr<const StudySpec>& spec, int blocks) {
  if (blocks <= 1) return spec;
  auto dealt = std::make_shared<StudySpec>(*spec);
  dealt->focus_share = 1;
  const Slice whole = whole_space(spec->space);
  for (int b = 0; b < blocks; ++b) {
    WorkerSpec worker;
    worker.name = worker_of(b, blocks);
    worker.focus.emplace(whole.domains);
    for (std::size_t p = 0; p < spec->space.size(); ++p) {
      if (p % static_cast<std::size_t>(blocks) == static_cast<std::size_t>(b)) continue;
      (*worker.focus)[p].free = false;
      (*worker.focus)[p].held = spec->space.params()[p].default_or_middle();
    }
    dealt->workers.emplace(worker.name, std::move(worker));
  }
  return dealt;
}

class Run {
 public:
  Run(const TestProblem& problem, const RunOptions& options, std::int64_t seed)
      : problem_(problem),
        options_(options),
        seed_(static_cast<std::uint64_t>(seed)),
        spec_(deal(spec_for(problem, options.sampler, study_seed(problem, seed_)), options.blocks)),
        workers_(std::max(options.workers > 0 ? options.workers : problem.workers, options.blocks)),
        asker_(spec_) {
    for (const Parameter& parameter : spec_->space.params())
      pin_.config.push_back(parameter.default_or_middle());
  }

  std::vector<Result> play() {
    std::int64_t asked = 0;
    bool exhausted = false;
    const auto fill = [&] {
      while (!exhausted && asked < options_.trials && std::ssize(running_) < workers_) {
        exhausted = !start(asked);
        if (!exhausted) ++asked;
      }
    };
    for (fill(); !running_.empty(); fill()) finish();
    while (results_.size() < budgets_.size()) note();
    return std::move(results_);
  }

 private:
  struct Running {
    double until = 0;
    Observation observation;
    Outcome outcome;
    bool operator>(const Running& other) const {
      return until != other.until ? until > other.until
                                  : observation.number > other.observation.number;
    }
  };

  // False when nothing is left to hand out.
  bool start(std::int64_t number) {
    Config config;
    std::string sampler = "default";
    if (number == 0 && options_.start_at_default) {
      config = spec_->space.default_config();
    } else {
      const double before = thread_seconds();
      server::AskSnapshot ask;
      ask.number = number;
      if (options_.blocks > 1) ask.worker = worker_of(number, options_.blocks);
      ask.pin = pin_;
      server::Draw draw =
          asker_.draw(ask, [&](const Config& c) { return taken_.contains(key_of(c)); });
      ask_seconds_ += thread_seconds() - before;
      if (draw.exhausted) return false;
      config = std::move(draw.config);
      sampler = std::move(draw.sampler);
    }
    taken_.insert(key_of(config));
    Running trial;
    trial.until = now_ + duration(problem_, seed_, number);
    trial.outcome = problem_.evaluate(config);
    trial.observation.number = number;
    trial.observation.config = std::move(config);
    trial.observation.sampler = std::move(sampler);
    asker_.apply({{number, trial.observation}});
    running_.push(std::move(trial));
    return true;
  }

  void finish() {
    Running trial = running_.top();
    running_.pop();
    now_ = trial.until;
    Observation& seen = trial.observation;
    const double value = observed(problem_, seed_, seen.number, trial.outcome.value);
    seen.state = TrialState::Complete;
    seen.values = {value};
    seen.constraints = violations(problem_, trial.outcome);
    if (is_feasible(problem_, trial.outcome) && (!incumbent_ || value < *incumbent_)) {
      incumbent_ = value;
      pin_.number = seen.number;
      for (std::size_t p = 0; p < pin_.config.size(); ++p)
        if (!std::isnan(seen.config[p])) pin_.config[p] = seen.config[p];
      true_value_ = trial.outcome.value;
    }
    asker_.apply({{seen.number, std::move(seen)}});
    ++finished_;
    if (results_.size() < budgets_.size() && finished_ == budgets_[results_.size()]) note();
  }

  void note() {
    results_.push_back(
        {problem_.name, problem_.group, static_cast<std::int64_t>(seed_), options_.label,
         budgets_[results_.size()],
         normalised_regret(problem_, incumbent_ ? true_value_ : yardstick(problem_).worst),
         ask_seconds_});
  }

  const TestProblem& problem_;
  const RunOptions& options_;
  std::uint64_t seed_;
  std::shared_ptr<const StudySpec> spec_;
  int workers_;
  server::Pin pin_;  // the incumbent, each inactive parameter as it last was
  server::Asker asker_;
  std::vector<std::int64_t> budgets_ = budgets(options_.trials);
  std::unordered_set<std::string> taken_;
  std::priority_queue<Running, std::vector<Running>, std::greater<>> running_;
  double now_ = 0;
  std::int64_t finished_ = 0;
  std::optional<double> incumbent_;  // its observed value
  double true_value_ = 0;            // of the incumbent
  double ask_seconds_ = 0;
  std::vector<Result> results_;
};

}  // namespace

std::vector<std::int64_t> budgets(std::int64_t trials) {
  std::vector<std::int64_t> out;
  for (const std::int64_t budget : {20, 25, 50, 100, 200, 400, 1000})
    if (budget < trials) out.push_back(budget);
  out.push_back(trials);
  return out;
}

std::vector<Result> run_once(const TestProblem& problem, const RunOptions& options,
                             std::int64_t seed) {
  return Run(problem, options, seed).play();
}

std::vector<Result> run_suite(const std::vector<const TestProblem*>& suite,
                              const RunOptions& options, std::ostream& progress) {
  const auto seeds = static_cast<std::size_t>(options.last_seed - options.first_seed + 1);
  std::vector<std::vector<Result>> slots(suite.size() * seeds);
  std::vector<std::size_t> left(suite.size(), seeds);
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    for (std::size_t job = next++; job < slots.size(); job = next++) {
      const std::size_t which = job / seeds;
      try {
        slots[job] = run_once(*suite[which], options,
                              options.first_seed + static_cast<std::int64_t>(job % seeds));
      } catch (...) {
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
        next = slots.size();
        return;
      }
      const std::lock_guard lock(mutex);
      if (--left[which] == 0)
        progress << fmt::format("{}: {} runs\n", suite[which]->name, seeds) << std::flush;
    }
  };
  std::vector<std::jthread> threads;
  for (int t = 1; t < options.threads; ++t) threads.emplace_back(work);
  work();
  threads.clear();
  if (failure) std::rethrow_exception(failure);
  std::vector<Result> out;
  for (std::vector<Result>& slot : slots)
    std::move(slot.begin(), slot.end(), std::back_inserter(out));
  return out;
}

}  // namespace studyhall::bench
