#include "worker_shim/experiment_record.h"

#include <fmt/format.h>

#include "worker_shim/environment.h"
#include "worker_shim/files.h"
#include "worker_shim/result_line.h"
#include "worker_shim/text.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kLongestState = 16'000'000;
constexpr std::size_t kLongestTitle = 1000;
constexpr std::size_t kLongestSummary = 100'000;  // of the experiment's own

std::string budget_words(const std::optional<bool>& inside) {
  if (!inside) return "unknown";
  return *inside ? "met" : "violated";
}

// A table cell: one line, no bars that would end it.
std::string cell(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result;
}

Json task_state_json(const Plan& plan, const Workspace& workspace, const ExperimentRecord& record) {
  return {{"experiment_id", workspace.name()},
          {"study", plan.study->name},
          {"worker", plan.worker},
          {"task", record.number},
          {"title", record.title},
          {"attempt", record.attempt},
          {"status", record.status},
          {"started_at", format_utc(record.started_at)},
          {"completed_at",
           record.completed_at ? Json(format_utc(*record.completed_at)) : Json(nullptr)},
          {"seconds", record.seconds},
          {"notes", record.note}};
}

}  // namespace

ExperimentRecord record_of(const Job& job, Timestamp now) {
  ExperimentRecord record;
  record.number = job.number;
  record.is_task = job.is_task;
  record.title = job.title;
  record.attempt = job.attempt;
  record.params = job.params;
  record.started_at = now;
  return record;
}

void describe_result(const Job& job, const TellRequest& tell, ExperimentRecord& record) {
  record.status = state_words(job, tell);
  record.note = tell.note;
  record.metrics = tell.metrics;
  record.scores = tell.values;
  if (tell.evidence.is_object()) record.score_kind = tell.evidence.value("kind", "");
}

std::optional<bool> in_budget(const StudySpec& study,
                              const std::map<std::string, double>& metrics) {
  bool inside = true;
  for (const MetricConstraint& constraint : study.constraints) {
    const auto metric = metrics.find(constraint.metric);
    if (metric == metrics.end()) return std::nullopt;
    inside = inside && constraint.violation(metric->second) <= 0;
  }
  return inside;
}

Json state_json(const Plan& plan, const Workspace& workspace, const ExperimentRecord& record) {
  if (record.is_task) return task_state_json(plan, workspace, record);
  Json inside = nullptr;
  if (!record.scores.empty()) {
    if (const auto known = in_budget(*plan.study, record.metrics)) inside = known.value();
  }
  Json run = {{"run", 1},
              {"config", record.params},
              {"score", record.scores.empty() ? Json(nullptr) : Json(record.scores.front())},
              {"time_min", record.seconds / 60},
              {"in_budget", inside},
              {"metrics", record.metrics},
              {"notes", record.note}};
  if (record.scores.size() > 1) run["scores"] = record.scores;
  return {{"experiment_id", workspace.name()},
          {"study", plan.study->name},
          {"worker", plan.worker},
          {"trial", record.number},
          {"attempt", record.attempt},
          {"status", record.status},
          {"started_at", format_utc(record.started_at)},
          {"completed_at",
           record.completed_at ? Json(format_utc(*record.completed_at)) : Json(nullptr)},
          {"tuning_runs", record.completed_at ? Json::array({run}) : Json::array()},
          {"best_in_budget", inside == true ? run : Json(nullptr)}};
}

std::string summary_markdown(const Plan& plan, const Workspace& workspace,
                             const ExperimentRecord& record) {
  std::string text =
      fmt::format("# {}: {} {} of {}\n\n", workspace.name(), record.is_task ? "task" : "trial",
                  record.number, plan.study->name);
  if (record.is_task) text += printable(record.title, kLongestTitle) + "\n\n";
  text += fmt::format("- Worker {}, attempt {}: **{}** after {}\n", plan.worker, record.attempt,
                      record.status, duration_text(record.seconds));
  if (!record.scores.empty()) {
    const bool several = record.scores.size() > 1;
    text += fmt::format("- Score {} ({})\n",
                        value_text(several ? Json(record.scores) : Json(record.scores.front())),
                        record.score_kind);
  }
  for (const auto& [name, value] : record.metrics) {
    text += fmt::format("- {} {}\n", name, value_text(Json(value)));
  }
  if (!record.scores.empty() && !plan.study->constraints.empty()) {
    text += fmt::format("- Constraints {}\n", budget_words(in_budget(*plan.study, record.metrics)));
  }
  if (!record.is_task) text += "\n| parameter | value |\n|---|---|\n";
  for (const auto& [name, value] : record.params.items()) {
    text += fmt::format("| {} | {} |\n", cell(name), cell(value_text(value)));
  }
  if (!record.note.empty()) text += fmt::format("\n````\n{}\n````\n", record.note);
  return text;
}

void write_record(const Plan& plan, const Workspace& workspace, const ExperimentRecord& record) {
  write_file(
      workspace.dir / "STATE.json",
      state_json(plan, workspace, record).dump(2, ' ', false, Json::error_handler_t::replace) +
          "\n");
  if (!record.completed_at) return;
  const std::filesystem::path file = workspace.dir / "SUMMARY.md";
  std::string summary = summary_markdown(plan, workspace, record);
  if (const auto own = read_file(file, kLongestState)) {
    summary += fmt::format("\n## What the {} wrote\n\n", record.is_task ? "agent" : "experiment") +
               printable(*own, kLongestSummary);
  }
  write_file(file, summary);
}

void mark_interrupted(const std::filesystem::path& workspace, Timestamp now) {
  if (workspace.empty()) return;
  const std::filesystem::path file = workspace / "STATE.json";
  const auto text = read_file(file, kLongestState);
  if (!text) return;
  Json state = parse_json(*text, file.string());
  if (!state.is_object()) return;
  state["status"] = "interrupted";
  state["completed_at"] = format_utc(now);
  write_file(file, state.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace studyhall::worker_shim
