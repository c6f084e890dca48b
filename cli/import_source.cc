#include "cli/import_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <sstream>

#include "cli/arguments.h"
#include "cli/csv_file.h"
#include "cli/optuna_source.h"
#include "cli/spawn.h"
#include "cli/text.h"
#include "core/error.h"
#include "storage/optuna_study.h"
#include "worker_shim/files.h"

namespace studyhall::cli {

namespace {

constexpr std::size_t kLongestFile = 1'000'000'000;
constexpr std::array<const char*, 6> kLists{"results", "trials",    "runs",
                                            "configs", "completed", "experiments"};

std::string text_of(const std::filesystem::path& file) {
  const auto text = worker_shim::read_file(file, kLongestFile);
  if (!text) throw Error(ErrorCode::NotFound, fmt::format("there is no {}", file.string()));
  return *text;
}

std::string fetched(const std::string& address) {
  const auto curl = program_on_path("curl");
  if (!curl)
    throw Error(ErrorCode::Unavailable, fmt::format("{}: there is no curl on PATH", address));
  const ProgramAnswer answer =
      run_to_end(*curl, {"curl", "-fsSL", "--max-time", "300", "--", address});
  if (answer.status != 0)
    throw Error(ErrorCode::Unavailable,
                fmt::format("{}: curl ended with {}: {}", address, answer.status, answer.err));
  return answer.out;
}

// The array that a document is about; null where there is none.
const Json* list_in(const Json& document, const std::string& list) {
  if (!list.empty()) {
    const Json::json_pointer pointer(list);
    return document.contains(pointer) && document[pointer].is_array() ? &document[pointer]
                                                                      : nullptr;
  }
  if (document.is_array()) return &document;
  for (const char* name : kLists) {
    const auto found = document.find(name);
    if (found != document.end() && found->is_array()) return &*found;
  }
  return nullptr;
}

void add_state(const Json& document, const std::string& origin, Source& source) {
  const auto runs = document.find("tuning_runs");
  if (runs == document.end() || !runs->is_array()) {
    source.problems.push_back(origin + ": has no list \"tuning_runs\"");
    return;
  }
  Json experiment = document;
  experiment.erase("tuning_runs");
  int number = 0;
  for (const Json& run : *runs) {
    const std::string where = fmt::format("{}, run {}", origin, ++number);
    if (!run.is_object()) {
      source.problems.push_back(where + ": is no object");
      continue;
    }
    Json data = run;
    data["experiment"] = experiment;
    source.records.push_back({where, std::move(data)});
  }
}

Source from_document(const std::string& text, const std::string& name, const std::string& list) {
  Source source;
  const Json document = parse_json(text, name, Comments::Allow);
  if (list.empty() && document.is_object() && document.contains("tuning_runs")) {
    source.kind = SourceKind::State;
    add_state(document, name, source);
    return source;
  }
  const Json* records = list_in(document, list);
  if (records == nullptr && list.empty() && document.is_object()) {
    source.records.push_back({name, document});
    return source;
  }
  if (records == nullptr)
    throw Error(
        ErrorCode::Malformed,
        fmt::format("{} has no list of records{}", name,
                    list.empty() ? "; \"records\" of --map says where it is" : " at " + list));
  int number = 0;
  for (const Json& record : *records) {
    const std::string where = fmt::format("{}, record {}", name, ++number);
    if (record.is_object())
      source.records.push_back({where, record});
    else
      source.problems.push_back(where + ": is no object");
  }
  return source;
}

Source from_lines(const std::string& text, const std::string& name) {
  Source source;
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string where = fmt::format("{}:{}", name, number);
    Json record = Json::parse(line, nullptr, false);
    if (record.is_object())
      source.records.push_back({where, std::move(record)});
    else
      source.problems.push_back(where + ": is no JSON object");
  }
  return source;
}

Source from_csv(const std::string& text, const std::string& name) {
  Source source;
  source.kind = SourceKind::Csv;
  std::istringstream in(text);
  CsvReader table(in, name);
  while (const auto row = table.next()) {
    Json record = Json::object();
    for (std::size_t i = 0; i < row->size(); ++i)
      if (!(*row)[i].empty()) record[table.header()[i]] = (*row)[i];
    source.records.push_back({fmt::format("{}:{}", name, table.line()), std::move(record)});
  }
  return source;
}

// --- MLflow's file store, as cli/mlflow_export.h describes it ---

// "key: value" lines; quotes are taken off.
std::map<std::string, std::string> read_meta(const std::filesystem::path& folder) {
  std::map<std::string, std::string> values;
  std::istringstream lines(worker_shim::read_file(folder / "meta.yaml", kLongestFile).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    std::string value = line.substr(colon + 2);
    if (value.size() > 1 && value.front() == value.back() &&
        (value.front() == '\'' || value.front() == '"'))
      value = value.substr(1, value.size() - 2);
    values[line.substr(0, colon)] = value;
  }
  return values;
}

bool is_experiment(const std::filesystem::path& folder) {
  const auto meta = read_meta(folder);
  return meta.contains("experiment_id") && !meta.contains("run_id");
}

// {"NAME": "TEXT"} of every file below; names may have slashes.
Json texts_below(const std::filesystem::path& folder) {
  Json texts = Json::object();
  std::error_code none;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, none))
    if (entry.is_regular_file())
      texts[std::filesystem::relative(entry.path(), folder).string()] = text_of(entry.path());
  return texts;
}

// The value of the last step (of equal ones the last line): "milliseconds value step".
std::optional<double> last_value(const std::string& text) {
  std::istringstream lines(text);
  std::optional<double> last;
  std::int64_t last_step = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string time;
    std::string value;
    std::int64_t step = 0;
    if (!(words >> time >> value)) continue;
    words >> step;
    if (last && step < last_step) continue;
    try {
      last = parse_number(value, "value");
      last_step = step;
    } catch (const Error&) {
    }
  }
  return last;
}

Json run_in(const std::filesystem::path& folder, const std::map<std::string, std::string>& meta) {
  constexpr std::array<const char*, 6> kStatus{"",         "RUNNING", "SCHEDULED",
                                               "FINISHED", "FAILED",  "KILLED"};
  const auto text = [&meta](const char* name) {
    const auto found = meta.find(name);
    return found == meta.end() || found->second == "null" ? std::string() : found->second;
  };
  Json record = {{"run", text("run_id")}, {"name", text("run_name")}};
  const std::string status = text("status");
  const bool known = status.size() == 1 && status[0] >= '1' && status[0] <= '5';
  record["status"] = known ? kStatus[static_cast<std::size_t>(status[0] - '0')] : status.c_str();
  for (const char* time : {"start_time", "end_time"})
    if (!text(time).empty()) record[time] = parse_integer(text(time), time, 0);
  record["params"] = texts_below(folder / "params");
  record["tags"] = texts_below(folder / "tags");
  Json metrics = Json::object();
  const Json lines = texts_below(folder / "metrics");
  for (const auto& [name, text_lines] : lines.items())
    if (const auto value = last_value(text_lines.get<std::string>())) metrics[name] = *value;
  record["metrics"] = std::move(metrics);
  return record;
}

void add_experiment(const std::filesystem::path& folder, Source& source) {
  std::vector<std::filesystem::path> runs;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_directory()) runs.push_back(entry.path());
  std::ranges::sort(runs);
  for (const auto& run : runs) {
    const auto meta = read_meta(run);
    if (!meta.contains("run_id")) continue;
    const auto stage = meta.find("lifecycle_stage");
    if (stage != meta.end() && stage->second == "deleted") continue;
    source.records.push_back({run.string(), run_in(run, meta)});
  }
}

Source from_folder(const std::filesystem::path& folder) {
  Source source;
  source.kind = SourceKind::Mlflow;
  if (is_experiment(folder)) add_experiment(folder, source);
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_directory() && is_experiment(entry.path())) add_experiment(entry.path(), source);
  if (!source.records.empty()) return source;

  source.kind = SourceKind::State;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().filename() == "STATE.json") files.push_back(entry.path());
  std::ranges::sort(files);
  for (const auto& file : files) {
    try {
      add_state(parse_json(text_of(file), file.string()), file.string(), source);
    } catch (const Error& error) {
      source.problems.push_back(printable(error.what()));
    }
  }
  if (files.empty())
    throw Error(ErrorCode::NotFound,
                fmt::format("{} has neither a STATE.json below it nor is it a folder of MLflow's",
                            folder.string()));
  return source;
}

}  // namespace

Source read_source(const std::string& place, const std::string& list,
                   const std::string& optuna_study) {
  constexpr std::string_view kSqlite = "sqlite:///";
  const std::string file = place.starts_with(kSqlite) ? place.substr(kSqlite.size()) : place;
  if (storage::is_sqlite_file(file)) return read_optuna_study(file, optuna_study);
  if (!optuna_study.empty())
    throw Error(ErrorCode::Invalid,
                fmt::format("--optuna-study is of a database of Optuna's, and {} is none", place));
  const bool is_address = place.starts_with("http://") || place.starts_with("https://");
  if (!is_address && place.find("://") != std::string::npos)
    throw Error(ErrorCode::Unsupported,
                fmt::format("{}: of databases SQLite files alone are read; optuna.copy_study() "
                            "copies a study into one",
                            place.substr(0, place.find("://"))));
  if (!is_address && std::filesystem::is_directory(place)) return from_folder(place);
  const std::string text = is_address ? fetched(place) : text_of(place);
  const std::string path = is_address ? place.substr(0, place.find_first_of("?#")) : place;
  if (path.ends_with(".csv")) return from_csv(text, place);
  if (path.ends_with(".jsonl") || path.ends_with(".ndjson")) return from_lines(text, place);
  if (text.starts_with("SQLite format 3"))
    throw Error(ErrorCode::Unsupported,
                fmt::format("{} is a database: fetch it into a file, and import that", place));
  return from_document(text, place, list);
}

}  // namespace studyhall::cli
