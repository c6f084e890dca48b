#include "server/importance.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <utility>

#include "core/error.h"

namespace studyhall::server {

namespace {

void check(const StudySpec& spec, const ImportanceRequest& request) {
  std::vector<Problem> problems;
  if (request.objective < 0 || request.objective >= std::ssize(spec.directions)) {
    problems.push_back(
        {"/objective",
         fmt::format("found {}, expected 0 to {}: the study has {} objective{}", request.objective,
                     spec.directions.size() - 1, spec.directions.size(),
                     spec.directions.size() == 1 ? "" : "s")});
  }
  if (!(request.region_quantile > 0 && request.region_quantile <= 1)) {
    problems.push_back({"/region_quantile", fmt::format("found {}, expected above 0 and at most 1",
                                                        request.region_quantile)});
  } else if (!(request.target_quantile > 0 && request.target_quantile < request.region_quantile)) {
    problems.push_back(
        {"/target_quantile", fmt::format("found {}, expected above 0 and below region_quantile, {}",
                                         request.target_quantile, request.region_quantile)});
  }
  if (!problems.empty()) throw Error::from_problems(ErrorCode::Invalid, "importance", problems);
}

WorkerRegion region_of(const StudySpec& spec, const std::string& worker) {
  if (worker.empty()) return worker_region(spec, {});
  const auto found = spec.workers.find(worker);
  if (found != spec.workers.end()) return worker_region(spec, found->second);
  std::vector<std::string> known;
  for (const auto& [name, entry] : spec.workers) known.push_back(name);
  std::string message = fmt::format("study \"{}\" names no worker \"{}\"", spec.name, worker);
  if (known.empty()) {
    message += ", and no other: each moves every parameter";
  } else if (const auto near = nearest_name(worker, known)) {
    message += fmt::format("; did you mean \"{}\"?", *near);
  } else {
    message += fmt::format("; it names {}", fmt::join(known, ", "));
  }
  throw Error(ErrorCode::NotFound, message);
}

double violation(const StudySpec& spec, const TrialOutline& trial) {
  if (trial.constraints.size() != spec.constraints.size()) {
    return std::numeric_limits<double>::infinity();
  }
  double sum = 0;
  for (const double c : trial.constraints) sum += c > 0 ? c : 0;
  return sum;
}

}  // namespace

ImportanceTask importance_task(const StudyModel& study, const ImportanceRequest& request) {
  const StudySpec& spec = study.spec();
  check(spec, request);
  ImportanceTask task{study.record().spec,
                      region_of(spec, request.worker),
                      sampler::ImportanceTrials(spec.space.size()),
                      {request.target_quantile, request.region_quantile}};
  const auto objective = static_cast<std::size_t>(request.objective);
  const double sign = spec.directions[objective] == Direction::Minimize ? 1 : -1;
  TrialOutline trial;
  for (std::size_t n = 0; n < study.trials().size(); ++n) {
    study.trials().read(n, trial);
    if (trial.state != TrialState::Complete || trial.fit == Fit::Outside ||
        trial.values.size() <= objective) {
      continue;
    }
    task.trials.add(trial.config, sign * trial.values[objective], violation(spec, trial));
  }
  return task;
}

ImportanceAnswer importance_answer(const ImportanceTask& task) {
  const SearchSpace& space = task.spec->space;
  const sampler::Importance found = sampler::parameter_importance(
      space, task.region.slice, task.region.moved, task.trials, task.options);
  ImportanceAnswer answer;
  answer.trials = static_cast<std::int64_t>(found.region_trials);
  answer.target_trials = static_cast<std::int64_t>(found.target_trials);
  answer.informative = found.informative;
  for (const sampler::ParameterImportance& row : found.parameters) {
    answer.parameters.push_back({space.params()[row.parameter].name, row.importance, row.variance,
                                 static_cast<std::int64_t>(row.active)});
  }
  return answer;
}

}  // namespace studyhall::server
