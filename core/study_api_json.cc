#include "core/study_api_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/enum_names.h"
#include "core/json_object.h"
#include "core/study_api_json_reader.h"

namespace studyhall {

namespace {

constexpr std::array<std::string_view, 3> kStudyStates{"running", "stopped", "finished"};

std::optional<StudyState> study_state_from_string(std::string_view name) {
  return enum_from_name<StudyState>(kStudyStates, name);
}

std::map<std::int64_t, double> read_intermediate(const JsonField& field) {
  std::map<std::int64_t, double> intermediate;
  const auto members = field.members("an object of steps and values");
  if (!members) return intermediate;
  for (const auto& [name, item] : *members) {
    std::int64_t step = 0;
    const char* end = name.data() + name.size();
    if (const auto [stop, fault] = std::from_chars(name.data(), end, step);
        fault != std::errc{} || stop != end) {
      item.report(fmt::format("expected a step, an integer, found {}", brief(Json(name))));
    } else if (const auto value = read_number_or_name(item)) {
      intermediate[step] = *value;
    }
  }
  return intermediate;
}

Json number_list(const std::vector<double>& numbers) {
  Json list = Json::array();
  for (const double number : numbers) list.push_back(number_or_name(number));
  return list;
}

std::vector<double> read_number_list(const JsonField& field) {
  std::vector<double> numbers;
  if (!field) return numbers;
  if (const auto items = field.list("a list of numbers")) {
    for (const JsonField& item : *items) {
      if (const auto number = read_number_or_name(item)) numbers.push_back(*number);
    }
  }
  return numbers;
}

TrialRecord read_record(const Json& json, const JsonField& place) {
  try {
    return trial_record_from_json(json);
  } catch (const Error& error) {
    place.report(error.what());
    return {};
  }
}

Json to_json(const BudgetUse& use) {
  Json json = {{"limit", use.limit},
               {"used", use.used},
               {"reserved", use.reserved},
               {"of", use.bound},
               {"left", std::max(0.0, use.bound - use.used - use.reserved)}};
  if (!use.worker.empty()) json["worker"] = use.worker;
  return json;
}

BudgetUse read_budget_use(const JsonField& field) {
  BudgetUse use;
  ObjectReader object(field);
  put(use.worker, object.field("worker").string());
  put(use.limit, object.field("limit").required("the name of a limit").string());
  put(use.used, object.field("used").number());
  put(use.reserved, object.field("reserved").number());
  put(use.bound, object.field("of").number());
  return use;
}

Json to_json(const Proposals& proposals) {
  Json json{{"author", proposals.author}, {"trials", proposals.trials}};
  if (proposals.best_number) json["best_number"] = *proposals.best_number;
  if (proposals.best_value) json["best_value"] = number_or_name(*proposals.best_value);
  if (proposals.beats_sampler) json["beats_sampler"] = *proposals.beats_sampler;
  return json;
}

Proposals read_proposals(const JsonField& field) {
  Proposals proposals;
  ObjectReader object(field);
  put(proposals.author, object.field("author").required("a name").string());
  put(proposals.trials, object.field("trials").integer(0));
  proposals.best_number = object.field("best_number").integer(0);
  proposals.best_value = read_number_or_name(object.field("best_value"));
  proposals.beats_sampler = object.field("beats_sampler").number();
  return proposals;
}

std::optional<ErrorCode> code_of_status(int status) {
  switch (status) {
    case 400:
      return ErrorCode::Malformed;
    case 404:
      return ErrorCode::NotFound;
    case 409:
    case 410:
      return ErrorCode::Conflict;
    case 413:
      return ErrorCode::TooLarge;
    case 422:
      return ErrorCode::Invalid;
    case 501:
      return ErrorCode::Unsupported;
    case 429:
    case 503:
      return ErrorCode::Unavailable;
    case 502:
    case 504:
      return ErrorCode::Unreachable;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string_view to_string(StudyState state) { return enum_name(kStudyStates, state); }

Json to_json(const StudyInfo& info) {
  Json counts = Json::object();
  for (const auto& [state, count] : info.counts) counts[state] = count;
  Json json = {{"name", info.name}, {"state", to_string(info.state)}};
  if (!info.finished_because.empty()) json["finished_because"] = info.finished_because;
  json["counts"] = std::move(counts);
  for (const auto& [state, count] : info.tasks) json["tasks"][state] = count;
  json["best_number"] = value_or_null(info.best_number);
  json["best_value"] = info.best_value ? number_or_name(*info.best_value) : Json(nullptr);
  if (info.front_size) json["front_size"] = *info.front_size;
  json["created"] = format_utc(info.created);
  json["last_event"] = info.last_event;
  Json budget = Json::array();
  for (const BudgetUse& use : info.budget) budget.push_back(to_json(use));
  json["budget"] = std::move(budget);
  json["running_workers"] = info.running_workers;
  if (!info.sparkline.empty()) json["sparkline"] = number_list(info.sparkline);
  if (info.open_questions > 0) json["open_questions"] = info.open_questions;
  for (const Proposals& of_one : info.proposals) json["proposals"].push_back(to_json(of_one));
  json["spec"] = info.spec;
  return json;
}

StudyInfo study_info_from_json(const Json& json) {
  MessageReader reader(json, "study");
  StudyInfo info;
  put(info.name, reader.field("name").required("a name").string());
  put(info.state, read_name(reader.field("state"), "a study state", study_state_from_string));
  put(info.finished_because, reader.field("finished_because").string());
  if (const auto tasks = reader.field("tasks").members()) {
    for (const auto& [state, count] : *tasks) put(info.tasks[state], count.integer(0));
  }
  if (const auto counts = reader.field("counts").members()) {
    for (const auto& [state, count] : *counts) put(info.counts[state], count.integer(0));
  }
  info.best_number = reader.field("best_number").integer(0);
  info.best_value = read_number_or_name(reader.field("best_value"));
  info.front_size = reader.field("front_size").integer(0);
  put(info.created, read_time(reader.field("created")));
  put(info.last_event, reader.field("last_event").integer(0));
  if (const auto budget = reader.field("budget").list()) {
    for (const JsonField& use : *budget) info.budget.push_back(read_budget_use(use));
  }
  if (const auto workers = reader.field("running_workers").list()) {
    for (const JsonField& worker : *workers) {
      if (auto name = worker.string()) info.running_workers.push_back(std::move(*name));
    }
  }
  if (const JsonField line = reader.field("sparkline")) info.sparkline = read_number_list(line);
  put(info.open_questions, reader.field("open_questions").integer(0));
  if (const auto proposals = reader.field("proposals").list()) {
    for (const JsonField& of_one : *proposals) info.proposals.push_back(read_proposals(of_one));
  }
  if (const JsonField spec = reader.field("spec")) info.spec = spec.json();
  reader.finish_answer();
  return info;
}

Json to_json(TrialColumns columns) {
  Json quantiles = Json::array();
  for (const std::vector<double>& of_one : columns.quantiles) {
    quantiles.push_back(number_list(of_one));
  }
  return json_object("trials", columns.trials, "last_event", columns.last_event, "names",
                     std::move(columns.names), "columns", std::move(columns.columns),
                     "intermediate", std::move(columns.intermediate), "quantiles",
                     std::move(quantiles));
}

TrialColumns trial_columns_from_json(const Json& json) {
  MessageReader reader(json, "columns of trials");
  TrialColumns columns;
  put(columns.trials, reader.field("trials").required("a count").integer(0));
  put(columns.last_event, reader.field("last_event").integer(0));
  if (const JsonField names = reader.field("names")) columns.names = names.json();
  if (const JsonField lists = reader.field("columns").required("an object")) {
    columns.columns = lists.json();
  }
  if (const JsonField steps = reader.field("intermediate")) columns.intermediate = steps.json();
  if (const auto quantiles = reader.field("quantiles").list()) {
    for (const JsonField& of_one : *quantiles) {
      columns.quantiles.push_back(read_number_list(of_one));
    }
  }
  reader.finish_answer();
  return columns;
}

Json to_json(const TrialView& trial) {
  Json json = {{"number", trial.number}, {"state", to_string(trial.state)}};
  if (trial.values.size() == 1) {
    json["value"] = number_or_name(trial.values.front());
  } else if (!trial.values.empty()) {
    json["values"] = number_list(trial.values);
  }
  json["params"] = trial.params;
  json["feasible"] = trial.feasible;
  if (trial.outside) json["outside"] = true;
  Json metrics = Json::object();
  for (const auto& [name, value] : trial.metrics) metrics[name] = number_or_name(value);
  json["metrics"] = std::move(metrics);
  if (!trial.intermediate.empty()) {
    Json intermediate = Json::object();
    for (const auto& [step, value] : trial.intermediate) {
      intermediate[std::to_string(step)] = number_or_name(value);
    }
    json["intermediate"] = std::move(intermediate);
  }
  if (trial.started) json["started"] = format_utc(*trial.started);
  if (trial.completed) json["completed"] = format_utc(*trial.completed);
  if (trial.lease_expires) json["lease_expires"] = format_utc(*trial.lease_expires);
  if (!trial.stage.empty()) json["stage"] = trial.stage;
  json.update(to_json(trial.record));
  return json;
}

TrialView trial_view_from_json(const Json& json) {
  MessageReader reader(json, "trial");
  TrialView trial;
  put(trial.number, reader.field("number").required("a trial number").integer(0));
  put(trial.state, read_name(reader.field("state").required("a trial state"), "a trial state",
                             trial_state_from_string));
  if (const auto value = read_number_or_name(reader.field("value"))) trial.values = {*value};
  if (const JsonField values = reader.field("values")) trial.values = read_number_list(values);
  if (const JsonField params = reader.field("params")) trial.params = params.json();
  put(trial.feasible, reader.field("feasible").boolean());
  put(trial.outside, reader.field("outside").boolean());
  if (const auto metrics = reader.field("metrics").members()) {
    for (const auto& [name, item] : *metrics) put(trial.metrics[name], read_number_or_name(item));
  }
  trial.intermediate = read_intermediate(reader.field("intermediate"));
  trial.started = read_time(reader.field("started"));
  trial.completed = read_time(reader.field("completed"));
  trial.lease_expires = read_time(reader.field("lease_expires"));
  put(trial.stage, reader.field("stage").string());
  if (json.is_object()) {
    trial.record = read_record(json, JsonField(&json, "", &reader.problems()));
  }
  reader.finish_answer();
  return trial;
}

Json to_json(const BestRow& row) {
  Json metrics = Json::object();
  for (const auto& [name, value] : row.metrics) metrics[name] = number_or_name(value);
  Json interval = nullptr;
  if (row.interval) {
    interval =
        Json::array({number_or_name(row.interval->first), number_or_name(row.interval->second)});
  }
  Json json = {{"rank", row.rank},
               {"number", row.number},
               {"params", row.params},
               {"worker", row.worker},
               {"value", number_or_name(row.value)},
               {"metrics", std::move(metrics)},
               {"mean", value_or_null(row.mean)},
               {"stderr", value_or_null(row.stderr_)},
               {"n", row.n},
               {"interval", std::move(interval)},
               {"p_best", value_or_null(row.p_best)},
               {"confirmed", row.confirmed},
               {"feasible", row.feasible},
               {"p_feasible", value_or_null(row.p_feasible)},
               {"raw_best", row.raw_best}};
  if (!row.version.empty()) json["version"] = row.version;
  if (row.older) json["older"] = true;
  if (!row.values.empty()) json["values"] = number_list(row.values);
  if (!row.means.empty()) json["means"] = number_list(row.means);
  if (row.outside) json["outside"] = true;
  if (!row.author.empty()) json["author"] = row.author;
  return json;
}

BestRow best_row_from_json(const Json& json) {
  MessageReader reader(json, "row of the leaderboard");
  BestRow row;
  put(row.rank, reader.field("rank").integer(0, INT32_MAX));
  put(row.number, reader.field("number").required("a trial number").integer(0));
  if (const JsonField params = reader.field("params")) row.params = params.json();
  put(row.worker, reader.field("worker").string());
  put(row.value, read_number_or_name(reader.field("value").required("a number")));
  if (const auto metrics = reader.field("metrics").members()) {
    for (const auto& [name, item] : *metrics) put(row.metrics[name], read_number_or_name(item));
  }
  row.mean = reader.field("mean").number();
  row.stderr_ = reader.field("stderr").number();
  put(row.n, reader.field("n").integer(0, INT32_MAX));
  if (const JsonField interval = reader.field("interval")) {
    const auto items = interval.list("a list of two numbers");
    if (items && items->size() == 2) {
      const auto low = read_number_or_name(items->front());
      const auto high = read_number_or_name(items->back());
      if (low && high) row.interval = {*low, *high};
    } else if (items) {
      interval.report_expected("a list of two numbers");
    }
  }
  row.p_best = reader.field("p_best").number();
  put(row.confirmed, reader.field("confirmed").boolean());
  put(row.feasible, reader.field("feasible").boolean());
  row.p_feasible = reader.field("p_feasible").number();
  put(row.raw_best, reader.field("raw_best").boolean());
  put(row.version, reader.field("version").string());
  put(row.older, reader.field("older").boolean());
  row.values = read_number_list(reader.field("values"));
  row.means = read_number_list(reader.field("means"));
  put(row.outside, reader.field("outside").boolean());
  put(row.author, reader.field("author").string());
  reader.finish_answer();
  return row;
}

Json to_json(const Event& event) {
  return {{"sequence", event.sequence},
          {"time", format_utc(event.time)},
          {"author", event.author},
          {"kind", to_string(event.kind)},
          {"body", event.body}};
}

Event event_from_json(const Json& json) {
  MessageReader reader(json, "event");
  Event event;
  put(event.sequence, reader.field("sequence").required("a sequence number").integer(1));
  put(event.time, read_time(reader.field("time")));
  put(event.author, reader.field("author").string());
  put(event.kind, read_name(reader.field("kind").required("a kind of event"), "a kind of event",
                            event_kind_from_string));
  if (const JsonField body = reader.field("body")) event.body = body.json();
  reader.finish_answer();
  return event;
}

Json error_json(std::string_view code, std::string_view message, const Json& details) {
  Json error = {{"code", code}, {"message", message}};
  if (!details.is_null()) error["details"] = details;
  return {{"error", std::move(error)}};
}

Json error_json(const Error& error) {
  return error_json(to_string(error.code()), error.what(), error.details());
}

Error error_from_json(const Json& json, int status) {
  const Json* error = nullptr;
  if (json.is_object() && json.contains("error") && json["error"].is_object()) {
    error = &json["error"];
  }
  const auto text = [&](const char* name) -> std::optional<std::string> {
    if (error == nullptr || !error->contains(name) || !(*error)[name].is_string()) {
      return std::nullopt;
    }
    return (*error)[name].get<std::string>();
  };
  const std::string name = text("code").value_or("");
  ErrorCode code = error_code_from_string(name);
  if (code == ErrorCode::Internal && name != to_string(ErrorCode::Internal)) {
    code = code_of_status(status).value_or(ErrorCode::Internal);
  }
  const std::string message = text("message").value_or(
      fmt::format("the server answered with status {}: {}", status, brief(json)));
  const bool has_details = error != nullptr && error->contains("details");
  return Error(code, message, has_details ? (*error)["details"] : Json(nullptr));
}

}  // namespace studyhall
