#include "server/foreign_trial.h"

#include <limits>

#include "core/error.h"
#include "core/hash.h"
#include "core/space_edit.h"
#include "core/study_api_json_reader.h"

namespace studyhall::server {

namespace {

Json numbers(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(number_or_name(value));
  return list;
}

double number(const Json& json) {
  if (json.is_number()) return json.get<double>();
  const std::string name = json.get<std::string>();
  if (name == "nan") return kInactive;
  return name == "inf" ? std::numeric_limits<double>::infinity()
                       : -std::numeric_limits<double>::infinity();
}

std::vector<double> read_numbers(const Json& body, const char* key) {
  std::vector<double> values;
  for (const Json& value : body.value(key, Json::array())) values.push_back(number(value));
  return values;
}

std::optional<Timestamp> read_time(const Json& body, const char* key) {
  const auto time = body.find(key);
  return time == body.end() ? std::nullopt : parse_utc(time->get<std::string>());
}

}  // namespace

Json foreign_body(const SearchSpace& space, const Trial& trial) {
  Json body{{"number", trial.number},
            {"state", to_string(trial.state)},
            {"params", params_of(space, trial)},
            {"worker", trial.record.worker}};
  if (!trial.values.empty()) body["values"] = numbers(trial.values);
  if (!trial.constraints.empty()) body["constraints"] = numbers(trial.constraints);
  for (const auto& [name, value] : trial.metrics) body["metrics"][name] = number_or_name(value);
  for (const auto& [step, value] : trial.intermediate) {
    body["intermediate"].push_back({step, number_or_name(value)});
  }
  if (trial.started) body["started"] = format_utc(*trial.started);
  if (trial.completed) body["completed"] = format_utc(*trial.completed);
  return body;
}

std::string foreign_digest(const SearchSpace& space, const Trial& trial) {
  return sha256_hex(dump_json(foreign_body(space, trial))).substr(0, 16);
}

void read_foreign_body(const StudySpec& spec, const Json& body, Trial& trial) {
  try {
    trial.number = body.at("number").get<std::int64_t>();
    trial.state = trial_state_from_string(body.at("state").get<std::string>()).value();
    const Json& params = body.at("params");
    for (const auto& [name, value] : params.items()) {
      if (spec.resolved.at("params").contains(name)) continue;
      throw Error(ErrorCode::Corrupt, "the study has no parameter " + brief(Json(name)));
    }
    fit_trial(spec, params, trial);
    trial.record.worker = body.at("worker").get<std::string>();
    trial.values = read_numbers(body, "values");
    trial.constraints = read_numbers(body, "constraints");
    trial.metrics.clear();
    const Json metrics = body.value("metrics", Json::object());
    for (const auto& [name, value] : metrics.items()) {
      trial.metrics[name] = number(value);
    }
    trial.intermediate.clear();
    for (const Json& pair : body.value("intermediate", Json::array())) {
      trial.intermediate[pair.at(0).get<std::int64_t>()] = number(pair.at(1));
    }
    trial.started = read_time(body, "started");
    trial.completed = read_time(body, "completed");
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(ErrorCode::Corrupt,
                "what another program wrote, " + brief(body) + ": " + error.what());
  }
}

}  // namespace studyhall::server
