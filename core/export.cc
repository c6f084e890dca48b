#include "core/export.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <set>

#include "core/study_api_json.h"

namespace studyhall {
namespace {

std::string_view optuna_state(TrialState state) {
  switch (state) {
    case TrialState::Waiting:
      return "WAITING";
    case TrialState::Running:
      return "RUNNING";
    case TrialState::Complete:
      return "COMPLETE";
    case TrialState::Pruned:
      return "PRUNED";
    case TrialState::Fail:
      return "FAIL";
  }
  return "";
}

void append_text(std::string_view text, std::string& out) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

void append_number(double value, std::string& out) {
  if (std::isnan(value)) return;
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  const std::string_view text(digits, static_cast<std::size_t>(end - digits));
  out += text;
  if (text.find_first_not_of("-0123456789") == std::string_view::npos) out += ".0";
}

void append_json(const Json& value, std::string& out) {
  if (value.is_null()) return;
  if (value.is_string()) {
    append_text(value.get_ref<const std::string&>(), out);
  } else if (value.is_boolean()) {
    out += value.get<bool>() ? "True" : "False";
  } else if (value.is_number_float()) {
    append_number(value.get<double>(), out);
  } else {
    append_text(dump_json(value), out);
  }
}

void append_duration(Duration duration, std::string& out) {
  const auto days = std::chrono::floor<std::chrono::days>(duration);
  const std::chrono::hh_mm_ss rest(duration - days);
  out += fmt::format("{} days {}{:02}:{:02}:{:02}.{:06}", days.count(), days.count() < 0 ? "+" : "",
                     rest.hours().count(), rest.minutes().count(), rest.seconds().count(),
                     rest.subseconds().count());
}

}  // namespace

std::string_view to_string(ExportFormat format) {
  return format == ExportFormat::Csv ? "csv" : "jsonl";
}

std::optional<ExportFormat> export_format_from_string(std::string_view name) {
  if (name == "csv") return ExportFormat::Csv;
  if (name == "jsonl") return ExportFormat::Jsonl;
  return std::nullopt;
}

TrialExporter::TrialExporter(ExportFormat format, Json study_file, PageSource pages)
    : format_(format), pages_(std::move(pages)), last_(std::numeric_limits<std::int64_t>::max()) {
  const Json file = std::move(study_file);
  if (const auto params = file.find("params"); params != file.end()) {
    for (const auto& [name, value] : params->items()) params_.push_back(name);
  }
  if (const auto directions = file.find("directions");
      directions != file.end() && directions->is_array()) {
    objectives_ = directions->size();
  }
}

std::optional<std::string> TrialExporter::next() {
  std::string out;
  if (!started_ && format_ == ExportFormat::Csv) {
    start_csv();
    out = csv_header();
  }
  started_ = true;

  if (after_ < last_) {
    for (const TrialView& trial : pages_(after_)) {
      if (trial.number > last_) break;
      after_ = trial.number;
      if (format_ == ExportFormat::Csv) {
        append_csv_row(trial, out);
      } else {
        out += dump_json(to_json(trial));
        out += '\n';
      }
    }
  }
  if (out.empty()) return std::nullopt;
  return out;
}

void TrialExporter::start_csv() {
  std::set<std::string> metrics;
  std::int64_t after = -1;
  while (true) {
    const std::vector<TrialView> page = pages_(after);
    if (page.empty()) break;
    for (const TrialView& trial : page) {
      for (const auto& [name, value] : trial.metrics) metrics.insert(name);
    }
    after = page.back().number;
  }
  metrics_.assign(metrics.begin(), metrics.end());
  last_ = after;
}

std::string TrialExporter::csv_header() const {
  std::string out = "number";
  if (objectives_ == 1) {
    out += ",value";
  } else {
    for (std::size_t i = 0; i < objectives_; ++i) out += fmt::format(",values_{}", i);
  }
  for (const std::string& name : params_) {
    out += ',';
    append_text("params_" + name, out);
  }
  for (const std::string& name : metrics_) {
    out += ',';
    append_text("user_attrs_" + name, out);
  }
  out += ",state,datetime_start,datetime_complete,duration,worker\n";
  return out;
}

void TrialExporter::append_csv_row(const TrialView& trial, std::string& out) const {
  out += std::to_string(trial.number);
  for (std::size_t i = 0; i < objectives_; ++i) {
    out += ',';
    if (i < trial.values.size()) append_number(trial.values[i], out);
  }
  for (const std::string& name : params_) {
    out += ',';
    if (const auto value = trial.params.find(name); value != trial.params.end()) {
      append_json(*value, out);
    }
  }
  for (const std::string& name : metrics_) {
    out += ',';
    if (const auto metric = trial.metrics.find(name); metric != trial.metrics.end()) {
      append_number(metric->second, out);
    }
  }
  out += ',';
  out += optuna_state(trial.state);
  out += ',';
  if (trial.started) out += format_utc(*trial.started);
  out += ',';
  if (trial.completed) out += format_utc(*trial.completed);
  out += ',';
  if (trial.started && trial.completed) append_duration(*trial.completed - *trial.started, out);
  out += ',';
  if (!trial.record.worker.empty()) append_text(trial.record.worker, out);
  out += '\n';
}

}  // namespace studyhall
