#include "cli/mlflow_export.h"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <set>
#include <vector>

#include "cli/trial_commits.h"
#include "core/hash.h"
#include "core/json.h"
#include "worker_shim/files.h"

namespace studyhall::cli {

namespace {

constexpr std::size_t kLongestName = 250;
constexpr std::size_t kLongestParam = 6000;
constexpr std::size_t kLongestTag = 8000;

// MLflow's RunStatus and SourceType.
enum class RunStatus { Running = 1, Finished = 3, Failed = 4, Killed = 5 };
constexpr int kLocal = 4;

using Files = std::map<std::string, std::string>;

std::int64_t milliseconds(Timestamp time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

// JSON's strings are YAML's.
std::string quoted(const std::string& text) { return dump_json(text); }

std::string file_url(const std::filesystem::path& path) {
  constexpr std::string_view kPlain = "/-._~";
  std::string url = "file://";
  for (const char c : path.string()) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       kPlain.find(c) != std::string_view::npos;
    url += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return url;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

// Two names that become one keep their files apart.
void put(Files& files, const std::string& name, std::string text) {
  std::string file = mlflow_name(name);
  while (files.contains(file)) file += "_";
  files[file] = std::move(text);
}

void write_files(const std::filesystem::path& folder, const Files& files) {
  std::filesystem::create_directories(folder);
  for (const auto& [name, text] : files) worker_shim::write_file(folder / name, text);
}

std::string line(Timestamp time, double value, std::int64_t step) {
  return fmt::format("{} {} {}\n", milliseconds(time), shortest_decimal(value), step);
}

RunStatus status_of(const TrialView& trial) {
  if (trial.state == TrialState::Running) return RunStatus::Running;
  if (trial.state != TrialState::Fail) return RunStatus::Finished;
  const auto& reason = trial.record.reason;
  return reason == FailReason::Cancelled || reason == FailReason::Voided ? RunStatus::Killed
                                                                         : RunStatus::Failed;
}

Files params_of(const TrialView& trial) {
  Files files;
  for (const auto& [name, value] : trial.params.items())
    put(files, name, text_of(value).substr(0, kLongestParam));
  return files;
}

Files metrics_of(const TrialView& trial) {
  Files files;
  const Timestamp started = trial.started.value_or(Timestamp());
  const Timestamp ended = trial.completed.value_or(started);
  for (std::size_t i = 0; i < trial.values.size(); ++i)
    put(files, trial.values.size() == 1 ? "value" : fmt::format("values_{}", i),
        line(ended, trial.values[i], 0));
  std::string steps;
  for (const auto& [step, value] : trial.intermediate) steps += line(started, value, step);
  if (!steps.empty()) put(files, "intermediate_value", steps);
  for (const auto& [name, value] : trial.metrics) put(files, name, line(ended, value, 0));
  const Usage& usage = trial.record.usage;
  if (usage.cost_usd) put(files, "usage.cost_usd", line(ended, *usage.cost_usd, 0));
  if (usage.seconds) put(files, "usage.seconds", line(ended, *usage.seconds, 0));
  if (usage.turns) put(files, "usage.turns", line(ended, static_cast<double>(*usage.turns), 0));
  if (usage.tokens) put(files, "usage.tokens", line(ended, static_cast<double>(*usage.tokens), 0));
  return files;
}

std::string run_name(const TrialView& trial) {
  return trial.record.title.empty() ? fmt::format("trial-{}", trial.number) : trial.record.title;
}

Files tags_of(const std::string& study, const TrialView& trial) {
  const TrialRecord& record = trial.record;
  Files files;
  const auto add = [&files](const char* name, const std::string& text) {
    if (!text.empty()) put(files, name, text.substr(0, kLongestTag));
  };
  add("mlflow.runName", run_name(trial));
  add("mlflow.user", record.worker);
  add("mlflow.source.type", "LOCAL");
  add("mlflow.note.content", record.description.empty() ? record.note : record.description);
  for (const RunCommits& commits : commits_in_evidence(record.evidence)) {
    add("mlflow.source.git.commit", commits.tip);
    add("mlflow.source.git.branch", commits.branch);
    break;
  }
  add("studyhall.study", study);
  add("studyhall.trial", std::to_string(trial.number));
  add("studyhall.state", std::string(to_string(trial.state)));
  if (record.reason) add("studyhall.reason", std::string(to_string(*record.reason)));
  add("studyhall.purpose", std::string(to_string(record.purpose)));
  add("studyhall.version", record.version);
  add("studyhall.note", record.note);
  return files;
}

}  // namespace

std::string mlflow_name(std::string name) {
  for (char& c : name) {
    const bool taken = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '_' || c == '-' || c == '.' || c == ' ';
    if (!taken) c = '_';
  }
  if (name.empty() || name == "." || name == "..") return "_";
  return name.substr(0, kLongestName);
}

MlflowExport::MlflowExport(const std::filesystem::path& dir, const StudyInfo& study)
    : study_(study) {
  const std::string hash = sha256_hex(study.name + format_utc(study.created));
  // Eighteen digits, as MLflow's own.
  id_ = fmt::format("{:018}",
                    std::stoull(hash.substr(0, 15), nullptr, 16) % 1'000'000'000'000'000'000);
  if (id_.front() == '0') id_.front() = '1';
  dir_ = std::filesystem::absolute(dir).lexically_normal() / id_;
  std::filesystem::create_directories(dir_);
  const std::int64_t created = milliseconds(study.created);
  worker_shim::write_file(
      dir_ / "meta.yaml",
      fmt::format("artifact_location: {}\ncreation_time: {}\nexperiment_id: '{}'\n"
                  "last_update_time: {}\nlifecycle_stage: active\nname: {}\n",
                  quoted(file_url(dir_)), created, id_, created, quoted(study.name)));
}

bool MlflowExport::add(const TrialView& trial) {
  if (!trial.started) return false;
  const std::string run =
      sha256_hex(fmt::format("{} {} {}", study_.name, format_utc(study_.created), trial.number))
          .substr(0, 32);
  const std::filesystem::path folder = dir_ / run;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder / "artifacts");
  write_files(folder / "params", params_of(trial));
  write_files(folder / "metrics", metrics_of(trial));
  write_files(folder / "tags", tags_of(study_.name, trial));
  worker_shim::write_file(
      folder / "meta.yaml",
      fmt::format("artifact_uri: {}\ndeleted_time: null\nend_time: {}\nentry_point_name: ''\n"
                  "experiment_id: '{}'\nlifecycle_stage: active\nrun_id: {}\nrun_name: {}\n"
                  "run_uuid: {}\nsource_name: ''\nsource_type: {}\nsource_version: ''\n"
                  "start_time: {}\nstatus: {}\ntags: []\nuser_id: {}\n",
                  quoted(file_url(folder / "artifacts")),
                  trial.completed ? std::to_string(milliseconds(*trial.completed)) : "null", id_,
                  quoted(run), quoted(run_name(trial)), quoted(run), kLocal,
                  milliseconds(*trial.started), static_cast<int>(status_of(trial)),
                  quoted(trial.record.worker)));
  return true;
}

}  // namespace studyhall::cli
