#include "tests/storage/storage_contract.h"

namespace studyhall::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TaskContract : public StorageContract {
 protected:
  static TaskRecord make_task(std::int64_t number, TaskState state = TaskState::Waiting) {
    TaskRecord record;
    Task& task = record.task;
    task.number = number;
    task.title = "t\u00fc \"x\"";
    task.description = "words";
    task.priority = -2.5;
    task.tags = {"a", "b"};
    task.after = {0};
    task.after_trials = {3, 4};
    task.retries = 7;
    task.author = "Ann";
    task.created = at_second(0.000001);
    task.state = state;
    if (state == TaskState::Waiting) return record;
    task.worker = "W1";
    task.attempt = 2;
    task.started = at_second(1);
    task.ended = at_second(2);
    task.parked_until = at_second(3);
    task.reason = FailReason::Dependency;
    task.result = {{"commit", "1f3a"}, {"files", {1, 2.5, nullptr}}};
    task.evidence = "text";
    task.note = "note";
    task.usage = {.cost_usd = 1.25, .turns = 3, .tokens = 4, .seconds = 0.5};
    task.earlier = {{"W2", {.cost_usd = 2, .turns = {}, .tokens = {}, .seconds = {}}}};
    record.leases = {{.number = number,
                      .token = "lease-1",
                      .worker = "W2",
                      .attempt = 1,
                      .length = std::chrono::seconds(60),
                      .expires_at = at_second(60),
                      .current = false,
                      .told_as = number},
                     {.number = number,
                      .token = "lease-2",
                      .worker = "W1",
                      .attempt = 2,
                      .length = std::chrono::seconds(90),
                      .expires_at = at_second(90)}};
    return record;
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, TaskContract, all_backends(), backend_name);

TEST_P(TaskContract, KeepsTasksWithTheirLeases) {
  const StudyId study = create(*storage_, make_spec("a"));
  const StudyId other = create(*storage_, make_spec("other"));
  commit(*storage_, study, {AddTask{make_task(0)}, AddTask{make_task(1)}});
  commit(*storage_, study, {UpdateTask{TaskState::Waiting, make_task(1, TaskState::Running)}});

  EXPECT_THAT(storage_->tasks(study), ElementsAre(make_task(0), make_task(1, TaskState::Running)));
  EXPECT_THAT(storage_->tasks(other), IsEmpty());
  EXPECT_THAT(storage_->trials(study, {}), IsEmpty());
  commit(*storage_, study, {DeleteStudy{}});
  EXPECT_THAT(storage_->tasks(study), IsEmpty());
}

TEST_P(TaskContract, RefusesWhatDoesNotFollow) {
  const StudyId study = create(*storage_, make_spec("a"));
  commit(*storage_, study, {AddTask{make_task(0, TaskState::Done)}});
  const auto code = [&](const Write& write) {
    const std::vector<Change> group{change_of(study, {AddTask{make_task(1)}}),
                                    change_of(study, {write})};
    return code_of([&] { (void)storage_->commit(group); });
  };

  EXPECT_EQ(code(AddTask{make_task(3)}), ErrorCode::Conflict);
  EXPECT_EQ(code(AddTask{make_task(0)}), ErrorCode::Conflict);
  EXPECT_EQ(code(UpdateTask{TaskState::Waiting, make_task(0, TaskState::Running)}),
            ErrorCode::Conflict);
  EXPECT_EQ(code(UpdateTask{TaskState::Done, make_task(0, TaskState::Running)}),
            ErrorCode::Conflict);
  EXPECT_EQ(code(UpdateTask{TaskState::Waiting, make_task(9, TaskState::Running)}),
            ErrorCode::NotFound);
  EXPECT_THAT(storage_->tasks(study), ElementsAre(make_task(0, TaskState::Done)))
      << "nothing of a group that is refused is written";
  commit(*storage_, study, {UpdateTask{TaskState::Done, make_task(0, TaskState::Done)}});
}

}  // namespace
}  // namespace studyhall::storage
