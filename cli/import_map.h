// From records of other programs to trials of a study: which member is which parameter, value and
// metric, and what cannot be mapped.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/import_source.h"
#include "core/clock.h"
#include "core/space.h"
#include "core/study_spec.h"
#include "core/trial.h"

namespace studyhall::cli {

// The members of --map's file, each of which goes before what the kind of source has by default:
//   "params"    where the object with all of them is, or {"PARAM": where it is}
//   "value"     where the score is; "values": [...] of several objectives
//   "metrics"   where an object of numbers is, or {"METRIC": where it is}
//   "state" "started" "completed" "worker" "note" "title" "description" "priority"   where each is
//   "states"    {"WORD": "complete" | "pruned" | "failed" | "waiting" | "skip"}
//   "defaults"  {"PARAM": value}: of records that have none
//   "choices"   {"PARAM": {"WORD": value}}: values under another name
//   "ignore"    ["MEMBER", ...] of the params that are no parameters and may be dropped
//   "records"   where the list is in a JSON document
// "Where" is the name of a member, or from '/' on a JSON pointer.
struct ImportMap {
  Json params;
  std::vector<std::string> values;
  Json metrics;
  std::map<std::string, std::string> members{};  // "state", "started", ...: where
  std::map<std::string, std::string> states{};
  Json defaults = Json::object();
  Json choices = Json::object();
  std::set<std::string> ignore{};
  std::string list{};
};

// Throws Error(Invalid) with every problem: unknown members, wrong types.
ImportMap parse_import_map(const Json& json);

struct MappedRecord {
  std::string origin;
  bool is_result = false;  // else a configuration to try
  Json params = Json::object();
  TrialState state = TrialState::Complete;  // of a result
  std::vector<double> values{};
  std::map<std::string, double> metrics{};
  std::optional<Timestamp> started{};
  std::optional<Timestamp> completed{};
  std::string worker{};
  std::string note{};
  std::string title{};
  std::string description{};
  double priority = 0;
  std::vector<std::string> problems{};  // why it cannot be imported; empty: it can
};

// For sources of that kind; what `map` does not say is as is usual there.
class RecordMapper {
 public:
  RecordMapper(const StudySpec& spec, ImportMap map, SourceKind kind);

  [[nodiscard]] MappedRecord map(const SourceRecord& record) const;

 private:
  [[nodiscard]] const Json* member(const Json& data, const std::string& name) const;
  [[nodiscard]] std::string text(const Json& data, const std::string& name) const;
  void map_params(const Json& data, MappedRecord& mapped) const;
  void take_param(const std::string& name, const Json& value, MappedRecord& mapped) const;
  void fill_params(MappedRecord& mapped) const;
  void map_state(const Json& data, MappedRecord& mapped) const;
  void map_values(const Json& data, MappedRecord& mapped) const;
  void map_metrics(const Json& data, MappedRecord& mapped) const;
  void map_words(const Json& data, MappedRecord& mapped) const;

  const StudySpec& spec_;
  ImportMap map_;
  SourceKind kind_;
};

}  // namespace studyhall::cli
