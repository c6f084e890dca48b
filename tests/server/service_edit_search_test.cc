// What samplers and pruners make of a study that was edited.
#include <gmock/gmock.h>

#include <cmath>
#include <utility>

#include "server/replay.h"
#include "tests/server/edit_fixture.h"

namespace studyhall::server {
namespace {

using ::testing::SizeIs;

class EditedSearch : public EditTest {
 protected:
  // Asks and tells; what was suggested.
  std::vector<Json> search(int trials) {
    std::vector<Json> suggested;
    for (int i = 0; i < trials; ++i) {
      const AskedTrial trial = ask(i % 2 == 0 ? "W1" : "W2");
      suggested.push_back(trial.params);
      tell(trial, -std::abs(trial.params["x"].get<double>() - 0.4));
    }
    return suggested;
  }
  void create_with(const std::string& sampler) {
    create(study_of_two(), {{"sampler", sampler},
                            {"workers", {{"W1", {{"focus", {"x"}}}}}},
                            {"params",
                             {{"x", {{"type", "float"}, {"low", 0}, {"high", 1}}},
                              {"y", {{"type", "int"}, {"low", 0}, {"high", 40}, {"default", 3}}},
                              {"c", {{"type", "categorical"}, {"choices", {"a", "b", "d"}}}}}}});
  }
  void edit_all() {
    edit(R"({"params": {"x": {"low": 0.2, "high": 0.8}, "y": null,
                        "c": {"choices": ["new", "a"]},
                        "n": {"type": "int", "low": 1, "high": 4, "default": 2}},
             "workers": {"W1": {"focus": ["x", "n"]}}})");
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, EditedSearch, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(EditedSearch, EverySamplerStaysInTheNewSpaceAndSuggestsTheSameAfterARestart) {
  for (const char* sampler : {"auto", "tpe", "cmaes", "random", "qmc", "grid"}) {
    SCOPED_TRACE(sampler);
    std::vector<std::vector<Json>> found;
    for (const bool restarts : {false, true}) {
      create_with(sampler);
      search(24);
      edit_all();
      std::vector<Json> suggested;
      for (int i = 0; i < 12; ++i) {
        if (restarts) restart();
        suggested.push_back(search(1).front());
      }
      for (const Json& params : suggested) {
        EXPECT_THAT(params, SizeIs(3));
        EXPECT_GE(params["x"], 0.2);
        EXPECT_LE(params["x"], 0.8);
        EXPECT_TRUE(params["c"] == "new" || params["c"] == "a") << params;
        EXPECT_GE(params["n"], 1);
      }
      found.push_back(std::move(suggested));
      const ReplayReport again = replay(*storage_, "s");
      EXPECT_TRUE(again.equal()) << again.differences.at(0).what << ": "
                                 << again.differences.at(0).expected << " instead of "
                                 << again.differences.at(0).found;
      EXPECT_EQ(again.suggestions.equal, 36);
      service_->delete_study("s");
    }
    EXPECT_EQ(found[0], found[1]);
  }
}

TEST_P(EditedSearch, LearnsFromOlderTrialsThatStillFit) {
  create(study_of_two(), {{"sampler", "tpe"}});
  search(30);

  edit(R"({"params": {"x": {"low": 0.1}, "n": {"type": "int", "low": 1, "high": 4,
                                               "default": 2}}})");
  EXPECT_EQ(ask().sampler, "tpe");
  edit(R"({"params": {"x": {"low": 2, "high": 3, "default": 2.5}}})");

  EXPECT_EQ(ask().sampler, "random") << "no trial is left to learn from";
}

TEST_P(EditedSearch, PrunersCompareWithTrialsOfTheSpaceOnly) {
  create(study_of_two(), {{"pruner", {{"name", "median"}, {"n_startup_trials", 1}}}});
  for (const auto& [x, value] : {std::pair(0.25, 1.0), std::pair(0.75, 9.0), std::pair(0.8, 9.0)}) {
    enqueue({{"x", x}, {"c", "a"}});
    const AskedTrial trial = ask();
    service_->report("s", trial.number, {1, value, trial.lease.token});
    tell(trial, value);
  }
  const AskedTrial before = ask();
  ASSERT_TRUE(service_->report("s", before.number, {1, 5, before.lease.token}).prune);

  edit(R"({"params": {"x": {"high": 0.6}}})");
  const AskedTrial after = ask();

  EXPECT_FALSE(service_->report("s", after.number, {1, 5, after.lease.token}).prune);
}

}  // namespace
}  // namespace studyhall::server
