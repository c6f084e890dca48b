#include "sampler/grid.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "core/error.h"

namespace studyhall::sampler {
namespace {

constexpr std::size_t kMostConfigs = 100'000;
constexpr int kTries = 1000;
constexpr std::uint32_t kOrderStream = 0x67726964;  // of the study, apart from its trials' streams

std::vector<double> numeric_values(const Parameter& parameter, const Domain& domain,
                                   std::size_t points) {
  const double low = domain.low;
  const double high = domain.high;
  std::size_t count = low == high ? 1 : points;
  bool everything = false;
  if (parameter.is_discrete()) {
    const double all = std::round((high - low) / parameter.step) + 1;
    everything = all <= static_cast<double>(points);
    if (everything) count = static_cast<std::size_t>(all);
  }
  const bool in_logs = parameter.log && !everything;
  const double from = in_logs ? std::log(low) : low;
  const double to = in_logs ? std::log(high) : high;
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) {
    const double share = count == 1 ? 0.5 : static_cast<double>(i) / static_cast<double>(count - 1);
    const double at = from + share * (to - from);
    double value = std::clamp(in_logs ? std::exp(at) : at, low, high);
    if (share == 0) value = low;
    if (share == 1) value = high;
    value = std::clamp(parameter.snap(value), low, high);
    if (values.empty() || value != values.back()) values.push_back(value);
  }
  return values;
}

std::vector<std::vector<double>> all_values(const SearchSpace& space, const Slice& slice,
                                            std::size_t points) {
  std::vector<std::vector<double>> values;
  for (std::size_t p = 0; p < space.size(); ++p) {
    values.push_back(grid_values(space, slice, p, points));
  }
  return values;
}

// A walk through the values of all active parameters, parents first.
class Walk {
 public:
  Walk(const SearchSpace& space, const std::vector<std::vector<double>>& values, std::size_t limit)
      : space_(space), values_(values), limit_(limit), config_(space.size(), kInactive) {}

  std::optional<std::vector<Config>> run() {
    descend(0);
    if (stopped_) return std::nullopt;
    return std::move(found_);
  }

 private:
  void descend(std::size_t depth) {
    if (stopped_ || ++steps_ > 20 * limit_) {
      stopped_ = true;
      return;
    }
    if (depth == space_.size()) {
      if (!space_.meets_require(config_)) return;
      stopped_ = found_.size() == limit_;
      if (!stopped_) found_.push_back(config_);
      return;
    }
    const std::size_t p = space_.parents_first()[depth];
    if (!space_.is_active(p, config_)) {
      descend(depth + 1);
      return;
    }
    for (const double value : values_[p]) {
      config_[p] = value;
      descend(depth + 1);
    }
    config_[p] = kInactive;
  }

  const SearchSpace& space_;
  const std::vector<std::vector<double>>& values_;
  std::size_t limit_;
  std::size_t steps_ = 0;
  bool stopped_ = false;
  Config config_;
  std::vector<Config> found_;
};

std::string_view bytes_of(const Config& config) {
  return {reinterpret_cast<const char*>(config.data()), config.size() * sizeof(double)};
}

// Its place in `configs`.
std::optional<std::size_t> first_left(const Task& task, const History& history,
                                      const std::vector<Config>& configs) {
  std::unordered_set<std::string_view> seen;
  for (const Observation& trial : history.observations()) seen.insert(bytes_of(trial.config));
  for (const bool again : {false, true}) {
    for (std::size_t i = 0; i < configs.size(); ++i) {
      if (seen.contains(bytes_of(configs[i])) == again && task.admissible(configs[i])) return i;
    }
  }
  return std::nullopt;
}

Config draw(const Task& task, const std::vector<std::vector<double>>& values, Rng& rng) {
  for (int i = 0; i < kTries; ++i) {
    Config config(values.size());
    for (std::size_t p = 0; p < values.size(); ++p) {
      config[p] = values[p][rng.index(values[p].size())];
    }
    task.space.deactivate(config);
    if (task.admissible(config)) return config;
  }
  throw Error(ErrorCode::Unavailable,
              "sampler grid: found no new point that meets \"require\" in 1000 draws from a grid "
              "of more than 100,000 points; give fewer \"points\"");
}

}  // namespace

std::vector<double> grid_values(const SearchSpace& space, const Slice& slice, std::size_t p,
                                std::size_t points) {
  const Domain& domain = slice.domains[p];
  if (!domain.free) return {domain.held};
  const Parameter& parameter = space.params()[p];
  if (parameter.is_numeric()) return numeric_values(parameter, domain, points);
  std::vector<double> values;
  for (const std::size_t choice : domain.choices) values.push_back(static_cast<double>(choice));
  return values;
}

std::optional<std::vector<Config>> grid_configs(const SearchSpace& space, const Slice& slice,
                                                std::size_t points, std::size_t limit) {
  return Walk(space, all_values(space, slice, points), limit).run();
}

std::optional<Suggestion> GridSampler::suggest(const Task& task, const History& history, Rng& rng) {
  Key key{all_values(task.space, task.slice, options_.points), task.seed};
  if (key_ != key) {
    configs_ = Walk(task.space, key.values, kMostConfigs).run();
    if (configs_) {
      Rng order = Rng::for_trial(task.seed, 0, kOrderStream);
      for (std::size_t i = configs_->size(); i > 1; --i) {
        std::swap((*configs_)[i - 1], (*configs_)[order.index(i)]);
      }
    }
    key_ = std::move(key);
  }
  if (!configs_) {
    return Suggestion{.config = draw(task, key_->values, rng),
                      .sampler = "grid",
                      .why = "a random point of a grid that is too large to be walked through"};
  }
  const std::optional<std::size_t> place = first_left(task, history, *configs_);
  if (!place) return std::nullopt;
  return Suggestion{.config = (*configs_)[*place],
                    .sampler = "grid",
                    .why = "the first point left of the grid in its shuffled order",
                    .terms = {{"place", static_cast<double>(*place + 1)},
                              {"points", static_cast<double>(configs_->size())}}};
}

}  // namespace studyhall::sampler
