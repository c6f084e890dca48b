// The split and the densities against those of Optuna 5 on recorded histories.

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "sampler/tpe/exact_model.h"
#include "tests/sampler/golden.h"
#include "tests/sampler/histories.h"

namespace studyhall::sampler::tpe {
namespace {

SearchSpace space_of(const Json& described) {
  std::vector<Parameter> params;
  for (const auto& [name, entry] : described.items()) {
    Parameter parameter;
    parameter.name = name;
    if (entry.at("type") == "categorical") {
      parameter.kind = ParamKind::Categorical;
      parameter.choices.assign(entry.at("choices").begin(), entry.at("choices").end());
    } else {
      parameter.kind = entry.at("type") == "int" ? ParamKind::Int : ParamKind::Float;
      parameter.low = entry.at("low").get<double>();
      parameter.high = entry.at("high").get<double>();
      parameter.log = entry.at("log").get<bool>();
      parameter.step = entry.at("step").is_null() ? 0 : entry.at("step").get<double>();
    }
    params.push_back(std::move(parameter));
  }
  return SearchSpace(std::move(params), {});
}

Config config_of(const SearchSpace& space, const Json& values) {
  Config config;
  for (const Parameter& parameter : space.params()) {
    config.push_back(parameter.to_internal(values.at(parameter.name)));
  }
  return config;
}

Observation observation_of(const SearchSpace& space, const Json& trial) {
  Observation result;
  result.number = trial.at("number").get<std::int64_t>();
  result.config = config_of(space, trial.at("params"));
  if (trial.at("state") == "COMPLETE") {
    result.state = TrialState::Complete;
    result.values = {trial.at("value").get<double>()};
  } else {
    result.state = TrialState::Pruned;
  }
  if (trial.contains("intermediate") && !trial.at("intermediate").empty()) {
    const Json& last = trial.at("intermediate").back();
    result.last_step = last.at(0).get<std::int64_t>();
    result.last_value = last.at(1).is_null() ? kInactive : last.at(1).get<double>();
  }
  if (trial.contains("constraints")) {
    result.constraints = trial.at("constraints").get<std::vector<double>>();
  }
  return result;
}

// Optuna's widths of equal observations depend on the order in which numpy's unstable sort leaves
// them, which differs between versions and processors; ours go by trial number. The recorded order
// is imposed by moving equal values apart by some 1e-13 of a step.
void impose_order(const SearchSpace& space, const Json& sorted, std::vector<Observation>& trials) {
  for (const auto& [name, numbers] : sorted.items()) {
    const std::size_t p = *space.find(name);
    double last = kInactive;
    int equal = 0;
    for (const Json& number : numbers) {
      double& value = trials[number.get<std::size_t>()].config[p];
      equal = value == last ? equal + 1 : 0;
      last = value;
      value += 2e-13 * equal * space.params()[p].step;
    }
  }
}

// 1e-9 relative: Optuna's own ln Phi loses digits at narrow intervals and near its right tail.
void expect_same_densities(const Mixture& mixture, const Points& points, const Json& expected) {
  const std::vector<double> found = mixture.log_density(points);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t k = 0; k < found.size(); ++k) {
    const double value = expected[k].get<double>();
    EXPECT_NEAR(found[k], value, 1e-9 * std::max(1.0, std::abs(value))) << "probe " << k;
  }
}

void check(const Json& golden) {
  const SearchSpace space = space_of(golden.at("space"));
  const Direction direction =
      golden.at("direction") == "minimize" ? Direction::Minimize : Direction::Maximize;
  std::vector<Observation> trials;
  for (const Json& trial : golden.at("trials")) trials.push_back(observation_of(space, trial));
  if (golden.contains("sorted")) impose_order(space, golden.at("sorted"), trials);
  const History history = testing::make_history(trials, direction);
  std::vector<const Observation*> pointers;
  for (const Observation& trial : history.observations()) pointers.push_back(&trial);

  std::vector<std::int64_t> below;
  for (const std::size_t i : split(pointers, history.directions()).below)
    below.push_back(pointers[i]->number);
  EXPECT_EQ(below, golden.at("below").get<std::vector<std::int64_t>>());

  const Slice slice = whole_space(space);
  const bool multivariate = golden.at("multivariate").get<bool>();
  ExactModel model(space, slice, history, multivariate ? Grouping::Unconditional : Grouping::Alone);
  const std::size_t models = golden.at("order").size();
  ASSERT_EQ(model.groups(), models);
  for (std::size_t m = 0; m < models; ++m) {
    SCOPED_TRACE(golden.at("order")[m].dump());
    Points points{.axes = golden.at("order")[m].size(), .values = {}};
    for (const Json& probe : golden.at("probes")) {
      const Config config = config_of(space, probe);
      if (multivariate) {
        points.values.insert(points.values.end(), config.begin(), config.end());
      } else {
        points.values.push_back(config[model.parameters(m).front()]);
      }
    }
    const Densities& densities = model.densities(m);
    expect_same_densities(densities.good, points, golden.at("log_l")[m]);
    expect_same_densities(densities.other, points, golden.at("log_g")[m]);
  }
}

TEST(TpeModel, EqualsOptuna5OnRecordedHistories) {
  const Json golden = testing::load_golden("tpe_optuna5.json");
  ASSERT_EQ(golden.at("cases").size(), 34u);
  for (const Json& entry : golden.at("cases")) {
    SCOPED_TRACE(entry.at("name").get<std::string>());
    check(entry);
  }
}

}  // namespace
}  // namespace studyhall::sampler::tpe
