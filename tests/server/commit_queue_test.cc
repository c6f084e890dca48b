#include "server/commit_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "core/study_spec.h"
#include "storage/memory_storage.h"
#include "tests/support/gated_storage.h"

namespace studyhall::server {
namespace {

class CommitQueueTest : public ::testing::Test {
 protected:
  static storage::Change creation(const std::string& name) {
    const auto spec = parse_study_spec(Json::parse(R"({"name": ")" + name + R"(",
        "direction": "maximize", "seed": 1, "params": {"x": {"type": "float", "low": 0, "high": 1}}})"));
    storage::StudyRecord record;
    record.name = name;
    record.directions = spec->directions;
    record.spec = spec;
    storage::Change change;
    change.event = Event{1, record.created, "server", EventKind::Created, Json::object()};
    change.writes.emplace_back(storage::CreateStudy{record});
    return change;
  }
  std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const auto& study : inner_->studies()) names.push_back(study.name);
    return names;
  }

  std::unique_ptr<storage::Storage> inner_ = storage::make_memory_storage();
  studyhall::testing::GatedStorage storage_{*inner_};
  std::atomic<int> failures_ = 0;
  std::atomic<std::size_t> written_ = 0;
  std::optional<CommitQueue> queue_{
      std::in_place, storage_, [this] { ++failures_; },
      [this](std::span<const storage::Change> changes) { written_ += changes.size(); }};
};

TEST_F(CommitQueueTest, WritesWhatGathersDuringACommitAsOneGroup) {
  storage_.close_gate();
  const auto first = queue_->submit({creation("a")});
  storage_.wait_for_a_commit();
  const auto second = queue_->submit({creation("b")});
  const auto third = queue_->submit({creation("c"), creation("d")});
  storage_.open_gate();

  CommitQueue::wait(third);
  CommitQueue::wait(first);
  CommitQueue::wait(second);

  EXPECT_EQ(storage_.sizes(), (std::vector<std::size_t>{1, 3}));
  EXPECT_EQ(names(), (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_EQ(written_, 4u);
}

TEST_F(CommitQueueTest, RefusesOnlyWhatStorageRefuses) {
  storage_.close_gate();
  const auto first = queue_->submit({creation("a")});
  storage_.wait_for_a_commit();
  const auto twice = queue_->submit({creation("a")});
  const auto other = queue_->submit({creation("b")});
  storage_.open_gate();

  CommitQueue::wait(first);
  CommitQueue::wait(other);
  EXPECT_THROW(CommitQueue::wait(twice), Error);
  EXPECT_TRUE(CommitQueue::is_written(other));
  EXPECT_FALSE(CommitQueue::is_written(twice));
  EXPECT_EQ(failures_, 1);
  EXPECT_EQ(written_, 2u);
}

TEST_F(CommitQueueTest, FailsAWholeGroupWhileTheDiskDoesNotTakeIt) {
  storage_.fail_next(1);
  const auto ticket = queue_->submit({creation("a")});
  EXPECT_THROW(CommitQueue::wait(ticket), Error);
  EXPECT_EQ(failures_, 1);
  CommitQueue::wait(queue_->submit({creation("a")}));
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

TEST_F(CommitQueueTest, DropsWhatWasDecidedOnAStateThatWasNotWritten) {
  CommitQueue::wait(queue_->submit({creation("a")}));
  const storage::StudyId id = inner_->studies().front().id;
  storage_.close_gate();
  const auto writing = queue_->submit({creation("b")});
  storage_.wait_for_a_commit();
  storage::Change change;
  change.study = id;
  change.writes.emplace_back(storage::SetStopped{"over"});
  const auto dropped = queue_->submit({change});
  queue_->drop(id);
  EXPECT_THROW(CommitQueue::wait(dropped), StateIsStale);
  storage_.open_gate();
  CommitQueue::wait(writing);
  EXPECT_EQ(inner_->find_study("a")->stopped, "");
}

TEST_F(CommitQueueTest, CallsBackOnceATicketIsDone) {
  storage_.close_gate();
  const auto ticket = queue_->submit({creation("a")});
  std::atomic<int> calls = 0;
  queue_->when_done(ticket, [&] { ++calls; });
  queue_->when_done(ticket, [&] { ++calls; });
  EXPECT_EQ(calls, 0);
  storage_.open_gate();
  queue_.reset();  // ends once all is written and said
  EXPECT_EQ(calls, 2);

  queue_.emplace(
      storage_, [] {}, [](std::span<const storage::Change>) {});
  queue_->when_done(ticket, [&] { ++calls; });
  EXPECT_EQ(calls, 3);
}

TEST_F(CommitQueueTest, WorksAloneBetweenGroups) {
  storage_.close_gate();
  const auto ticket = queue_->submit({creation("a")});
  storage_.wait_for_a_commit();
  std::atomic<bool> worked = false;
  std::thread other(
      [&] { queue_->exclusively([&] { worked = names() == std::vector<std::string>{"a"}; }); });
  storage_.open_gate();
  other.join();
  EXPECT_TRUE(worked);
  CommitQueue::wait(ticket);
  EXPECT_THROW(queue_->exclusively([] { throw Error(ErrorCode::Invalid, "no"); }), Error);
  CommitQueue::wait(queue_->submit({creation("b")}));
}

TEST_F(CommitQueueTest, WritesWhatIsQueuedBeforeItEnds) {
  storage_.close_gate();
  queue_->submit({creation("a")});
  storage_.wait_for_a_commit();
  queue_->submit({creation("b")});
  storage_.open_gate();
  queue_.reset();
  EXPECT_EQ(names(), (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace studyhall::server
