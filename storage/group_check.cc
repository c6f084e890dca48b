#include "storage/group_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace studyhall::storage {

namespace {

void check_next(std::string_view what, std::int64_t number, std::int64_t count) {
  if (number == count) return;
  throw Error(ErrorCode::Conflict,
              fmt::format("{} {} cannot be added; the next number is {}", what, number, count));
}

template <typename State>
void check_change(std::string_view what, std::int64_t number, State stored, State from, State to) {
  if (stored != from) {
    throw Error(ErrorCode::Conflict, fmt::format("{} {} is {}, not {}", what, number,
                                                 to_string(stored), to_string(from)));
  }
  if (from != to && !is_legal_change(from, to)) {
    throw Error(ErrorCode::Conflict, fmt::format("{} {} is {} and cannot become {}", what, number,
                                                 to_string(from), to_string(to)));
  }
}

}  // namespace

void check_new_study(const StudyRecord& study) {
  if (!study.spec || study.directions.empty()) {
    throw Error(
        ErrorCode::Invalid,
        fmt::format("study \"{}\": expected a study file and at least one direction", study.name));
  }
}

void check_trial(const Trial& trial, const StudySpec& spec) {
  const auto refuse = [&](const std::string& message) {
    throw Error(ErrorCode::Invalid, fmt::format("trial {}: {}", trial.number, message));
  };
  if (trial.config.size() != spec.space.size()) {
    refuse(fmt::format("{} parameter values; the study has {} parameters", trial.config.size(),
                       spec.space.size()));
  }
  const bool may_be_empty = trial.state != TrialState::Complete;
  if (trial.values.size() != spec.directions.size() && !(trial.values.empty() && may_be_empty)) {
    refuse(fmt::format("{} values; the study has {} objectives", trial.values.size(),
                       spec.directions.size()));
  }
  if (std::ranges::any_of(trial.values, [](double value) { return std::isnan(value); })) {
    refuse("a value is NaN; expected a number");
  }
  if (trial.metrics.contains(kWorkerAttribute)) {
    refuse("a metric named \"worker\"; that name is taken by the trial's worker");
  }
}

void check_next_number(const Trial& trial, std::int64_t count) {
  check_next("trial", trial.number, count);
}

void check_state_change(std::int64_t number, TrialState stored, TrialState from, TrialState to) {
  check_change("trial", number, stored, from, to);
}

void check_next_task(const Task& task, std::int64_t count) {
  check_next("task", task.number, count);
}

void check_task_change(std::int64_t number, TaskState stored, TaskState from, TaskState to) {
  check_change("task", number, stored, from, to);
}

void check_next_event(const Event& event, std::int64_t last) {
  if (event.sequence != last + 1) {
    throw Error(ErrorCode::Conflict, fmt::format("event {} does not continue the study's events; "
                                                 "the next is {}",
                                                 event.sequence, last + 1));
  }
}

Error no_such_study(StudyId study) {
  return {ErrorCode::NotFound, fmt::format("there is no study {}", study)};
}

Error no_such_trial(StudyId study, std::int64_t number) {
  return {ErrorCode::NotFound, fmt::format("study {} has no trial {}", study, number)};
}

Error no_such_task(StudyId study, std::int64_t number) {
  return {ErrorCode::NotFound, fmt::format("study {} has no task {}", study, number)};
}

Error name_taken(const std::string& name) {
  return {ErrorCode::Conflict, fmt::format("there is already a study \"{}\"", name)};
}

Error request_taken(const std::string& request_id) {
  return {ErrorCode::Conflict, fmt::format("request \"{}\" has been answered before", request_id)};
}

Error study_without_spec(StudyId study) {
  return {ErrorCode::Unsupported,
          fmt::format("study {} was made by another program and has no study file", study)};
}

Error misplaced_write(StudyId study) {
  return {ErrorCode::Internal, study == kNewStudy
                                   ? "a change of a new study must create it first"
                                   : fmt::format("study {} cannot be created again", study)};
}

}  // namespace studyhall::storage
