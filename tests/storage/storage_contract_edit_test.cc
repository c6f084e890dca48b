// What every backend makes of trials whose study's space is edited.
#include "core/space_edit.h"
#include "core/study_edit.h"
#include "tests/storage/storage_contract.h"

namespace studyhall::storage {
namespace {

class EditedStorageContract : public StorageContract {};

INSTANTIATE_TEST_SUITE_P(Backends, EditedStorageContract, all_backends(), backend_name);

TEST_P(EditedStorageContract, TrialsKeepTheirParametersWhenTheSpaceIsEdited) {
  const auto spec = make_spec("a");
  const StudyId study = create(*storage_, spec);
  Trial running = make_running(0);
  running.config = make_config(1.5, 0);
  Trial queued;
  queued.number = 1;
  queued.config.assign(spec->space.size(), kInactive);
  queued.config[kX] = 1.75;
  Trial fitting = completed(make_running(2), {0.5});
  commit(*storage_, study, {AddTrial{running}, AddTrial{queued}, AddTrial{fitting}});
  const auto edited = edit_study_spec(*spec, Json::parse(R"({"params": {
      "x": {"high": 1}, "mode": {"choices": [4, null, "fast"]},
      "depth": {"retired": true, "absent": 3},
      "n": {"type": "int", "low": 1, "high": 5, "default": 2}}})"));
  const Json ran = params_of(spec->space, running);

  commit(*storage_, study, {SetSpec{edited}});

  const Trial read = only_trial(*storage_, study, 0);
  EXPECT_EQ(read.fit, Fit::Outside);
  EXPECT_EQ(params_of(edited->space, read), ran);
  EXPECT_EQ(edited->space.to_json(read.config)["extra"], 2.5);
  Trial told = completed(read, {0.25});
  commit(*storage_, study, {UpdateTrial{TrialState::Running, told}});
  EXPECT_EQ(params_of(edited->space, only_trial(*storage_, study, 0)), ran);
  const Trial waiting = only_trial(*storage_, study, 1);
  EXPECT_EQ(waiting.fit, Fit::Outside);
  EXPECT_EQ(params_of(edited->space, waiting), Json::parse(R"({"x": 1.75})"));
  Trial withdrawn = waiting;
  withdrawn.state = TrialState::Fail;
  commit(*storage_, study, {UpdateTrial{TrialState::Waiting, withdrawn}});
  EXPECT_EQ(params_of(edited->space, only_trial(*storage_, study, 1)),
            Json::parse(R"({"x": 1.75})"));
  const Trial fitted = only_trial(*storage_, study, 2);
  EXPECT_EQ(fitted.fit, Fit::Exact);
  EXPECT_EQ(edited->space.to_json(fitted.config)["n"], 2);
  EXPECT_EQ(edited->space.to_json(fitted.config)["mode"], nullptr);
  EXPECT_FALSE(params_of(edited->space, fitted).contains("n"));

  commit(*storage_, study, {SetSpec{spec}});
  expect_same(only_trial(*storage_, study, 2), fitting);
}

TEST_P(EditedStorageContract, AGroupThatFailsEditsNothing) {
  const auto spec = make_spec("a");
  const StudyId study = create(*storage_, spec);
  commit(*storage_, study, {AddTrial{make_running(0)}});
  const auto edited = edit_study_spec(*spec, Json::parse(R"({"params": {"x": {"high": 0.25}}})"));

  EXPECT_EQ(code_of([&] {
              commit(*storage_, study, {SetSpec{edited}, AddTrial{make_running(7)}});
            }),
            ErrorCode::Conflict);

  EXPECT_EQ(storage_->find_study("a")->spec->resolved, spec->resolved);
  expect_same(only_trial(*storage_, study, 0), make_running(0));
}

}  // namespace
}  // namespace studyhall::storage
