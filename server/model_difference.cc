#include "server/model_difference.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "core/study_api_json.h"
#include "core/study_api_json_reader.h"

namespace studyhall::server {

namespace {

class Comparison {
 public:
  void compare(const std::string& what, const Json& again, const Json& stored,
               std::int64_t number = -1) {
    if (again == stored) return;
    differences_.push_back({0, number, what, dump_json(again), dump_json(stored)});
  }
  // Member by member.
  void compare_members(const Json& again, const Json& stored, std::int64_t number) {
    if (again == stored) return;
    for (const auto& [key, value] : again.items()) {
      compare(key, value, stored.value(key, Json()), number);
    }
    for (const auto& [key, value] : stored.items()) {
      if (!again.contains(key)) compare(key, Json(), value, number);
    }
  }
  std::vector<Difference> take() { return std::move(differences_); }

 private:
  std::vector<Difference> differences_;
};

Json numbers(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(number_or_name(value));
  return list;
}

Json time_or_null(const std::optional<Timestamp>& time) {
  return time ? Json(format_utc(*time)) : Json();
}

Json describe(const Trial& trial) {
  Json metrics = Json::object();
  for (const auto& [name, value] : trial.metrics) metrics[name] = number_or_name(value);
  Json intermediate = Json::array();
  for (const auto& [step, value] : trial.intermediate) {
    intermediate.push_back({step, number_or_name(value)});
  }
  Json body{{"state", to_string(trial.state)},
            {"internal params", numbers(trial.config)},
            {"params as run", trial.ran},
            {"values", numbers(trial.values)},
            {"constraints", numbers(trial.constraints)},
            {"metrics", std::move(metrics)},
            {"intermediate", std::move(intermediate)},
            {"started", time_or_null(trial.started)},
            {"completed", time_or_null(trial.completed)}};
  body.update(to_json(trial.record));
  return body;
}

bool same_numbers(const std::vector<double>& a, const std::vector<double>& b) {
  return std::ranges::equal(
      a, b, [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

bool same(const Trial& a, const Trial& b) {
  return a.state == b.state && same_numbers(a.config, b.config) && a.ran == b.ran &&
         a.fit == b.fit && same_numbers(a.values, b.values) &&
         same_numbers(a.constraints, b.constraints) && a.metrics == b.metrics &&
         a.intermediate == b.intermediate && a.started == b.started && a.completed == b.completed &&
         a.record == b.record;
}

Json describe_leases(const std::vector<storage::LeaseRecord>& leases) {
  Json list = Json::array();
  for (const storage::LeaseRecord& lease : leases) {
    list.push_back({lease.worker, lease.attempt, lease.current, lease.told_as});
  }
  return list;
}

Json describe_tasks(const StudyModel& study) {
  Json body = Json::object();
  for (const storage::TaskRecord& record : study.tasks().records()) {
    const std::string name = "task " + std::to_string(record.task.number);
    body[name] = to_json(record.task);
    body[name + ": leases"] = describe_leases(record.leases);
  }
  return body;
}

Json describe_standing(const StudyModel& study) {
  Rng rng = Rng::for_trial(study.spec().seed, 0);
  const Pin pin = study.pin({}, rng);
  Json body{{"pin", pin.number},
            {"pin_version", pin.version},
            {"pin values", numbers(pin.config)},
            {"front", study.standing().front()}};
  if (const auto& leader = study.standing().leader()) {
    body["leader"] = {leader->number, number_or_name(leader->value)};
  }
  return body;
}

Json describe_workers(const StudyModel& study) {
  Json body = Json::object();
  for (const auto& [name, record] : study.workers()) {
    body["worker " + (name.empty() ? "without a name" : name)] = to_fact(record).body;
  }
  return body;
}

Json describe_insights(const StudyModel& study) {
  Json body = Json::object();
  for (const Insight& insight : study.insights()) {
    body["insight " + std::to_string(insight.id)] = to_json(insight);
  }
  return body;
}

Json describe_people(const StudyModel& study) {
  Json body = Json::object();
  for (const Topic& topic : study.topics()) body["topic " + topic.name] = to_json(topic);
  for (const Question& question : study.questions()) {
    body["question " + std::to_string(question.id)] = to_json(question);
  }
  return body;
}

Json describe_budget(const StudyModel& study) {
  Json body = Json::object();
  for (const BudgetUse& use : study.budget().uses(study.spec(), study.record().created)) {
    body["budget " + use.worker + "." + use.limit] = {use.used, use.reserved, use.bound};
  }
  return body;
}

void compare_trials(const StudyModel& again, const StudyModel& stored, Comparison& comparison) {
  const std::set<std::int64_t> unseen(stored.foreign().begin(), stored.foreign().end());
  const auto missing = [&](std::int64_t number, const char* a, const char* b) {
    comparison.compare("whether there is the trial", a, b, number);
  };
  const std::int64_t most = std::max(std::ssize(again.trials()), std::ssize(stored.trials()));
  for (std::int64_t number = 0; number < most; ++number) {
    if (unseen.contains(number)) continue;
    if (number >= std::ssize(again.trials())) {
      missing(number, "no", "yes");
    } else if (number >= std::ssize(stored.trials())) {
      missing(number, "yes", "no");
    } else {
      const Trial& a = again.trial(number);
      const Trial& b = stored.trial(number);
      if (!same(a, b)) comparison.compare_members(describe(a), describe(b), number);
      comparison.compare("leases", describe_leases(again.leases(number)),
                         describe_leases(stored.leases(number)), number);
    }
  }
}

}  // namespace

std::vector<Difference> model_differences(const StudyModel& again, const StudyModel& stored) {
  Comparison comparison;
  compare_trials(again, stored, comparison);
  comparison.compare("study file", again.spec().resolved, stored.spec().resolved);
  comparison.compare("stopped", again.record().stopped, stored.record().stopped);
  comparison.compare("created", format_utc(again.record().created),
                     format_utc(stored.record().created));
  comparison.compare("last event", again.last_sequence(), stored.last_sequence());
  comparison.compare_members(describe_standing(again), describe_standing(stored), -1);
  comparison.compare_members(describe_workers(again), describe_workers(stored), -1);
  comparison.compare_members(describe_tasks(again), describe_tasks(stored), -1);
  comparison.compare_members(describe_insights(again), describe_insights(stored), -1);
  comparison.compare_members(describe_people(again), describe_people(stored), -1);
  if (stored.foreign().empty()) {
    comparison.compare_members(describe_budget(again), describe_budget(stored), -1);
  }
  return comparison.take();
}

}  // namespace studyhall::server
