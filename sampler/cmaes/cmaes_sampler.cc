#include "sampler/cmaes/cmaes_sampler.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "sampler/random.h"
#include "sampler/single_objective.h"

namespace studyhall::sampler::cmaes {
namespace {

constexpr int kTries = 100;

bool same_domains(const Slice& a, const Slice& b) {
  return std::equal(a.domains.begin(), a.domains.end(), b.domains.begin(), b.domains.end(),
                    [](const Domain& x, const Domain& y) {
                      if (x.free != y.free) return false;
                      if (!x.free) return x.held == y.held;
                      return x.low == y.low && x.high == y.high && x.choices == y.choices;
                    });
}

// ", of a run that holds model \"svm\""; empty: it holds nothing.
std::string held_words(const Run& run, const SearchSpace& space) {
  std::vector<std::string> held;
  for (std::size_t c = 0; c < run.held().size(); ++c) {
    if (run.held()[c] == kFree) continue;
    const Choice& choice = run.coordinates().choices[c];
    const Parameter& parameter = space.params()[choice.position];
    const double value = choice.values[static_cast<std::size_t>(run.held()[c])];
    held.push_back(fmt::format("{} {}", parameter.name, dump_json(parameter.to_external(value))));
  }
  if (held.empty()) return "";
  return fmt::format(", in a run that holds {}, tried least so far", fmt::join(held, " and "));
}

std::string reason(const Run& run, const SearchSpace& space) {
  const std::string held = held_words(run, space);
  if (run.generation() == 0) {
    return fmt::format("a draw from the distribution that the search {} with{}",
                       run.restarts() == 0 && held.empty() ? "begins" : "restarted", held);
  }
  return fmt::format("a draw from the distribution that generation {} left behind{}",
                     run.generation(), held);
}

std::vector<std::pair<std::string, double>> terms_of(const Run& run, const Candidate& candidate) {
  std::vector<std::pair<std::string, double>> terms{
      {"generation", static_cast<double>(run.generation())},
      {"generation_size", run.mixed().constants.lambda},
      {"results_since", static_cast<double>(run.waiting())},
      {"restarts", run.restarts()}};
  if (candidate.unit.empty()) return terms;
  terms.emplace_back("sigma", run.mixed().gaussian.sigma);
  terms.emplace_back("step_length", step_length(run.mixed(), candidate.unit));
  terms.emplace_back("usual_length", run.mixed().constants.chi_n);
  return terms;
}

}  // namespace

Run& CmaEsSampler::run_of(const Task& task) {
  const auto found = runs_.find(task.slice.key);
  if (found != runs_.end() && same_domains(found->second.slice(), task.slice)) {
    return found->second;
  }
  return runs_.insert_or_assign(task.slice.key, Run(task.space, task.slice, options_))
      .first->second;
}

std::optional<Suggestion> CmaEsSampler::suggest(const Task& task, const History& history,
                                                Rng& rng) {
  only_direction(history, "cmaes");
  Run& run = run_of(task);
  const Coordinates& coordinates = run.coordinates();
  if (coordinates.axes.empty() && coordinates.choices.empty()) {
    std::optional<Config> config = draw_admissible(task, kTries, rng);
    if (!config) return std::nullopt;
    return Suggestion{
        .config = std::move(*config), .sampler = "random", .why = "the slice has nothing to move"};
  }
  run.catch_up(task.space, history);

  for (int i = 0; i < kTries; ++i) {
    Config config = draw_values(task.space, task.slice, rng);
    const Candidate candidate = ask(run.mixed(), coordinates, rng);
    for (std::size_t a = 0; a < coordinates.axes.size(); ++a) {
      const Axis& axis = coordinates.axes[a];
      config[axis.position()] = axis.from_unit(candidate.unit[a]);
    }
    for (std::size_t c = 0; c < coordinates.choices.size(); ++c) {
      const Choice& choice = coordinates.choices[c];
      config[choice.position] = choice.values[static_cast<std::size_t>(candidate.chosen[c])];
    }
    task.space.deactivate(config);
    if (!task.admissible(config)) continue;
    return Suggestion{.config = std::move(config),
                      .sampler = "cmaes",
                      .why = reason(run, task.space),
                      .terms = terms_of(run, candidate)};
  }
  return std::nullopt;
}

}  // namespace studyhall::sampler::cmaes
