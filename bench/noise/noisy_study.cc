#include "bench/noise/noisy_study.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "core/clock.h"
#include "core/rng.h"
#include "sampler/fallback.h"
#include "server/study_service.h"
#include "storage/memory_storage.h"

namespace studyhall::bench {
namespace {

constexpr std::uint32_t kNoiseStream = 900;

// Standard deviation of the true values of uniform draws.
double spread_of(const TestProblem& problem) {
  constexpr int kDraws = 2000;
  const SearchSpace& space = problem.spec->space;
  const auto any = [&](const Config& config) { return space.meets_require(config); };
  const Slice whole = whole_space(space);
  const sampler::Task task{space, whole, any, 1};
  double mean = 0;
  double squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    Rng rng = Rng::for_trial(20261121, i);
    const double value = problem.evaluate(*sampler::draw_any(task, rng).config).value;
    const double off = value - mean;
    mean += off / (i + 1);
    squares += off * (value - mean);
  }
  return std::sqrt(squares / (kDraws - 1));
}

class Study {
 public:
  Study(const NoisySetting& setting, std::uint64_t seed)
      : setting_(setting),
        seed_(seed),
        unit_(spread_of(*setting.problem) / setting.spread),
        storage_(storage::make_memory_storage()),
        service_(*storage_, clock_) {
    Json file = study_file(*setting.problem, {{"name", setting.sampler}}, seed);
    file.erase("directions");
    file["name"] = "noisy";
    file["direction"] = "maximize";
    file["limits"] = {{"trials", setting.trials}};
    file["confirm"] = {{"replicates", setting.replicates}};
    service_.create_study(file);
  }

  NoisyOutcome run() {
    std::deque<AskedTrial> running;
    while (true) {
      while (std::ssize(running) < setting_.workers) {
        AskAnswer answer = service_.ask("noisy", {});
        if (answer.trials.empty()) break;
        running.push_back(std::move(answer.trials.front()));
      }
      if (running.empty()) break;
      tell(running.front());
      running.pop_front();
    }
    return judge();
  }

 private:
  // In noise standard deviations, larger is better.
  double truth(const Json& params) const {
    const Config config = setting_.problem->spec->space.partial_from_json(params).config;
    return -setting_.problem->evaluate(config).value / unit_;
  }

  void tell(const AskedTrial& trial) {
    TellRequest request;
    Rng rng = Rng::for_trial(seed_, trial.number, kNoiseStream);
    request.values = {truth(trial.params) + rng.normal()};
    request.lease = trial.lease.token;
    service_.tell("noisy", trial.number, request);
  }

  NoisyOutcome judge() {
    NoisyOutcome outcome;
    const std::vector<BestRow> rows = service_.best("noisy", 0);
    double best_truth = -std::numeric_limits<double>::infinity();
    double raw_truth = 0;
    for (const BestRow& row : rows) {
      const double mu = truth(row.params);
      best_truth = std::max(best_truth, mu);
      if (row.raw_best) {
        outcome.raw_bias = row.value - mu;
        raw_truth = mu;
      }
      if (!row.interval) continue;
      ++outcome.rows;
      const bool covered = row.interval->first <= mu && mu <= row.interval->second;
      outcome.rows_covered += covered ? 1 : 0;
      if (row.rank == 1) outcome.covered = covered;
    }
    outcome.raw_regret = best_truth - raw_truth;
    std::map<std::string, std::pair<double, int>> runs;  // by configuration
    TrialQuery all;
    all.limit = 10'000;
    for (const TrialView& trial : service_.trials("noisy", all)) {
      if (trial.state == TrialState::Complete) {
        auto& [sum, count] = runs[dump_json(trial.params)];
        sum += trial.values.front();
        ++count;
      }
      if (trial.record.confirms < 0) continue;
      ++(trial.state == TrialState::Fail ? outcome.withdrawn : outcome.confirming);
    }
    const BestRow& leader = rows.front();
    outcome.led = leader.confirmed && leader.mean.has_value();
    if (!outcome.led) return outcome;
    const double mu = truth(leader.params);
    const auto& [sum, count] = runs.at(dump_json(leader.params));
    outcome.bias = *leader.mean - mu;
    outcome.mean_bias = sum / count - mu;
    outcome.regret = best_truth - mu;
    return outcome;
  }

  NoisySetting setting_;
  std::uint64_t seed_;
  double unit_;  // the noise's standard deviation, in the problem's units
  SystemClock clock_;
  std::unique_ptr<storage::Storage> storage_;
  server::StudyService service_;
};

double error_of(std::span<const NoisyOutcome> outcomes, double NoisyOutcome::*member, double mean,
                int led) {
  double squares = 0;
  for (const NoisyOutcome& o : outcomes) {
    if (o.led) squares += (o.*member - mean) * (o.*member - mean);
  }
  return led > 1 ? std::sqrt(squares / (led - 1) / led) : 0;
}

}  // namespace

NoisyOutcome run_noisy_study(const NoisySetting& setting, std::uint64_t seed) {
  return Study(setting, seed).run();
}

NoisySummary summarise(std::span<const NoisyOutcome> outcomes) {
  NoisySummary s;
  s.studies = static_cast<int>(outcomes.size());
  double rows = 0;
  double rows_covered = 0;
  for (const NoisyOutcome& o : outcomes) {
    if (!o.led) continue;
    ++s.led;
    s.bias += o.bias;
    s.mean_bias += o.mean_bias;
    s.raw_bias += o.raw_bias;
    s.leader_coverage += o.covered ? 1 : 0;
    s.regret += o.regret;
    s.raw_regret += o.raw_regret;
    s.confirming += o.confirming;
    s.withdrawn += o.withdrawn;
    rows += o.rows;
    rows_covered += o.rows_covered;
  }
  for (double* sum : {&s.bias, &s.mean_bias, &s.raw_bias, &s.leader_coverage, &s.regret,
                      &s.raw_regret, &s.confirming, &s.withdrawn}) {
    *sum /= std::max(s.led, 1);
  }
  s.coverage = rows > 0 ? rows_covered / rows : 0;
  s.bias_error = error_of(outcomes, &NoisyOutcome::bias, s.bias, s.led);
  s.raw_bias_error = error_of(outcomes, &NoisyOutcome::raw_bias, s.raw_bias, s.led);
  return s;
}

}  // namespace studyhall::bench
