// Configurations and results that other programs left, as JSON records.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"

namespace studyhall::cli {

enum class SourceKind { Json, Csv, State, Mlflow, Optuna };

struct SourceRecord {
  std::string origin;  // "results.jsonl:12", "runs/W1-3/STATE.json, run 1"
  Json data;           // an object
};

struct Source {
  SourceKind kind = SourceKind::Json;
  std::vector<SourceRecord> records{};
  std::vector<std::string> problems{};  // files and lines that could not be read, each with why
};

// Json: .json (an array; an object with an array as "results", "trials", "runs", "configs",
// "completed" or "experiments", or where the pointer `list` says; a single object), .jsonl.
// Csv: {"COLUMN": "cell", ...} without empty cells.
// State: every STATE.json below a folder, or one: each of its tuning_runs, with the other members
// of the file as "experiment". Mlflow: a file store or one experiment of it: {"run", "name",
// "status", "start_time", "end_time", "params", "metrics" (the last of each), "tags"}. Optuna:
// a SQLite file (sqlite:/// before it or not), of which `optuna_study` is read
// (cli/optuna_source.h). `place` may be an address (http, https), fetched with curl. Throws
// Error(NotFound), Error(Malformed) for a file that is nothing of this, Error(Invalid) where
// `optuna_study` is given for another kind.
Source read_source(const std::string& place, const std::string& list,
                   const std::string& optuna_study = {});

}  // namespace studyhall::cli
