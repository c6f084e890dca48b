// What a call costs in a file with many trials, in steps of SQLite's virtual machine.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <functional>

#include "storage/sqlite_storage.h"
#include "tests/storage/study_builder.h"
#include "tests/support/temp_dir.h"

namespace studyhall::storage {
namespace {

long long steps = 0;

int count_steps(unsigned /*event*/, void* /*context*/, void* statement, void* /*elapsed*/) {
  steps += sqlite3_stmt_status(static_cast<sqlite3_stmt*>(statement), SQLITE_STMTSTATUS_VM_STEP, 1);
  return 0;
}

int count_on_open(sqlite3* database, char** /*message*/, const sqlite3_api_routines* /*routines*/) {
  return sqlite3_trace_v2(database, SQLITE_TRACE_PROFILE, count_steps, nullptr);
}

// Every connection that is opened while this lives counts its steps.
class StepCounter {
 public:
  StepCounter() { sqlite3_auto_extension(entry()); }
  ~StepCounter() { sqlite3_cancel_auto_extension(entry()); }
  StepCounter(const StepCounter&) = delete;
  StepCounter& operator=(const StepCounter&) = delete;

  static long long of(const std::function<void()>& work) {
    steps = 0;
    work();
    return steps;
  }

 private:
  static void (*entry())() { return reinterpret_cast<void (*)()>(count_on_open); }
};

class SqliteCost : public ::testing::Test {
 protected:
  // Adds trials up to `count`, in groups, by the workers W0 to W9 in turn; every second waits.
  void grow(std::int64_t count) {
    while (next_ < count) {
      std::vector<Write> writes;
      for (int i = 0; i < 100; ++i, ++next_) {
        Trial trial = make_running(next_, 0.5, std::string("W").append(std::to_string(next_ % 10)));
        trial.state = next_ % 2 == 0 ? TrialState::Running : TrialState::Waiting;
        writes.emplace_back(AddTrial{trial});
      }
      (void)commit(*storage_, study_, writes);
    }
  }

  // Calls that must not cost more the more trials there are.
  std::vector<std::pair<std::string, std::function<void()>>> calls() {
    const auto page = [this](TrialFilter filter) {
      return [this, filter] { ASSERT_FALSE(storage_->trials(study_, filter).empty()); };
    };
    const std::int64_t after = next_ - 100;
    return {
        {"add", [this] { (void)commit(*storage_, study_, {AddTrial{make_running(next_)}}); }},
        {"tell",
         [this] {
           const Trial told = completed(make_running(next_++), {1});
           (void)commit(*storage_, study_, {UpdateTrial{TrialState::Running, told}});
         }},
        {"report",
         [this] {
           (void)commit(*storage_, study_, {SetIntermediate{next_ / 2, 1, 2}});
         }},
        {"lease",
         [this] {
           (void)commit(*storage_, study_, {PutLease{{.number = 0, .token = "t", .worker = "W"}}});
         }},
        {"one trial", page({.number = next_ / 2})},
        {"page", page({.after = after, .limit = 10})},
        {"page by state", page({.after = after, .state = TrialState::Waiting, .limit = 10})},
        {"page by worker", page({.after = after, .worker = "W3", .limit = 5})},
    };
  }

  StepCounter counter_;
  studyhall::testing::TempDir folder_;
  std::unique_ptr<Storage> storage_ = open_sqlite_storage(folder_.path() / "studies.db");
  StudyId study_ = create(*storage_, make_spec("a"));
  std::int64_t next_ = 0;
};

TEST_F(SqliteCost, DoesNotGrowWithTheStudy) {
  grow(300);
  std::vector<long long> few;
  for (const auto& [name, call] : calls()) {
    few.push_back(StepCounter::of(call));
    EXPECT_GT(few.back(), 0) << name;
  }
  grow(3001);

  std::size_t position = 0;
  for (const auto& [name, call] : calls()) {
    const long long before = few[position++];
    // Ten times the trials; a scan would cost about ten times as much.
    EXPECT_LT(StepCounter::of(call), 2 * before) << name;
  }
}

}  // namespace
}  // namespace studyhall::storage
