#include "core/trial.h"

#include <algorithm>

#include "core/enum_names.h"
#include "core/error.h"
#include "core/json_object.h"
#include "core/study_api_json_reader.h"

namespace studyhall {

namespace {

constexpr std::array<std::string_view, 5> kStates{"waiting", "running", "complete", "pruned",
                                                  "failed"};
constexpr std::array<std::string_view, 7> kReasons{"config",     "infra",  "declined", "cancelled",
                                                   "dependency", "voided", "withdrawn"};
constexpr std::array<std::string_view, 5> kCauses{"crash", "stall", "rate_limit", "auth",
                                                  "server_error"};
constexpr std::array<std::string_view, 5> kPurposes{"suggested", "enqueued", "replicate", "retry",
                                                    "imported"};

template <typename T>
void read(const Json& json, const char* key, T& value) {
  if (const auto it = json.find(key); it != json.end()) value = it->template get<T>();
}

template <typename T>
void read(const Json& json, const char* key, std::optional<T>& value) {
  if (const auto it = json.find(key); it != json.end()) value = it->template get<T>();
}

Usage usage_from_json(const Json& json) {
  if (!json.is_object()) {
    throw Error(ErrorCode::Corrupt,
                "trial record: expected an object of usage, found " + brief(json));
  }
  Usage usage;
  read(json, "cost_usd", usage.cost_usd);
  read(json, "turns", usage.turns);
  read(json, "tokens", usage.tokens);
  read(json, "seconds", usage.seconds);
  return usage;
}

}  // namespace

std::string_view to_string(TrialState state) { return enum_name(kStates, state); }

std::optional<TrialState> trial_state_from_string(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (lower == "fail") return TrialState::Fail;
  return enum_from_name<TrialState>(kStates, lower);
}

bool is_legal_change(TrialState from, TrialState to) {
  switch (from) {
    case TrialState::Waiting:
      return to != TrialState::Waiting;
    case TrialState::Running:
      return to != TrialState::Running;
    case TrialState::Complete:
    case TrialState::Pruned:
      return to == TrialState::Fail;
    case TrialState::Fail:
      return false;
  }
  return false;
}

std::string_view to_string(FailReason reason) { return enum_name(kReasons, reason); }

std::optional<FailReason> fail_reason_from_string(std::string_view name) {
  return enum_from_name<FailReason>(kReasons, name);
}

std::string_view to_string(FaultCause cause) { return enum_name(kCauses, cause); }

std::optional<FaultCause> fault_cause_from_string(std::string_view name) {
  return enum_from_name<FaultCause>(kCauses, name);
}

std::string_view to_string(Purpose purpose) { return enum_name(kPurposes, purpose); }

std::optional<Purpose> purpose_from_string(std::string_view name) {
  return enum_from_name<Purpose>(kPurposes, name);
}

Json to_json(const Usage& usage) {
  Json json = Json::object();
  if (usage.cost_usd) json["cost_usd"] = *usage.cost_usd;
  if (usage.turns) json["turns"] = *usage.turns;
  if (usage.tokens) json["tokens"] = *usage.tokens;
  if (usage.seconds) json["seconds"] = *usage.seconds;
  return json;
}

Json to_json(const TrialRecord& record) {
  Json json = json_object("worker", record.worker, "purpose", to_string(record.purpose), "attempt",
                          record.attempt, "sampler", record.sampler, "slice", record.slice, "pin",
                          record.pin, "pin_version", record.pin_version, "as_of", record.as_of,
                          "told", record.told, "priority", record.priority);
  if (record.prune) json["prune"] = true;
  if (record.reason) json["reason"] = to_string(*record.reason);
  if (!record.note.empty()) json["note"] = record.note;
  if (record.usage != Usage{}) json["usage"] = to_json(record.usage);
  for (const AttemptUsage& attempt : record.earlier) {
    json["earlier"].push_back({{"worker", attempt.worker}, {"usage", to_json(attempt.usage)}});
  }
  if (!record.evidence.is_null()) json["evidence"] = record.evidence;
  if (record.late) json["late"] = true;
  if (!record.foreign.empty()) json["foreign"] = record.foreign;
  if (record.voided > 0) json["voided"] = record.voided;
  if (record.parked_until) json["parked_until"] = format_utc(*record.parked_until);
  if (!record.tags.empty()) json["tags"] = record.tags;
  if (!record.after.empty()) json["after"] = record.after;
  if (!record.after_tasks.empty()) json["after_tasks"] = record.after_tasks;
  if (record.confirms >= 0) json["confirms"] = record.confirms;
  if (!record.version.empty()) json["version"] = record.version;
  if (!record.title.empty()) json["title"] = record.title;
  if (!record.description.empty()) json["description"] = record.description;
  if (!record.author.empty()) json["author"] = record.author;
  put_queue_terms(json, record.queue);
  if (record.question > 0) json["question"] = record.question;
  return json;
}

TrialRecord trial_record_from_json(const Json& json) {
  const auto corrupt = [&json](const std::string& why) {
    return Error(ErrorCode::Corrupt, "trial record " + brief(json) + ": " + why);
  };
  if (!json.is_object()) throw corrupt("expected an object");

  try {
    TrialRecord record;
    read(json, "worker", record.worker);
    if (const auto it = json.find("purpose"); it != json.end()) {
      const auto purpose = purpose_from_string(it->get<std::string>());
      if (!purpose) throw corrupt("unknown purpose " + brief(*it));
      record.purpose = *purpose;
    }
    read(json, "attempt", record.attempt);
    read(json, "sampler", record.sampler);
    read(json, "slice", record.slice);
    read(json, "pin", record.pin);
    read(json, "pin_version", record.pin_version);
    read(json, "as_of", record.as_of);
    read(json, "told", record.told);
    read(json, "priority", record.priority);
    read(json, "prune", record.prune);
    if (const auto it = json.find("reason"); it != json.end()) {
      record.reason = fail_reason_from_string(it->get<std::string>());
      if (!record.reason) throw corrupt("unknown reason " + brief(*it));
    }
    read(json, "note", record.note);
    if (const auto it = json.find("usage"); it != json.end()) {
      record.usage = usage_from_json(*it);
    }
    if (const auto it = json.find("earlier"); it != json.end()) {
      for (const Json& attempt : *it) {
        record.earlier.push_back(
            {attempt.at("worker").get<std::string>(), usage_from_json(attempt.at("usage"))});
      }
    }
    read(json, "evidence", record.evidence);
    read(json, "late", record.late);
    read(json, "foreign", record.foreign);
    read(json, "voided", record.voided);
    if (const auto it = json.find("parked_until"); it != json.end()) {
      record.parked_until = parse_utc(it->get<std::string>());
      if (!record.parked_until) throw corrupt("unknown time " + brief(*it));
    }
    read(json, "tags", record.tags);
    read(json, "after", record.after);
    read(json, "after_tasks", record.after_tasks);
    read(json, "confirms", record.confirms);
    read(json, "version", record.version);
    read(json, "title", record.title);
    read(json, "description", record.description);
    read(json, "author", record.author);
    if (has_queue_terms(json)) {
      MessageReader reader(json, "trial record");
      record.queue = read_queue_terms(reader);
      reader.finish_answer();
    }
    read(json, "question", record.question);
    return record;
  } catch (const Json::exception& e) {
    throw corrupt(e.what());
  }
}

}  // namespace studyhall
