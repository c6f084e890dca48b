// What holds for every sampler on any space, slice and history.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "sampler/random.h"
#include "sampler/sampler.h"
#include "tests/sampler/histories.h"
#include "tests/support/property.h"
#include "tests/support/spaces.h"

namespace studyhall::sampler {
namespace {

using testing::fresh_task;
using testing::holds;
using testing::open_task;
using testing::same_config;

const std::vector<SamplerSpec>& all_samplers() {
  static const std::vector<SamplerSpec> specs = [] {
    std::vector<SamplerSpec> result(9);
    result[0].name = "random";
    result[1].name = "tpe";
    result[1].options = {{"startup", 3}};
    result[2].name = "tpe";
    result[2].options = {{"startup", 3}, {"multivariate", false}, {"candidates", 5}};
    result[3].name = "cmaes";
    result[4].name = "qmc";
    result[5].name = "grid";
    result[6].name = "tpe";
    result[6].options = {{"startup", 3}, {"mode", "optuna5"}, {"group", true}};
    result[7].name = "gp";
    result[7].options = {{"startup", 3}};
    result[8].name = "auto";
    result[8].options = {{"gp_results", 8}, {"tpe_every", 3}};
    return result;
  }();
  return specs;
}

Parameter random_parameter(const std::string& name) {
  switch (*rc::gen::inRange(0, 7)) {
    case 0:
      return testing::make_float(name, -3, *rc::gen::element(-3.0, 4.0, 1e6));
    case 1:
      return testing::make_log_float(name, 1e-6, *rc::gen::element(1e-6, 1e-5, 10.0));
    case 2:
      return testing::make_stepped_float(name, 0, *rc::gen::inRange(0, 12) / 10.0, 0.1);
    case 3:
      return testing::make_int(name, -2, -2 + 3 * *rc::gen::inRange(0, 40), 3);
    case 4: {
      Parameter parameter = testing::make_int(name, 1, *rc::gen::element(1, 2, 100, 100'000));
      parameter.log = true;
      return parameter;
    }
    default: {
      std::vector<Json> choices;
      const int count = *rc::gen::inRange(1, 6);
      for (int c = 0; c < count; ++c) choices.emplace_back("c" + std::to_string(c));
      return *rc::gen::arbitrary<bool>() ? testing::make_ordered(name, choices)
                                         : testing::make_categorical(name, choices);
    }
  }
}

SearchSpace random_space() {
  std::vector<Parameter> params;
  const int count = *rc::gen::inRange(1, 7);
  for (int i = 0; i < count; ++i) {
    Parameter parameter = random_parameter("p" + std::to_string(i));
    for (std::size_t parent = 0; parent < params.size(); ++parent) {
      const bool may_have_children = !params[parent].is_numeric();
      if (!may_have_children || *rc::gen::inRange(0, 3) > 0) continue;
      parameter.when.push_back({.parent = parent, .values = {0}});
      if (params[parent].choices.size() > 2) parameter.when.back().values.push_back(2);
      break;
    }
    params.push_back(std::move(parameter));
  }
  std::vector<std::string> require;
  if (params.front().is_numeric() && *rc::gen::arbitrary<bool>()) {
    const double middle = (params.front().low + params.front().high) / 2;
    require.push_back("p0 <= " + std::to_string(middle + 1e-3 * std::abs(middle) + 1e-3));
  }
  return testing::make_space(std::move(params), require);
}

Slice random_slice(const SearchSpace& space) {
  Slice slice = whole_space(space);
  Rng rng = Rng::for_trial(*rc::gen::inRange<std::uint64_t>(0, 1000), 0);
  if (*rc::gen::inRange(0, 3) == 0) return slice;
  slice.key = "W1";
  const Slice whole = slice;
  for (std::size_t p = 0; p < space.size(); ++p) {
    Domain& domain = slice.domains[p];
    const int what = *rc::gen::inRange(0, 4);
    if (what == 0) {
      domain.free = false;
      domain.held = draw_value(space, whole, p, rng);
    } else if (what == 1 && space.params()[p].is_numeric()) {
      const double a = draw_value(space, whole, p, rng);
      const double b = draw_value(space, whole, p, rng);
      domain.low = std::min(a, b);
      domain.high = std::max(a, b);
    } else if (what == 1 && domain.choices.size() > 1) {
      domain.choices.erase(domain.choices.begin());
    }
  }
  return slice;
}

double random_value() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return *rc::gen::element(0.0, -0.0, 1.0, 2.5, -7.0, 1e308, -1e308, kInfinity, -kInfinity,
                           std::numeric_limits<double>::quiet_NaN(), 1e-300);
}

History random_history(const SearchSpace& space, const Slice& slice) {
  History history({*rc::gen::element(Direction::Minimize, Direction::Maximize)});
  const int count = *rc::gen::element(0, 1, 5, 12, 40, 130);
  Rng rng = Rng::for_trial(*rc::gen::inRange<std::uint64_t>(0, 1000), 1);
  const bool all_equal = *rc::gen::inRange(0, 5) == 0;
  const int only_state = *rc::gen::element(-1, -1, -1, 0, 1, 2, 3, 4, 5);
  const int only_cmaes_from = *rc::gen::element(-1, 30, 80, 1000);
  const Slice whole = whole_space(space);
  for (int i = 0; i < count; ++i) {
    const bool in_slice = rng.uniform() < 0.7;
    const Config config = draw_uniform(space, in_slice ? slice : whole, rng);
    const double value = all_equal     ? 1
                         : count <= 12 ? random_value()
                                       : std::round(5 * rng.normal());
    const int state = only_state >= 0 ? only_state : static_cast<int>(rng.index(8));
    Observation trial;
    if (state == 0) trial = testing::running(i, config);
    if (state == 1) trial = testing::failed(i, config, true);
    if (state == 2) trial = testing::failed(i, config, false);
    if (state == 3) trial = testing::infeasible(i, config, value, 1 + rng.uniform());
    if (state == 4) trial = testing::pruned(i, config, static_cast<int>(rng.index(3)) - 1, value);
    if (state >= 5) trial = testing::complete(i, config, value);
    trial.slice = in_slice ? slice.key : "";
    trial.sampler = i > only_cmaes_from ? "cmaes" : "";
    history.apply(trial);
  }
  return history;
}

void expect_legal(const SearchSpace& space, const Slice& slice, const Task& task,
                  const Suggestion& suggestion) {
  RC_ASSERT(suggestion.config.size() == space.size());
  RC_ASSERT(slice.contains(space, suggestion.config));
  RC_ASSERT(space.contains(suggestion.config));  // legal, conditions respected, require holds
  RC_ASSERT(task.admissible(suggestion.config));
}

TEST(EverySampler, SuggestsAdmissibleMembersOfTheSlice) {
  EXPECT_TRUE(holds([] {
    const SearchSpace space = random_space();
    const Slice slice = random_slice(space);
    const History history = random_history(space, slice);
    const Task task = fresh_task(space, slice, history);
    const auto number = static_cast<std::int64_t>(history.observations().size());
    for (const SamplerSpec& spec : all_samplers()) {
      Rng rng = Rng::for_trial(1, number);
      const auto suggestion = make_sampler(spec)->suggest(task, history, rng);
      if (!suggestion) continue;
      RC_LOG() << spec.name << "\n";
      expect_legal(space, slice, task, *suggestion);
    }
  }));
}

TEST(EverySampler, FindsSomethingInAnOpenSlice) {
  EXPECT_TRUE(holds([] {
    const SearchSpace drawn = random_space();
    const SearchSpace plain({drawn.params().begin(), drawn.params().end()}, {});
    const Slice slice = random_slice(plain);
    const History history = random_history(plain, slice);
    for (const SamplerSpec& spec : all_samplers()) {
      Rng rng = Rng::for_trial(1, 0);
      RC_ASSERT(make_sampler(spec)->suggest(open_task(plain, slice), history, rng).has_value());
    }
  }));
}

// What an object keeps is a cache: an object that has seen other histories, longer and shorter, of
// this and of other slices, says what a fresh one says.
TEST(EverySampler, SuggestsTheSameFreshAndLongLived) {
  EXPECT_TRUE(holds([] {
    const SearchSpace space = random_space();
    const Slice slice = random_slice(space);
    const Slice other = whole_space(space);
    const std::vector<History> histories = {
        random_history(space, slice), random_history(space, slice), random_history(space, other)};
    for (const SamplerSpec& spec : all_samplers()) {
      const std::unique_ptr<Sampler> lived = make_sampler(spec);
      for (const std::size_t k : {0u, 1u, 2u, 0u, 2u}) {
        for (const Slice* asked : {&slice, &other}) {
          const Task task = open_task(space, *asked);
          Rng first = Rng::for_trial(3, 7);
          Rng second = first;
          const auto a = lived->suggest(task, histories[k], first);
          const auto b = make_sampler(spec)->suggest(task, histories[k], second);
          RC_ASSERT(a.has_value() == b.has_value());
          if (a) RC_ASSERT(same_config(a->config, b->config) && a->sampler == b->sampler);
        }
      }
    }
  }));
}

TEST(EverySampler, FollowsAGrowingHistoryAsIfItHadJustBegun) {
  EXPECT_TRUE(holds([] {
    const SearchSpace space = random_space();
    const Slice slice = random_slice(space);
    const History full = random_history(space, slice);
    for (const SamplerSpec& spec : all_samplers()) {
      const std::unique_ptr<Sampler> lived = make_sampler(spec);
      History grown({full.directions().front()});
      for (const Observation& trial : full.observations()) {
        grown.apply(trial);
        if (trial.number % 9 != 0) continue;
        Rng first = Rng::for_trial(3, trial.number);
        Rng second = first;
        const auto a = lived->suggest(open_task(space, slice), grown, first);
        const auto b = make_sampler(spec)->suggest(open_task(space, slice), grown, second);
        RC_ASSERT(a.has_value() == b.has_value());
        if (a) RC_ASSERT(same_config(a->config, b->config));
      }
    }
  }));
}

// TPE looks at trials by number, so that the order in which they finished does not matter to it.
TEST(EverySampler, TpeDoesNotSeeTheOrderOfFinishing) {
  EXPECT_TRUE(holds([] {
    const SearchSpace space = random_space();
    const Slice slice = random_slice(space);
    const History history = random_history(space, slice);
    History backwards({history.directions().front()});
    const auto trials = history.observations();
    for (auto trial = trials.rbegin(); trial != trials.rend(); ++trial) backwards.apply(*trial);
    for (const std::size_t which : {1u, 2u}) {
      const SamplerSpec& spec = all_samplers()[which];
      Rng first = Rng::for_trial(5, 1);
      Rng second = first;
      const auto a = make_sampler(spec)->suggest(open_task(space, slice), history, first);
      const auto b = make_sampler(spec)->suggest(open_task(space, slice), backwards, second);
      RC_ASSERT(a.has_value() == b.has_value());
      if (a) RC_ASSERT(same_config(a->config, b->config));
    }
  }));
}

// Only the ranking of values matters to all but the Gaussian process.
TEST(EverySampler, IsInvariantUnderMonotoneTransformsOfTheValues) {
  EXPECT_TRUE(holds([] {
    const SearchSpace space = random_space();
    const Slice slice = random_slice(space);
    const History history = random_history(space, slice);
    History warped({history.directions().front()});
    for (Observation trial : history.observations()) {
      for (double& value : trial.values) value = std::cbrt(value) / 3;
      trial.last_value = std::cbrt(trial.last_value) / 3;
      warped.apply(trial);
    }
    for (const SamplerSpec& spec : all_samplers()) {
      if (spec.name == "gp") continue;
      Rng first = Rng::for_trial(6, 1);
      Rng second = first;
      const auto a = make_sampler(spec)->suggest(open_task(space, slice), history, first);
      const auto b = make_sampler(spec)->suggest(open_task(space, slice), warped, second);
      RC_ASSERT(a.has_value() == b.has_value());
      if (a) RC_ASSERT(same_config(a->config, b->config));
    }
  }));
}

// `count` trials drawn at random, told random values.
History told(const SearchSpace& space, int count) {
  History history({Direction::Minimize});
  Rng rng = Rng::for_trial(12, 0);
  for (int i = 0; i < count; ++i) {
    history.apply(testing::complete(i, draw_uniform(space, whole_space(space), rng), rng.normal()));
  }
  return history;
}

void expect_suggestions(const SearchSpace& space, const History& history) {
  const Slice slice = whole_space(space);
  for (const SamplerSpec& spec : all_samplers()) {
    SCOPED_TRACE(spec.name);
    Rng rng = Rng::for_trial(13, 0);
    const auto suggestion = make_sampler(spec)->suggest(open_task(space, slice), history, rng);
    ASSERT_TRUE(suggestion);
    EXPECT_TRUE(space.contains(suggestion->config));
  }
}

TEST(EverySampler, CopesWithAThousandChoices) {
  std::vector<Json> choices;
  for (int c = 0; c < 1000; ++c) choices.emplace_back(c);
  const SearchSpace space = testing::make_space(
      {testing::make_categorical("c", choices), testing::make_float("x", 0, 1)});
  expect_suggestions(space, told(space, 60));
}

TEST(EverySampler, CopesWithTwoHundredParameters) {
  const SearchSpace space = testing::box_space(200);
  expect_suggestions(space, told(space, 60));
}

TEST(EverySampler, CopesWithASpaceOfOneConfiguration) {
  const SearchSpace space = testing::make_space(
      {testing::make_categorical("c", {"only"}), testing::make_float("x", 2, 2)});
  expect_suggestions(space, told(space, 30));
}

}  // namespace
}  // namespace studyhall::sampler
