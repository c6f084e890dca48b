// Decisions of Optuna's own pruners: tests/data/pruners_optuna.json, made by
// tests/sampler/pruner_reference.py.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sampler/pruner/pruner.h"
#include "tests/sampler/golden.h"
#include "tests/support/study_files.h"

namespace studyhall::sampler::pruner {
namespace {

std::shared_ptr<const StudySpec> spec_of(const Json& pruner, const Json& direction) {
  Json file = testing::smallest_study_file();
  file["direction"] = direction;
  file["pruner"] = pruner;
  return parse_study_spec(file);
}

TEST(Pruners, DecideAsOptunasOwnInRandomStudies) {
  const Json golden = testing::load_golden("pruners_optuna.json");
  ASSERT_GE(golden["cases"].size(), 30u);
  for (const Json& study : golden["cases"]) {
    const auto spec = spec_of(study["pruner"], study["direction"]);
    const std::string name = study["study"];
    SCOPED_TRACE(name + ": " + dump_json(study["pruner"]));
    std::vector<Trial> trials;
    std::int64_t finished = 0;
    int pruned = 0;
    for (const Json& entry : study["log"]) {
      const auto number = entry[1].get<std::size_t>();
      while (trials.size() <= number) {
        trials.emplace_back();
        trials.back().number = std::ssize(trials) - 1;
        trials.back().state = TrialState::Running;
      }
      Trial& trial = trials[number];
      if (entry[0] == "report") {
        trial.intermediate[entry[2]] = entry[3].is_null() ? kInactive : entry[3].get<double>();
        const bool decision =
            should_prune(spec->pruner, {name, spec->directions.front(), trials, trial});
        ASSERT_EQ(decision, entry[4].get<bool>()) << dump_json(entry);
        pruned += decision ? 1 : 0;
        continue;
      }
      trial.state = entry[0] == "complete" ? TrialState::Complete : TrialState::Pruned;
      if (entry[0] == "complete") trial.values = {entry[2].get<double>()};
      trial.record.told = ++finished;
    }
    EXPECT_GT(pruned, 0);
  }
}

}  // namespace
}  // namespace studyhall::sampler::pruner
