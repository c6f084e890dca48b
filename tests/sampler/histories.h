// Short ways to write what a sampler is asked.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/history.h"
#include "core/slice.h"
#include "sampler/sampler.h"

namespace studyhall::testing {

inline Observation running(std::int64_t number, Config config) {
  Observation trial;
  trial.number = number;
  trial.config = std::move(config);
  return trial;
}

inline Observation complete(std::int64_t number, Config config, double value) {
  Observation trial = running(number, std::move(config));
  trial.state = TrialState::Complete;
  trial.values = {value};
  return trial;
}

inline Observation infeasible(std::int64_t number, Config config, double value, double violation) {
  Observation trial = complete(number, std::move(config), value);
  trial.constraints = {violation};
  return trial;
}

inline Observation pruned(std::int64_t number, Config config, std::int64_t last_step,
                          double last_value) {
  Observation trial = running(number, std::move(config));
  trial.state = TrialState::Pruned;
  trial.last_step = last_step;
  trial.last_value = last_value;
  return trial;
}

inline Observation failed(std::int64_t number, Config config, bool infeasible_config) {
  Observation trial = running(number, std::move(config));
  trial.state = TrialState::Fail;
  trial.infeasible_config = infeasible_config;
  return trial;
}

inline History make_history(std::vector<Observation> trials,
                            Direction direction = Direction::Minimize) {
  History history({direction});
  for (Observation& trial : trials) history.apply(std::move(trial));
  return history;
}

// Equal bit for bit, NaN equal to NaN.
inline bool same_config(const Config& a, const Config& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

// Everything of the slice that meets require may be handed out.
inline sampler::Task open_task(const SearchSpace& space, const Slice& slice) {
  return {.space = space, .slice = slice, .admissible = [&](const Config& config) {
            return space.meets_require(config);
          }};
}

// The same without the configurations of `history`.
inline sampler::Task fresh_task(const SearchSpace& space, const Slice& slice,
                                const History& history) {
  return {.space = space, .slice = slice, .admissible = [&](const Config& config) {
            const auto trials = history.observations();
            return space.meets_require(config) &&
                   std::none_of(trials.begin(), trials.end(), [&](const Observation& trial) {
                     return same_config(trial.config, config);
                   });
          }};
}

}  // namespace studyhall::testing
