// A StudyService over each backend, with a clock and lease tokens that the test owns.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "server/study_service.h"
#include "storage/memory_storage.h"
#include "storage/sqlite_storage.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace studyhall::server {

class ServiceTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    storage_ = open_storage();
    start();
  }

  std::unique_ptr<storage::Storage> open_storage() {
    if (GetParam() == "memory") return storage::make_memory_storage();
    return storage::open_sqlite_storage(dir_.path() / "studies.db");
  }
  // A new service on the storage, as after a restart.
  void start(ServiceOptions options = {}) {
    options.new_token = [this] { return "lease-" + std::to_string(++tokens_); };
    service_.reset();
    service_ = std::make_unique<StudyService>(*storage_, clock_, std::move(options));
  }
  void restart() {
    service_.reset();
    if (GetParam() != "memory") {
      storage_.reset();
      storage_ = open_storage();
    }
    start();
  }

  static Json two_floats() {
    return Json::parse(R"({"name": "s", "direction": "maximize", "seed": 7,
      "params": {"x": {"type": "float", "low": 0, "high": 1},
                 "y": {"type": "float", "low": 0, "high": 1}}})");
  }
  static Json three_choices() {
    return Json::parse(R"({"name": "s", "direction": "maximize", "seed": 7,
      "params": {"c": {"type": "categorical", "choices": ["a", "b", "c"]}}})");
  }
  void create(Json file, const Json& patch = Json::object()) {
    file.update(patch);
    service_->create_study(file);
  }

  AskAnswer ask_any(const std::string& worker = "", const std::string& request_id = "") {
    AskRequest request;
    request.worker = worker;
    request.request_id = request_id;
    return service_->ask("s", request);
  }
  AskedTrial ask(const std::string& worker = "", const std::string& request_id = "") {
    AskAnswer answer = ask_any(worker, request_id);
    if (answer.trials.empty()) throw std::runtime_error("no trial: " + answer.reason);
    return answer.trials.front();
  }
  TellAnswer tell(const AskedTrial& trial, double value, std::map<std::string, double> metrics = {},
                  const std::string& request_id = "") {
    TellRequest request;
    request.values = {value};
    request.metrics = std::move(metrics);
    request.lease = trial.lease.token;
    request.request_id = request_id;
    return service_->tell("s", trial.number, request);
  }
  TellAnswer fail(const AskedTrial& trial, FailReason reason) {
    TellRequest request;
    request.state = TrialState::Fail;
    request.reason = reason;
    request.lease = trial.lease.token;
    return service_->tell("s", trial.number, request);
  }
  TrialView view(std::int64_t number) { return service_->trial("s", number); }
  EnqueueAnswer enqueue(Json params, double priority = 0, int count = 1) {
    return service_->enqueue("s", {std::move(params), priority, count, ""});
  }

  template <typename Verb>
  static ErrorCode code_of(Verb verb) {
    try {
      verb();
    } catch (const Error& error) {
      return error.code();
    }
    ADD_FAILURE() << "no error was thrown";
    return ErrorCode::Internal;
  }

  studyhall::testing::TempDir dir_;
  studyhall::testing::FakeClock clock_;
  std::atomic<int> tokens_ = 0;
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<StudyService> service_;
};

}  // namespace studyhall::server
