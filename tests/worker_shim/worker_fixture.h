// A worker on a study in memory, in a folder of its own, with real processes.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_study_api.h"
#include "tests/support/processes.h"
#include "tests/support/temp_dir.h"
#include "worker_shim/worker.h"

namespace studyhall::worker_shim {

class WorkerTest : public ::testing::Test {
 protected:
  void TearDown() override {
    EXPECT_TRUE(testing::processes_with(dir_.path().string()).empty());
    EXPECT_TRUE(testing::descendants().empty());
  }

  // A study of x (float) and mode (fast, careful); `experiment` gets the test's folder as its dir.
  [[nodiscard]] Json study_file(Json experiment) const {
    experiment["dir"] = dir_.path().string();
    return {{"name", "s"},
            {"direction", "maximize"},
            {"seed", 1},
            {"params",
             {{"x", {{"type", "float"}, {"low", 0}, {"high", 10}}},
              {"mode", {{"type", "categorical"}, {"choices", {"fast", "careful"}}}}}},
            {"experiment", std::move(experiment)}};
  }
  // A plain experiment: `script` is run by sh.
  [[nodiscard]] static Json shell(const std::string& script) {
    return {{"agent", "command"}, {"command", {"sh", "-c", script}}};
  }
  // One that writes `result` as its result.json.
  [[nodiscard]] static Json writing(const std::string& result) {
    return shell("printf '%s' '" + result + "' > result.json");
  }
  [[nodiscard]] static Json params(double x = 1.5) { return {{"x", x}, {"mode", "fast"}}; }

  [[nodiscard]] WorkOptions options() {
    WorkOptions options;
    options.study = "s";
    options.worker = "W1";
    options.runs = dir_.path() / "runs";
    options.beat_every = std::chrono::milliseconds(5);
    options.grace = std::chrono::milliseconds(200);
    options.backoff = std::chrono::milliseconds(1);
    options.read_processors = [this](std::span<const int>) { return processors_(); };
    options.say = [this](const std::string& line) {
      const std::lock_guard lock(said_mutex_);
      said_.push_back(line);
    };
    return options;
  }
  WorkSummary work(testing::FakeStudyApi& api) { return work(api, options()); }
  WorkSummary work(testing::FakeStudyApi& api, const WorkOptions& options) {
    return worker_shim::work(api, clock_, options, interrupted_);
  }
  // What the one trial of a study with this experiment is told as.
  TellRequest told_for(const Json& experiment) { return told_for_file(study_file(experiment)); }
  TellRequest told_for_file(const Json& file) {
    testing::FakeStudyApi api(file);
    api.add_trial(params());
    work(api);
    const auto told = api.told();
    EXPECT_EQ(told.size(), 1U);
    return told.empty() ? TellRequest{} : told.front().request;
  }

  [[nodiscard]] std::filesystem::path workspace(const std::string& name) const {
    return dir_.path() / "runs" / "s" / name;
  }
  [[nodiscard]] bool said(const std::string& part) const {
    const std::lock_guard lock(said_mutex_);
    return std::any_of(said_.begin(), said_.end(), [&](const std::string& line) {
      return line.find(part) != std::string::npos;
    });
  }

  testing::TempDir dir_;
  testing::FakeClock clock_;
  std::atomic<bool> interrupted_ = false;
  // What the machine's processors did; nothing but stand idle, whatever else runs on it.
  std::function<ProcessorTimes()> processors_ = [idle = 0.0]() mutable {
    return ProcessorTimes{0, idle += 100, 0};
  };

 private:
  mutable std::mutex said_mutex_;
  std::vector<std::string> said_;
};

}  // namespace studyhall::worker_shim
