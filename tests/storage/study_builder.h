// Studies and trials for storage tests, and commits in one line.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"
#include "core/study_spec.h"
#include "core/trial.h"
#include "storage/storage.h"

namespace studyhall::storage {

inline constexpr const char* kEveryKindOfParameter = R"({
  "x": {"type": "float", "low": -1, "high": 2},
  "rate": {"type": "float", "low": 1e-5, "high": 0.1, "log": true},
  "ratio": {"type": "float", "low": 0, "high": 1, "step": 0.25},
  "depth": {"type": "int", "low": 1, "high": 9, "step": 2},
  "width": {"type": "int", "low": 1, "high": 1024, "log": true},
  "mode": {"type": "categorical", "choices": ["fast", null, true, 4, 2.5, "\u00fc\"x"]},
  "extra": {"type": "float", "low": 0, "high": 10, "when": {"mode": ["fast"]}}
})";

// Positions of the parameters above.
enum ParamPosition : std::size_t { kX, kRate, kRatio, kDepth, kWidth, kMode, kExtra };

inline std::shared_ptr<const StudySpec> make_spec(const std::string& name,
                                                  const Json& members = Json::object()) {
  Json file = {{"name", name}, {"direction", "maximize"}, {"seed", 7}};
  file["params"] = Json::parse(kEveryKindOfParameter);
  if (members.contains("directions")) {
    file.erase("direction");
  }
  file.update(members);
  return parse_study_spec(file);
}

inline Timestamp at_second(double second) {
  return Timestamp(std::chrono::seconds(1'790'000'000)) + seconds_to_duration(second);
}

inline StudyRecord make_record(std::shared_ptr<const StudySpec> spec) {
  StudyRecord record;
  record.name = spec->name;
  record.directions = spec->directions;
  record.spec = std::move(spec);
  record.created = at_second(0);
  return record;
}

// Internal values of every parameter; `extra` is inactive unless the mode is the first choice.
inline Config make_config(double x, double mode = 1) {
  return {x, 0.001, 0.25, 3, 64, mode, mode == 0 ? 2.5 : kInactive};
}

inline Trial make_running(std::int64_t number, double x = 0.5, const std::string& worker = "W1") {
  Trial trial;
  trial.number = number;
  trial.state = TrialState::Running;
  trial.config = make_config(x);
  trial.started = at_second(static_cast<double>(number));
  trial.record.worker = worker;
  trial.record.attempt = 1;
  trial.record.sampler = "tpe";
  return trial;
}

inline Trial completed(Trial trial, std::vector<double> values) {
  trial.state = TrialState::Complete;
  trial.values = std::move(values);
  trial.completed = at_second(static_cast<double>(trial.number) + 0.5);
  return trial;
}

inline Event make_event(std::int64_t sequence, EventKind kind = EventKind::Asked) {
  return {.sequence = sequence,
          .time = at_second(static_cast<double>(sequence)),
          .author = "W1",
          .kind = kind,
          .body = Json{{"number", sequence}}};
}

inline Change change_of(StudyId study, std::vector<Write> writes) {
  return {.study = study, .writes = std::move(writes)};
}

inline CommitResult commit(Storage& storage, StudyId study, std::vector<Write> writes) {
  const std::vector<Change> group{change_of(study, std::move(writes))};
  return storage.commit(group);
}

inline StudyId create(Storage& storage, std::shared_ptr<const StudySpec> spec) {
  return commit(storage, kNewStudy, {CreateStudy{make_record(std::move(spec))}}).created.at(0);
}

inline Trial only_trial(Storage& storage, StudyId study, std::int64_t number) {
  TrialFilter filter;
  filter.number = number;
  return storage.trials(study, filter).at(0);
}

}  // namespace studyhall::storage
