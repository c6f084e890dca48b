#include "server/trial_block.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/hash.h"
#include "tests/support/random_trials.h"

namespace studyhall::server {
namespace {

using studyhall::testing::expect_same;
using studyhall::testing::RandomTrials;

std::vector<BlockTrial> ended_trials(std::int64_t first, int count) {
  RandomTrials random(11);
  std::vector<BlockTrial> trials;
  while (std::ssize(trials) < count) {
    Trial trial = random.trial(first + std::ssize(trials));
    if (!is_finished(trial.state)) continue;
    const auto number = static_cast<std::uint64_t>(trial.number);
    trials.push_back({std::move(trial), std::nullopt});
    if (random.index(3) > 0) trials.back().holds = Digest{number, ~number};
  }
  return trials;
}

std::string block_of(const std::vector<BlockTrial>& trials) {
  TrialBlockWriter block;
  for (const BlockTrial& one : trials) block.add(one.trial, one.holds);
  return block.bytes();
}

TEST(TrialBlock, GivesBackWhatWasPutIn) {
  const std::vector<BlockTrial> trials = ended_trials(2048, 1024);

  const auto read = read_trial_block(block_of(trials), 2048);

  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), trials.size());
  for (std::size_t i = 0; i < trials.size(); ++i) {
    expect_same((*read)[i].trial, trials[i].trial);
    EXPECT_EQ((*read)[i].holds, trials[i].holds);
  }
}

TEST(TrialBlock, RefusesDamagedBytes) {
  const std::string bytes = block_of(ended_trials(0, 20));
  for (std::size_t at = 0; at < bytes.size(); at += 7) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    EXPECT_FALSE(read_trial_block(damaged, 0)) << at;
    EXPECT_FALSE(read_trial_block(bytes.substr(0, at), 0)) << at;
  }
}

// Blocks stay on disks from one version to the next. Where this fails, raise kForm in
// trial_block.cc, so that blocks of before are left alone, and put the new digest here.
TEST(TrialBlock, HasTheFormOfItsNumber) {
  Trial trial;
  trial.state = TrialState::Fail;
  trial.config = {0.5, 3, kInactive};
  trial.values = {-1};
  trial.constraints = {2};
  trial.ran = {{"lr", 0.25}};
  trial.metrics = {{"loss", 0.125}};
  trial.intermediate = {{3, 0.75}};
  trial.started = Timestamp(Duration(1'000'000));
  trial.completed = Timestamp(Duration(3'000'000));
  trial.record.worker = "W1";
  trial.record.reason = FailReason::Infra;
  trial.record.note = "late";
  trial.record.usage.turns = 5;
  trial.record.evidence = {{"kind", "attested"}};
  trial.record.confirms = 4;
  trial.record.told = 300;
  Trial rare = trial;
  rare.record.tags = {"gpu"};

  const std::string bytes = block_of({{trial, Digest{1, 2}}, {rare, std::nullopt}});

  EXPECT_EQ(sha256_hex(bytes), "2f3cc5cb5ef671487460444f6a82d9fce5cb0338896483e9b087322e32b82435");
}

}  // namespace
}  // namespace studyhall::server
