#include "cli/import_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/arguments.h"
#include "cli/text.h"
#include "core/error.h"

namespace studyhall::cli {

namespace {

constexpr const char* kWhere = "expected a member's name or a JSON pointer";
const std::vector<std::string> kMembers{"state", "started", "completed",   "worker",
                                        "note",  "title",   "description", "priority"};

// As other programs call them.
const std::map<std::string, std::string>& usual_states() {
  static const std::map<std::string, std::string> states{
      {"complete", "complete"}, {"completed", "complete"}, {"finished", "complete"},
      {"done", "complete"},     {"success", "complete"},   {"ok", "complete"},
      {"pruned", "pruned"},     {"fail", "failed"},        {"failed", "failed"},
      {"killed", "failed"},     {"error", "failed"},       {"crash", "failed"},
      {"crashed", "failed"},    {"timeout", "failed"},     {"waiting", "waiting"},
      {"queued", "waiting"},    {"pending", "waiting"},    {"enqueued", "waiting"},
      {"keep", "complete"},     {"discard", "complete"}};
  return states;
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

const Json* find_at(const Json& data, const std::string& where) {
  if (!where.starts_with('/')) {
    const auto found = data.find(where);
    return found == data.end() ? nullptr : &*found;
  }
  const Json::json_pointer pointer(where);
  return data.contains(pointer) ? &data[pointer] : nullptr;
}

// A number, or a text that is one; NaN and infinities too.
std::optional<double> number_in(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const std::string text = value.get<std::string>();
  const std::string plain = lower(text);
  if (plain == "nan") return std::nan("");
  if (plain == "inf" || plain == "infinity") return INFINITY;
  if (plain == "-inf" || plain == "-infinity") return -INFINITY;
  try {
    return parse_number(text, "number");
  } catch (const Error&) {
    return std::nullopt;
  }
}

// UTC text with 'T' or a blank, or seconds or milliseconds since 1970.
std::optional<Timestamp> time_in(const Json& value) {
  if (value.is_number()) {
    const double number = value.get<double>();
    return Timestamp(seconds_to_duration(number > 1e11 ? number / 1000 : number));
  }
  if (!value.is_string()) return std::nullopt;
  std::string text = value.get<std::string>();
  if (text.size() > 10 && text[10] == ' ') text[10] = 'T';
  if (text.ends_with("+00:00")) text.resize(text.size() - 6);
  if (!text.ends_with('Z')) text += 'Z';
  return parse_utc(text);
}

class MapReader {
 public:
  explicit MapReader(const Json& json) : json_(json) {}

  ImportMap read() {
    if (!json_.is_object()) throw Error(ErrorCode::Invalid, "--map: expected a JSON object");
    for (const auto& [name, value] : json_.items()) take(name, value);
    if (!problems_.empty()) throw Error::from_problems(ErrorCode::Invalid, "--map", problems_);
    return std::move(map_);
  }

 private:
  void take(const std::string& name, const Json& value) {
    if (name == "params" || name == "metrics")
      take_object(name, value);
    else if (name == "value")
      take_where(name, value, [&](const std::string& where) { map_.values = {where}; });
    else if (name == "values")
      take_list(name, value, [&](const std::string& where) { map_.values.push_back(where); });
    else if (name == "records")
      take_where(name, value, [&](const std::string& where) { map_.list = where; });
    else if (name == "states")
      take_states(value);
    else if (name == "defaults" || name == "choices")
      take_plain(name, value);
    else if (name == "ignore")
      take_list(name, value, [&](const std::string& member) { map_.ignore.insert(member); });
    else if (std::ranges::find(kMembers, name) != kMembers.end())
      take_where(name, value, [&](const std::string& where) { map_.members[name] = where; });
    else
      refuse(name, "is no member of a map");
  }

  void take_object(const std::string& name, const Json& value) {
    Json& target = name == "params" ? map_.params : map_.metrics;
    target = value;
    if (value.is_string()) return;
    if (!value.is_object()) return refuse(name, kWhere + std::string(", or an object of them"));
    for (const auto& [key, where] : value.items())
      if (!where.is_string()) refuse(name + "/" + key, kWhere);
  }
  void take_plain(const std::string& name, const Json& value) {
    if (!value.is_object()) return refuse(name, "expected an object");
    (name == "defaults" ? map_.defaults : map_.choices) = value;
    if (name == "defaults") return;
    for (const auto& [key, words] : value.items())
      if (!words.is_object()) refuse(name + "/" + key, "expected {\"WORD\": value, ...}");
  }
  void take_states(const Json& value) {
    if (!value.is_object()) return refuse("states", "expected an object");
    for (const auto& [word, state] : value.items()) {
      const std::string name = state.is_string() ? state.get<std::string>() : "";
      if (name == "complete" || name == "pruned" || name == "failed" || name == "waiting" ||
          name == "skip")
        map_.states[lower(word)] = name;
      else
        refuse("states/" + word, "expected complete, pruned, failed, waiting or skip");
    }
  }
  template <typename Take>
  void take_where(const std::string& name, const Json& value, const Take& keep) {
    if (value.is_string())
      keep(value.get<std::string>());
    else
      refuse(name, kWhere);
  }
  template <typename Take>
  void take_list(const std::string& name, const Json& value, const Take& keep) {
    if (!value.is_array()) return refuse(name, "expected a list");
    for (const Json& item : value) take_where(name, item, keep);
  }
  void refuse(const std::string& name, const std::string& why) {
    problems_.push_back({"/" + name, why});
  }

  const Json& json_;
  ImportMap map_;
  std::vector<Problem> problems_;
};

bool may_be_null(const SearchSpace& space, const std::string& name) {
  const auto p = space.find(name);
  if (!p) return false;
  const std::vector<Json>& choices = space.params()[*p].choices;
  return std::ranges::find(choices, Json()) != choices.end();
}

// What each kind of source has where.
void fill_usual(ImportMap& map, SourceKind kind) {
  const auto usual = [&map](const char* name, const char* where) {
    map.members.try_emplace(name, where);
  };
  if (kind == SourceKind::State) {
    if (map.params.is_null()) map.params = "config";
    if (map.values.empty()) map.values = {"score"};
    if (map.metrics.is_null()) map.metrics = "metrics";
    usual("state", "/experiment/status");
    usual("worker", "/experiment/worker");
    usual("started", "/experiment/started_at");
    usual("completed", "/experiment/completed_at");
    usual("title", "/experiment/experiment_id");
    usual("note", "notes");
  } else if (kind == SourceKind::Mlflow) {
    if (map.params.is_null()) map.params = "params";
    if (map.values.empty()) map.values = {"/metrics/value"};
    if (map.metrics.is_null()) map.metrics = "metrics";
    usual("state", "status");
    usual("started", "start_time");
    usual("completed", "end_time");
    usual("title", "name");
    usual("worker", "/tags/mlflow.user");
    usual("note", "/tags/mlflow.note.content");
  } else if (kind == SourceKind::Optuna) {
    if (map.params.is_null()) map.params = "params";
    if (map.metrics.is_null()) map.metrics = "user_attrs";
    usual("worker", "/user_attrs/worker");
  } else if (kind == SourceKind::Csv) {
    usual("started", "datetime_start");
    usual("completed", "datetime_complete");
  }
  for (const std::string& name : kMembers) map.members.try_emplace(name, name);
}

}  // namespace

ImportMap parse_import_map(const Json& json) { return MapReader(json).read(); }

RecordMapper::RecordMapper(const StudySpec& spec, ImportMap map, SourceKind kind)
    : spec_(spec), map_(std::move(map)), kind_(kind) {
  fill_usual(map_, kind);
}

MappedRecord RecordMapper::map(const SourceRecord& record) const {
  MappedRecord mapped;
  mapped.origin = record.origin;
  map_params(record.data, mapped);
  map_values(record.data, mapped);
  map_state(record.data, mapped);
  map_metrics(record.data, mapped);
  map_words(record.data, mapped);
  fill_params(mapped);
  return mapped;
}

const Json* RecordMapper::member(const Json& data, const std::string& name) const {
  const auto where = map_.members.find(name);
  return where == map_.members.end() ? nullptr : find_at(data, where->second);
}

std::string RecordMapper::text(const Json& data, const std::string& name) const {
  const Json* found = member(data, name);
  if (found == nullptr || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : dump_json(*found);
}

void RecordMapper::take_param(const std::string& name, const Json& value,
                              MappedRecord& mapped) const {
  if (value.is_null() && !may_be_null(spec_.space, name)) return;
  Json translated = value;
  const std::string word = value.is_string() ? value.get<std::string>() : dump_json(value);
  if (const auto words = map_.choices.find(name); words != map_.choices.end())
    if (const auto found = words->find(word); found != words->end()) translated = *found;
  mapped.params[name] = translated.is_string()
                            ? parse_parameter(spec_.resolved, name, translated.get<std::string>())
                            : translated;
}

void RecordMapper::map_params(const Json& data, MappedRecord& mapped) const {
  if (map_.params.is_object()) {
    for (const auto& [name, where] : map_.params.items())
      if (const Json* value = find_at(data, where.get<std::string>()))
        take_param(name, *value, mapped);
    return;
  }
  const Json* object = &data;
  bool is_all = false;  // every member is meant to be a parameter
  if (map_.params.is_string()) {
    object = find_at(data, map_.params.get<std::string>());
    is_all = true;
  } else {
    for (const char* name : {"params", "config", "configuration"}) {
      const Json* found = find_at(data, name);
      if (found == nullptr || !found->is_object()) continue;
      object = found;
      is_all = true;
      break;
    }
  }
  if (object == nullptr || !object->is_object()) {
    mapped.problems.push_back(fmt::format("has no object {}", brief(map_.params)));
    return;
  }
  for (const auto& [key, value] : object->items()) {
    const bool prefixed = kind_ == SourceKind::Csv && key.starts_with("params_");
    const std::string name = prefixed ? key.substr(7) : key;
    if (spec_.space.find(name))
      take_param(name, value, mapped);
    else if ((is_all || prefixed) && !map_.ignore.contains(name) && !value.is_null())
      mapped.problems.push_back(
          fmt::format("has a parameter {} = {}, which the study has not (\"ignore\" of --map drops "
                      "it)",
                      printable(name), brief(value)));
  }
}

void RecordMapper::fill_params(MappedRecord& mapped) const {
  const auto default_of = [this](const std::string& name) -> Json {
    if (const auto found = map_.defaults.find(name); found != map_.defaults.end()) return *found;
    return spec_.resolved["params"][name].value("default", Json());
  };
  try {
    SearchSpace::Partial partial = spec_.space.partial_from_json(mapped.params);
    for (const std::size_t p : spec_.space.parents_first()) {
      if (partial.given[p] || !spec_.space.is_active(p, partial.config)) continue;
      const std::string& name = spec_.space.params()[p].name;
      const Json value = default_of(name);
      if (!value.is_null()) {
        mapped.params[name] = value;
        partial = spec_.space.partial_from_json(mapped.params);
      } else if (mapped.is_result) {
        mapped.problems.push_back(
            fmt::format("has no {}, and neither --map nor the study has a default", name));
      }
    }
  } catch (const Error& error) {
    mapped.problems.emplace_back(error.what());
  }
}

void RecordMapper::map_values(const Json& data, MappedRecord& mapped) const {
  std::vector<std::string> wheres = map_.values;
  if (wheres.empty() && spec_.directions.size() == 1)
    for (const char* name : {"value", "score"})
      if (wheres.empty() && find_at(data, name) != nullptr) wheres = {name};
  if (wheres.empty() && spec_.directions.size() > 1) {
    for (std::size_t i = 0; i < spec_.directions.size(); ++i)
      wheres.push_back(kind_ == SourceKind::Csv ? fmt::format("values_{}", i)
                                                : fmt::format("/values/{}", i));
  }
  for (const std::string& where : wheres) {
    const Json* found = find_at(data, where);
    if (found == nullptr || found->is_null()) continue;
    const auto value = number_in(*found);
    if (!value)
      mapped.problems.push_back(fmt::format("{} is {}, no number", where, brief(*found)));
    else
      mapped.values.push_back(*value);
  }
}

void RecordMapper::map_state(const Json& data, MappedRecord& mapped) const {
  // A run with a score has ended, whatever became of its experiment.
  const bool told = kind_ == SourceKind::State && !mapped.values.empty();
  std::string word = told ? "" : text(data, "state");
  if (word.empty() && kind_ == SourceKind::Json)
    if (const Json* status = find_at(data, "status"); status != nullptr && status->is_string())
      word = status->get<std::string>();
  std::string state = mapped.values.empty() ? "waiting" : "complete";
  if (!word.empty()) {
    const auto own = map_.states.find(lower(word));
    const auto usual = usual_states().find(lower(word));
    if (own != map_.states.end())
      state = own->second;
    else if (usual != usual_states().end())
      state = usual->second;
    else
      mapped.problems.push_back(fmt::format(
          "is \"{}\", which says nothing of its end (\"states\" of --map does)", printable(word)));
  }
  mapped.is_result = state != "waiting";
  if (state == "skip") mapped.problems.emplace_back("is to be skipped, as --map says");
  if (!mapped.is_result) return;
  mapped.state = trial_state_from_string(state).value_or(TrialState::Complete);
  if (mapped.state == TrialState::Fail) mapped.values.clear();
  const bool finite =
      std::ranges::all_of(mapped.values, [](double value) { return std::isfinite(value); });
  if (!finite) mapped.problems.emplace_back("its value is not finite: no result");
  if (mapped.state == TrialState::Complete && mapped.values.size() != spec_.directions.size())
    mapped.problems.push_back(fmt::format("is complete with {} values, expected {}",
                                          mapped.values.size(), spec_.directions.size()));
}

void RecordMapper::map_metrics(const Json& data, MappedRecord& mapped) const {
  const auto take = [&mapped](const std::string& name, const Json& value) {
    const auto number = number_in(value);
    if (number && std::isfinite(*number)) mapped.metrics[name] = *number;
  };
  if (map_.metrics.is_object()) {
    for (const auto& [name, where] : map_.metrics.items())
      if (const Json* value = find_at(data, where.get<std::string>())) take(name, *value);
    return;
  }
  const std::string where = map_.metrics.is_string() ? map_.metrics.get<std::string>() : "metrics";
  if (const Json* object = find_at(data, where); object != nullptr && object->is_object())
    for (const auto& [name, value] : object->items())
      if (map_.values.empty() || "/metrics/" + name != map_.values.front()) take(name, value);
  if (kind_ == SourceKind::State)
    if (const Json* time = find_at(data, "time_min")) take("time_min", *time);
  if (kind_ != SourceKind::Csv) return;
  for (const auto& [name, value] : data.items())
    if (name.starts_with("user_attrs_")) take(name.substr(11), value);
}

void RecordMapper::map_words(const Json& data, MappedRecord& mapped) const {
  if (const Json* time = member(data, "started")) mapped.started = time_in(*time);
  if (const Json* time = member(data, "completed")) mapped.completed = time_in(*time);
  mapped.worker = text(data, "worker");
  mapped.note = text(data, "note");
  mapped.title = text(data, "title");
  mapped.description = text(data, "description");
  const std::string priority = text(data, "priority");
  if (priority.empty()) return;
  try {
    mapped.priority = parse_priority(lower(priority));
  } catch (const Error& error) {
    mapped.problems.emplace_back(error.what());
  }
}

}  // namespace studyhall::cli
