#include "storage/common_record.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace studyhall::storage {
namespace {

Trial common_trial() {
  Trial trial;
  trial.state = TrialState::Complete;
  trial.started = Timestamp(Duration(1'795'332'151'478'290));
  trial.completed = Timestamp(Duration(-5));
  trial.record.worker = "W 1";
  trial.record.purpose = Purpose::Replicate;
  trial.record.attempt = 2;
  trial.record.sampler = "tpe";
  trial.record.slice = "W1*";
  trial.record.pin = 7;
  trial.record.pin_version = 3;
  trial.record.as_of = 1'000'000'007;
  trial.record.told = 1'000'000'009;
  trial.record.priority = -1.25e-3;
  trial.record.version = "0a1b";
  return trial;
}

TEST(CommonRecord, IsReadAsItWasWritten) {
  Trial failed = common_trial();
  failed.state = TrialState::Fail;
  failed.record.reason = FailReason::BadConfig;
  Trial waiting;
  for (const Trial& trial : {common_trial(), failed, waiting}) {
    const auto read = read_common_record(record_text(trial));

    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->record, trial.record);
    EXPECT_EQ(read->times.state, trial.state);
    EXPECT_EQ(read->times.started, trial.started);
    EXPECT_EQ(read->times.completed, trial.completed);
    EXPECT_TRUE(read->values.empty());
  }
}

TEST(CommonRecord, LeavesTheRestToTheJsonReader) {
  std::vector<Trial> rare(6, common_trial());
  rare[0].record.worker = "\"quoted\"";
  rare[1].record.worker = "Zoë";
  rare[2].record.note = "lost";
  rare[3].record.tags = {"gpu"};
  rare[4].record.usage.cost_usd = 1.5;
  rare[5].record.evidence = {{"kind", "attested"}};
  for (const Trial& trial : rare) {
    const std::string text = record_text(trial);
    EXPECT_FALSE(read_common_record(text).has_value()) << text;
    EXPECT_EQ(parse_record(text).record, trial.record) << text;
  }
}

TEST(CommonRecord, LeavesDamagedTextsToTheJsonReader) {
  const std::string text = record_text(common_trial());
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(read_common_record(text.substr(0, length)).has_value()) << length;
  }
  const std::vector<std::pair<std::string, std::string>> edits{
      {"\"pin\":7", "\"pin\":07"},
      {"\"pin\":7", "\"pin\":7.0"},
      {"\"pin\":7", "\"pin\": 7"},
      {"\"pin\":7", "\"pin\":\"7\""},
      {"\"pin\":7", "\"pin\":+7"},
      {"\"pin\":7", "\"pin\":99999999999999999999"},
      {"\"pin\":7", "\"pin\":7,\"pin\":7"},
      {"\"row_state\"", "\"other\""},
      {"complete", "done"},
      {"replicate", "repeat"},
      {"-0.00125", "nan"}};
  for (const auto& [from, to] : edits) {
    std::string damaged = text;
    const std::size_t at = damaged.find(from);
    ASSERT_NE(at, std::string::npos) << from << " in " << text;
    damaged.replace(at, from.size(), to);
    EXPECT_FALSE(read_common_record(damaged).has_value()) << damaged;
  }
  EXPECT_FALSE(read_common_record(text + " ").has_value());
}

}  // namespace
}  // namespace studyhall::storage
