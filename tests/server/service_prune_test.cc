#include <gtest/gtest.h>

#include "tests/server/service_fixture.h"

namespace studyhall::server {
namespace {

class Prune : public ServiceTest {
 protected:
  void create_with(const Json& pruner) {
    Json file = two_floats();
    file["pruner"] = pruner;
    create(file);
  }
  BeatAnswer report(const AskedTrial& trial, std::int64_t step, double value) {
    return service_->report("s", trial.number, {step, value, trial.lease.token});
  }
  BeatAnswer beat(const AskedTrial& trial) {
    return service_->heartbeat("s", trial.number, {trial.lease.token});
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, Prune, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(Prune, AnswersReportsAndFromThenOnEveryBeat) {
  create_with({{"name", "threshold"}, {"lower", 0}});
  const AskedTrial trial = ask();

  EXPECT_FALSE(report(trial, 0, 1).prune);
  EXPECT_FALSE(beat(trial).prune);
  EXPECT_TRUE(report(trial, 1, -1).prune);
  EXPECT_TRUE(beat(trial).prune);
  restart();
  EXPECT_TRUE(beat(trial).prune);
  EXPECT_TRUE(report(trial, 2, 1).prune);
  EXPECT_EQ(view(0).intermediate, (std::map<std::int64_t, double>{{0, 1}, {1, -1}, {2, 1}}));

  TellRequest request;
  request.state = TrialState::Pruned;
  request.lease = trial.lease.token;
  EXPECT_EQ(service_->tell("s", trial.number, request).state, TrialState::Pruned);
  EXPECT_TRUE(beat(trial).stop);
}

TEST_P(Prune, ComparesWithTheTrialsThatAreDone) {
  create_with({{"name", "median"}, {"n_startup_trials", 2}});
  for (const double value : {1.0, 2.0, 3.0}) {
    const AskedTrial trial = ask();
    EXPECT_FALSE(report(trial, 0, value).prune);
    tell(trial, value);
  }
  restart();

  const AskedTrial bad = ask();
  const AskedTrial good = ask();

  EXPECT_TRUE(report(bad, 0, 1.5).prune);  // maximized, the median is 2
  EXPECT_FALSE(report(good, 0, 2).prune);
  EXPECT_FALSE(beat(good).prune);
}

TEST_P(Prune, StartsAfreshWithANewAttempt) {
  create_with({{"name", "threshold"}, {"lower", 0}});
  const AskedTrial first = ask();
  EXPECT_TRUE(report(first, 0, -1).prune);
  service_->release("s", first.number, first.lease.token);

  const AskedTrial second = ask();

  EXPECT_EQ(second.number, first.number);
  EXPECT_FALSE(beat(second).prune);
  EXPECT_FALSE(report(second, 0, 1).prune);
}

TEST_P(Prune, NeverHappensWithoutAPruner) {
  create(two_floats());
  const AskedTrial trial = ask();

  EXPECT_FALSE(report(trial, 0, -1e300).prune);
  EXPECT_FALSE(beat(trial).prune);
}

}  // namespace
}  // namespace studyhall::server
