#include "sampler/tpe/live_split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "tests/sampler/histories.h"

namespace studyhall::sampler::tpe {
namespace {

using testing::complete;
using testing::failed;
using testing::infeasible;
using testing::make_history;
using testing::pruned;
using testing::running;

bool anything(const Observation&) { return true; }
bool left_half(const Observation& trial) { return trial.config[0] < 0.5; }

struct Members {
  std::vector<std::int64_t> good;
  std::vector<std::int64_t> others;
  std::vector<std::int64_t> running;
  double weight = 0;
  std::size_t told = 0;
  bool operator==(const Members&) const = default;
};

Members members(const LiveSplit& split, const History& history) {
  Members result;
  for (const Rank& rank : split.good()) result.good.push_back(rank.number);
  for (const Observation& trial : history.observations()) {
    if (split.is_other(trial.number)) result.others.push_back(trial.number);
    if (split.is_running(trial.number)) result.running.push_back(trial.number);
    EXPECT_EQ(split.is_good(trial.number),
              std::count(result.good.begin(), result.good.end(), trial.number) == 1);
  }
  result.weight = split.weight_of_other();
  result.told = split.told_anywhere();
  return result;
}

Observation random_trial(std::int64_t number, Rng& rng) {
  const Config config = {rng.uniform()};
  const double value = static_cast<double>(rng.index(30));
  switch (rng.index(8)) {
    case 0:
      return running(number, config);
    case 1:
      return pruned(number, config, static_cast<std::int64_t>(rng.index(3)), value);
    case 2:
      return infeasible(number, config, value, 1 + rng.uniform());
    case 3:
      return failed(number, config, rng.index(2) == 0);
    default:
      return complete(number, config, value);
  }
}

TEST(LiveSplit, IsTheSameHoweverItGotThere) {
  for (const bool narrow : {false, true}) {
    Rng rng = Rng::for_trial(31, narrow);
    History history({Direction::Minimize});
    LiveSplit kept(narrow ? left_half : anything, Direction::Minimize, 20);
    for (int step = 0; step < 3000; ++step) {
      const auto number = static_cast<std::int64_t>(rng.index(300));
      if (rng.index(6) == 0) {
        history.remove(number);
      } else {
        history.apply(random_trial(number, rng));
      }
      if (rng.index(3) > 0) continue;  // several changes between two looks

      kept.update(history);
      LiveSplit fresh(narrow ? left_half : anything, Direction::Minimize, 20);
      fresh.update(history);
      ASSERT_EQ(members(kept, history), members(fresh, history)) << step;
    }
  }
}

TEST(LiveSplit, AgreesWithTheSplitOfAWholeHistory) {
  Rng rng = Rng::for_trial(32, 0);
  std::vector<Observation> trials;
  for (int i = 0; i < 400; ++i) trials.push_back(random_trial(i, rng));
  const History history = make_history(trials);
  std::vector<const Observation*> pointers;
  for (const Observation& trial : history.observations()) pointers.push_back(&trial);
  const Split whole = split(pointers, history.directions());

  LiveSplit live(anything, Direction::Minimize, 1000);
  live.update(history);

  const Members found = members(live, history);
  std::vector<std::int64_t> good = found.good;
  std::sort(good.begin(), good.end());
  std::vector<std::int64_t> rest = found.others;
  rest.insert(rest.end(), found.running.begin(), found.running.end());
  std::sort(rest.begin(), rest.end());
  std::vector<std::int64_t> below;
  std::vector<std::int64_t> above;
  for (const std::size_t i : whole.below) below.push_back(pointers[i]->number);
  for (const std::size_t i : whole.above) above.push_back(pointers[i]->number);
  EXPECT_EQ(good, below);
  EXPECT_EQ(rest, above);
  EXPECT_EQ(found.weight, 1);
}

TEST(LiveSplit, TellsEveryTrialWhosePartChanged) {
  Rng rng = Rng::for_trial(33, 0);
  History history({Direction::Minimize});
  LiveSplit split(anything, Direction::Minimize, 20);
  split.update(history);
  split.take_touched();
  Members before = members(split, history);
  int partial = 0;
  for (int step = 0; step < 2000; ++step) {
    const auto number = static_cast<std::int64_t>(rng.index(200));
    if (rng.index(6) == 0) {
      history.remove(number);
    } else {
      history.apply(random_trial(number, rng));
    }
    split.update(history);
    const auto touched = split.take_touched();
    Members after = members(split, history);
    if (touched) {
      ++partial;
      const auto changed = [&](std::vector<std::int64_t> a, std::vector<std::int64_t> b) {
        std::sort(a.begin(), a.end());
        std::sort(b.begin(), b.end());
        std::vector<std::int64_t> difference;
        std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(),
                                      std::back_inserter(difference));
        return difference;
      };
      for (const auto& difference :
           {changed(before.good, after.good), changed(before.others, after.others),
            changed(before.running, after.running)}) {
        for (const std::int64_t n : difference) {
          ASSERT_THAT(*touched, ::testing::Contains(n)) << step;
        }
      }
    }
    before = std::move(after);
  }
  EXPECT_GT(partial, 1500);
}

TEST(LiveSplit, TheSampleStandsForAll) {
  std::vector<Observation> trials;
  for (int i = 0; i < 5000; ++i) trials.push_back(complete(i, {0.0002 * i}, i % 997));
  const History history = make_history(trials);
  LiveSplit split(anything, Direction::Minimize, 500);
  split.update(history);

  const Members found = members(split, history);

  EXPECT_NEAR(found.weight * static_cast<double>(found.others.size()), 5000 - 25, 1e-6);
  // A uniform draw of 500 numbers below 5,000: their mean has a standard deviation of 64.5.
  double sum = 0;
  for (const std::int64_t number : found.others) sum += static_cast<double>(number);
  EXPECT_NEAR(sum / static_cast<double>(found.others.size()), 2500, 4 * 64.5);
}

}  // namespace
}  // namespace studyhall::sampler::tpe
