#include "sampler/tpe/tpe_sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "sampler/random.h"
#include "sampler/tpe/exact_model.h"
#include "sampler/tpe/incremental_model.h"

namespace studyhall::sampler::tpe {
namespace {

constexpr int kRounds = 10;
constexpr int kStartupTries = 100;
// Slices of which one object keeps a model: a worker's own, or whole spaces with a few values
// given.
constexpr std::size_t kMostModels = 4;

Grouping grouping_of(const Options& options, const History& history) {
  if (!options.multivariate.value_or(history.directions().size() == 1)) return Grouping::Alone;
  return options.mode == Mode::Default || options.group ? Grouping::Together
                                                        : Grouping::Unconditional;
}

std::size_t told(const History& history) {
  const auto observations = history.observations();
  return static_cast<std::size_t>(
      std::count_if(observations.begin(), observations.end(), [](const Observation& trial) {
        return trial.state == TrialState::Complete || trial.state == TrialState::Pruned;
      }));
}

// The values that are not drawn: held ones and those of parameters with one value; NaN elsewhere.
Config undrawn(const SearchSpace& space, const Slice& slice) {
  Config config(space.size(), kInactive);
  for (std::size_t p = 0; p < space.size(); ++p) {
    const Domain& domain = slice.domains[p];
    if (!domain.free) {
      config[p] = domain.held;
    } else if (space.params()[p].is_numeric()) {
      config[p] = domain.low;
    } else {
      config[p] = static_cast<double>(domain.choices.front());
    }
  }
  return config;
}

struct Pick {
  Config config;
  double log_good = 0;  // sums over the groups that are active
  double log_other = 0;
};

// One set of candidates per group of parameters, drawn when first needed, and configurations put
// together from them: the first from the best candidate of each, later ones from worse and worse.
class Round {
 public:
  Round(const Task& task, DensityModel& model, std::size_t candidates, Rng& rng)
      : task_(task), model_(model), candidates_(candidates), rng_(rng), drawn_(model.groups()) {}

  // A first group of several parameters takes its candidate that is `rank` places from the best,
  // any other group one of its own rank + 1 best. REQUIRES: rank < candidates.
  Pick configuration(std::size_t rank) {
    Pick pick{.config = undrawn(task_.space, task_.slice)};
    Config& config = pick.config;
    for (std::size_t g = 0; g < drawn_.size(); ++g) {
      const std::span<const std::size_t> parameters = model_.parameters(g);
      if (!task_.space.is_active(parameters.front(), config)) continue;
      if (!drawn_[g]) drawn_[g] = model_.draw(g, candidates_, rng_);
      const bool by_rank = rank == 0 || (g == 0 && parameters.size() > 1);
      const std::size_t place = by_rank ? rank : rng_.index(rank + 1);
      const std::size_t candidate = drawn_[g]->order[place];
      pick.log_good += drawn_[g]->log_good[candidate];
      pick.log_other += drawn_[g]->log_other[candidate];
      const std::size_t row = candidate * parameters.size();
      for (std::size_t k = 0; k < parameters.size(); ++k) {
        config[parameters[k]] = drawn_[g]->values[row + k];
      }
    }
    task_.space.deactivate(config);
    return pick;
  }

 private:
  const Task& task_;
  DensityModel& model_;
  std::size_t candidates_;
  Rng& rng_;
  std::vector<std::optional<Candidates>> drawn_;  // by group
};

std::string reason(std::size_t candidates, std::size_t groups, int round, std::size_t rank) {
  const std::string among =
      fmt::format("{} candidates{}", candidates, groups > 1 ? " for each group of parameters" : "");
  if (round == 0 && rank == 0) {
    return "largest ratio of the density of good trials to that of the others among " + among;
  }
  return fmt::format(
      "number {} by the ratio of the density of good trials to that of the others among {}{}; "
      "those before it were tried already or break \"require\"",
      rank + 1, among, round == 0 ? "" : fmt::format(" drawn the {}th time", round + 1));
}

}  // namespace

TpeSampler::TpeSampler(const Options& options) : options_(options) {}
TpeSampler::~TpeSampler() = default;

IncrementalModel& TpeSampler::model(const Task& task, const History& history) {
  const Direction direction = history.directions().front();
  const auto found = std::find_if(models_.begin(), models_.end(), [&](const auto& model) {
    return model->is_of(task.space, task.slice, direction);
  });
  if (found != models_.end()) {
    std::rotate(models_.begin(), found, std::next(found));
  } else {
    if (models_.size() == kMostModels) models_.pop_back();
    models_.insert(models_.begin(),
                   std::make_unique<IncrementalModel>(task.space, task.slice, direction,
                                                      grouping_of(options_, history)));
  }
  models_.front()->update(history, task.slice);
  return *models_.front();
}

std::optional<Suggestion> TpeSampler::suggest(const Task& task, const History& history, Rng& rng) {
  const bool exactly = options_.mode == Mode::Optuna5 || history.directions().size() > 1;
  IncrementalModel* const kept = exactly ? nullptr : &model(task, history);
  const std::size_t results = exactly ? told(history) : kept->told();
  if (results < options_.startup) {
    std::optional<Config> config = draw_admissible(task, kStartupTries, rng);
    if (!config) return std::nullopt;
    return Suggestion{
        .config = std::move(*config),
        .sampler = "random",
        .why = fmt::format("a uniform draw: {} of the {} results that the model waits for were in",
                           results, options_.startup),
        .terms = {{"results", static_cast<double>(results)},
                  {"startup", static_cast<double>(options_.startup)}}};
  }
  std::optional<ExactModel> exact;
  if (exactly) exact.emplace(task.space, task.slice, history, grouping_of(options_, history));
  DensityModel& densities = exactly ? static_cast<DensityModel&>(*exact) : *kept;
  for (int i = 0; i < kRounds; ++i) {
    Round round(task, densities, options_.candidates, rng);
    for (std::size_t rank = 0; rank < options_.candidates; ++rank) {
      Pick pick = round.configuration(rank);
      if (!task.admissible(pick.config)) continue;
      return Suggestion{.config = std::move(pick.config),
                        .sampler = "tpe",
                        .why = reason(options_.candidates, densities.groups(), i, rank),
                        .terms = {{"log_good", pick.log_good},
                                  {"log_other", pick.log_other},
                                  {"score", pick.log_good - pick.log_other},
                                  {"good", static_cast<double>(densities.good())},
                                  {"results", static_cast<double>(densities.results())},
                                  {"candidates", static_cast<double>(options_.candidates)}}};
    }
  }
  return std::nullopt;
}

}  // namespace studyhall::sampler::tpe
