#include "bench/quality/test_problem.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>

#include "core/error.h"
#include "core/rng.h"
#include "core/slice.h"
#include "sampler/fallback.h"

namespace studyhall::bench {
namespace {

// Streams of random numbers; the samplers' own are below 100 (server/asker.cc).
constexpr std::uint32_t kNoiseStream = 101;
constexpr std::uint32_t kDurationStream = 102;
constexpr std::uint32_t kYardstickStream = 103;

constexpr int kYardstickDraws = 50;

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Yardstick measure(const TestProblem& problem) {
  const SearchSpace& space = problem.spec->space;
  const Slice slice = whole_space(space);
  const sampler::Task task{space, slice, [&](const Config& c) { return space.meets_require(c); }};
  std::vector<double> best;
  std::vector<double> worst;
  std::vector<double> all;
  for (int run = 0; run < kYardstickRuns; ++run) {
    double least = std::numeric_limits<double>::infinity();
    double most = -least;
    for (int draw = 0; draw < kYardstickDraws; ++draw) {
      const auto seed = study_seed(problem, static_cast<std::uint64_t>(run));
      Rng rng = Rng::for_trial(seed, draw, kYardstickStream);
      const auto drawn = sampler::draw_any(task, rng);
      if (!drawn.config) throw Error(ErrorCode::Internal, problem.name + ": nothing to draw");
      const Outcome outcome = problem.evaluate(*drawn.config);
      if (is_feasible(problem, outcome)) least = std::min(least, outcome.value);
      most = std::max(most, outcome.value);
      all.push_back(outcome.value);
    }
    best.push_back(least);
    worst.push_back(most);
  }
  return {median(best), median(worst), median(all)};
}

}  // namespace

Json study_file(const TestProblem& problem, const Json& sampler, std::uint64_t seed) {
  Json file{{"name", problem.name}, {"direction", "minimize"}, {"seed", seed}};
  file.update(problem.study);
  file["sampler"] = sampler;
  return file;
}

std::vector<double> violations(const TestProblem& problem, const Outcome& outcome) {
  std::vector<double> out;
  for (std::size_t i = 0; i < problem.spec->constraints.size(); ++i)
    out.push_back(problem.spec->constraints[i].violation(outcome.metrics[i]));
  return out;
}

bool is_feasible(const TestProblem& problem, const Outcome& outcome) {
  const std::vector<double> broken = violations(problem, outcome);
  return std::all_of(broken.begin(), broken.end(), [](double v) { return v <= 0; });
}

const Yardstick& yardstick(const TestProblem& problem) {
  struct Entry {
    std::once_flag once;
    Yardstick value;
  };
  static std::mutex mutex;
  static std::map<std::string, Entry> entries;
  Entry* entry = nullptr;
  {
    const std::lock_guard lock(mutex);
    entry = &entries[problem.name];
  }
  std::call_once(entry->once, [&] { entry->value = measure(problem); });
  return entry->value;
}

double normalised_regret(const TestProblem& problem, double value) {
  return std::max(0.0, (value - problem.optimum) / (yardstick(problem).best - problem.optimum));
}

double noise_sd(const TestProblem& problem) {
  return problem.noise == 0 ? 0 : problem.noise * (yardstick(problem).middle - problem.optimum);
}

double observed(const TestProblem& problem, std::uint64_t seed, std::int64_t number, double value) {
  if (problem.noise == 0) return value;
  return value + noise_sd(problem) *
                     Rng::for_trial(study_seed(problem, seed), number, kNoiseStream).normal();
}

double duration(const TestProblem& problem, std::uint64_t seed, std::int64_t number) {
  return std::exp(0.5 *
                  Rng::for_trial(study_seed(problem, seed), number, kDurationStream).normal());
}

std::uint64_t study_seed(const TestProblem& problem, std::uint64_t seed) {
  // FNV-1a of the name, to 31 bits.
  std::uint32_t hash = 2166136261U;
  for (const char c : problem.name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return (hash ^ (seed * 2654435761U)) & 0x7fffffffU;
}

}  // namespace studyhall::bench
