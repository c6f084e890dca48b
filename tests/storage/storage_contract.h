// The fixture of the tests that every backend must pass.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "storage/memory_storage.h"
#include "storage/sqlite_storage.h"
#include "tests/storage/study_builder.h"
#include "tests/support/temp_dir.h"

namespace studyhall::storage {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Backend {
  std::string name;
  std::function<std::unique_ptr<Storage>(const std::filesystem::path& folder)> open;
};

class StorageContract : public ::testing::TestWithParam<Backend> {
 protected:
  // The code of the Error that `work` throws.
  static ErrorCode code_of(const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorCode::Internal;
  }

  std::vector<std::int64_t> numbers(StudyId study, const TrialFilter& filter) {
    std::vector<std::int64_t> found;
    for (const Trial& trial : storage_->trials(study, filter)) {
      found.push_back(trial.number);
    }
    return found;
  }

  studyhall::testing::TempDir folder_;
  std::unique_ptr<Storage> storage_ = GetParam().open(folder_.path());
};

inline auto all_backends() {
  return ::testing::Values(
      Backend{"Memory", [](const auto& /*folder*/) { return make_memory_storage(); }},
      Backend{"Sqlite",
              [](const auto& folder) { return open_sqlite_storage(folder / "studies.db"); }});
}

inline std::string backend_name(const ::testing::TestParamInfo<Backend>& tested) {
  return tested.param.name;
}

inline void expect_same_numbers(const std::vector<double>& found,
                                const std::vector<double>& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_TRUE(found[i] == wanted[i] || (std::isnan(found[i]) && std::isnan(wanted[i])))
        << i << ": " << found[i] << " instead of " << wanted[i];
  }
}

inline void expect_same(const Trial& found, const Trial& wanted) {
  EXPECT_EQ(found.number, wanted.number);
  EXPECT_EQ(found.state, wanted.state);
  expect_same_numbers(found.config, wanted.config);
  EXPECT_EQ(found.values, wanted.values);
  EXPECT_EQ(found.constraints, wanted.constraints);
  EXPECT_EQ(found.metrics, wanted.metrics);
  EXPECT_EQ(found.intermediate, wanted.intermediate);
  EXPECT_EQ(found.started, wanted.started);
  EXPECT_EQ(found.completed, wanted.completed);
  EXPECT_EQ(found.record, wanted.record);
}

// A complete trial with something in every field.
inline Trial full_trial(std::int64_t number) {
  Trial trial = completed(make_running(number, 0.1 + 0.2), {1.0 / 3});
  trial.constraints = {-0.5, 0.0};
  trial.metrics = {{"runtime_min", 57.1}, {"rows", 1e300}, {"tiny", 5e-324}, {"count", 3}};
  trial.intermediate = {{-1, 0.5}, {0, kInfinity}, {7, 1e-300}, {1'000'000'000'000, -kInfinity}};
  trial.started = at_second(1.000001);
  trial.completed = at_second(3600.999999);
  trial.record.purpose = Purpose::Retry;
  trial.record.attempt = 3;
  trial.record.slice = "W1";
  trial.record.pin = 4;
  trial.record.pin_version = 2;
  trial.record.as_of = 17;
  trial.record.priority = -1.5;
  trial.record.note = "line one\nline \"two\" \u00fc";
  trial.record.usage = {.cost_usd = 0.25, .turns = 12, .tokens = 34567, .seconds = 61.5};
  trial.record.evidence = Json{{"command", {"python3", "score.py"}}, {"exit", 0}};
  return trial;
}

}  // namespace studyhall::storage
