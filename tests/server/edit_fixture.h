// Studies with trials that are edited.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/server/service_fixture.h"

namespace studyhall::server {

class EditTest : public ServiceTest {
 protected:
  StudyInfo edit(const Json& patch) { return service_->edit_study("s", {patch, "ann", "because"}); }
  StudyInfo edit(const char* patch) { return edit(Json::parse(patch)); }
  std::vector<EventKind> kinds() {
    std::vector<EventKind> kinds;
    for (const Event& event : service_->events("s", 0, 0)) kinds.push_back(event.kind);
    return kinds;
  }
  // A complete trial with these parameters.
  std::int64_t run(const Json& params, double value, std::map<std::string, double> metrics = {}) {
    enqueue(params);
    const AskedTrial trial = ask();
    EXPECT_EQ(trial.params, params);
    tell(trial, value, std::move(metrics));
    return trial.number;
  }
  static Json study_of_two() {
    return Json::parse(R"({"name": "s", "direction": "maximize", "seed": 7,
      "params": {"x": {"type": "float", "low": 0, "high": 1, "default": 0.5},
                 "c": {"type": "categorical", "choices": ["a", "b", "d"], "default": "a"}}})");
  }
};

}  // namespace studyhall::server
