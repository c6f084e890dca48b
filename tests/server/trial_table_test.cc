#include "server/trial_table.h"

#include <gtest/gtest.h>

#include <bit>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/rng.h"
#include "tests/support/random_trials.h"

namespace studyhall::server {
namespace {

using studyhall::testing::expect_same;
using studyhall::testing::RandomTrials;
using studyhall::testing::same_bits;

void expect_outlined(const TrialTable& table, std::size_t number, const Trial& trial,
                     TrialOutline& outline) {
  table.read(number, outline);
  EXPECT_EQ(outline.state, trial.state);
  EXPECT_EQ(outline.fit, trial.fit);
  EXPECT_EQ(outline.reason, trial.record.reason);
  EXPECT_EQ(outline.told, trial.record.told);
  EXPECT_TRUE(same_bits(outline.values, trial.values));
  EXPECT_TRUE(same_bits(outline.constraints, trial.constraints));
  EXPECT_TRUE(same_bits(outline.config, trial.config));
  EXPECT_EQ(table.state(number), trial.state);
  EXPECT_TRUE(same_bits(table.config(number), trial.config));
}

TEST(TrialTable, GivesBackWhatWasPutLast) {
  RandomTrials random(7);
  TrialTable table;
  std::vector<Trial> plain;
  for (int i = 0; i < 4000; ++i) {
    const bool is_new = plain.size() < 300;
    const std::size_t number = is_new ? plain.size() : random.index(plain.size());
    Trial trial = random.trial(static_cast<std::int64_t>(number));
    if (is_new) plain.emplace_back();
    plain[number] = trial;
    table.put(std::move(trial));
  }

  ASSERT_EQ(table.size(), plain.size());
  TrialOutline outline;
  std::size_t number = 0;
  for (const Trial& trial : table) {
    expect_same(trial, plain[number]);
    expect_outlined(table, number, plain[number], outline);
    ++number;
  }
  EXPECT_EQ(number, plain.size());
}

TEST(TrialTable, NeedsAHundredBytesForAnEndedTrial) {
  constexpr std::size_t kTrials = 20'000;
  Rng rng = Rng::for_trial(7, 0);
  TrialTable table;
  for (std::size_t n = 0; n < kTrials; ++n) {
    Trial trial;
    trial.number = static_cast<std::int64_t>(n);
    trial.state = TrialState::Complete;
    for (int p = 0; p < 9; ++p) {
      trial.config.push_back(p < 3 ? rng.uniform() : static_cast<double>(rng.index(40)));
    }
    trial.values = {rng.uniform()};
    trial.started = Timestamp(std::chrono::hours(24 * 365 * 56));
    trial.completed = *trial.started + std::chrono::hours(1);
    trial.record.worker = "W1";
    trial.record.sampler = "random";
    trial.record.attempt = 1;
    trial.record.pin = static_cast<std::int64_t>(n / 2);
    trial.record.as_of = 2 * trial.number;
    trial.record.told = 2 * trial.number + 20;
    table.put(std::move(trial));
  }

  EXPECT_LT(table.packed_bytes(), 100 * kTrials);
}

TEST(TrialTable, DoesNotGrowWhereTrialsAreReplaced) {
  RandomTrials random(3);
  TrialTable table;
  std::size_t after_first = 0;
  for (int round = 0; round < 10; ++round) {
    for (std::int64_t n = 0; n < 10'000; ++n) {
      Trial trial = random.trial(n);
      trial.state = TrialState::Complete;
      table.put(std::move(trial));
    }
    if (round == 0) after_first = table.packed_bytes();
  }

  EXPECT_LT(table.packed_bytes(), 2 * after_first + (std::size_t{2} << 20));
}

}  // namespace
}  // namespace studyhall::server
