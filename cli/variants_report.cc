#include "cli/variants_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/comparison.h"
#include "cli/fleet_view.h"
#include "cli/text.h"
#include "core/study_api_json.h"
#include "worker_shim/files.h"
#include "worker_shim/run_folder.h"

namespace studyhall::cli {

namespace {

constexpr int kMostTrials = 10'000;

// The runs of one variant as one: what is best known of it.
std::string state_of(const std::vector<TrialView>& trials) {
  const auto any = [&trials](TrialState state) {
    return std::ranges::find(trials, state, &TrialView::state) != trials.end();
  };
  for (const TrialState state : {TrialState::Running, TrialState::Waiting, TrialState::Complete,
                                 TrialState::Pruned, TrialState::Fail})
    if (any(state)) return std::string(to_string(state));
  return "waiting";
}

// The first complete run, else the newest.
const TrialView& telling(const std::vector<TrialView>& trials) {
  const auto complete = std::ranges::find(trials, TrialState::Complete, &TrialView::state);
  return complete == trials.end() ? trials.back() : *complete;
}

}  // namespace

VariantsReport::VariantsReport(StudyApi& api, std::string study, std::vector<Variant> variants,
                               std::filesystem::path folder, std::filesystem::path runs)
    : api_(api),
      study_(std::move(study)),
      variants_(std::move(variants)),
      folder_(std::move(folder)),
      runs_(std::move(runs)) {}

void VariantsReport::look() {
  standings_.clear();
  for (const Variant& variant : variants_) standings_[variant.name];
  for (const TrialView& trial :
       api_.trials(study_, {.after = -1, .limit = kMostTrials, .state = {}, .worker = {}})) {
    const auto name = trial.params.find(kVariantParam);
    if (name == trial.params.end() || !name->is_string()) continue;
    if (const auto found = standings_.find(name->get<std::string>()); found != standings_.end())
      found->second.trials.push_back(trial);
  }
  for (auto& [name, standing] : standings_) standing.state = state_of(standing.trials);
}

Json VariantsReport::standing_json(const Variant& variant, const Standing& standing) const {
  Json numbers = Json::array();
  for (const TrialView& trial : standing.trials) numbers.push_back(trial.number);
  Json json = {{"state", standing.state}, {"trials", std::move(numbers)}};
  if (standing.trials.empty()) return json;
  const TrialView& trial = telling(standing.trials);
  if (!trial.record.worker.empty()) json["worker"] = trial.record.worker;
  if (!trial.values.empty()) json["score"] = trial.values.front();
  if (!trial.metrics.empty()) json["metrics"] = trial.metrics;
  for (const RunCommits& commits : commits_in_evidence(trial.record.evidence))
    json["branch"] = commits.branch;
  if (const Json usage = to_json(trial.record.usage); !usage.empty()) json["usage"] = usage;
  if (!trial.record.note.empty()) json["note"] = trial.record.note;
  json["file"] = (folder_ / "variants" / (variant.name + ".json")).string();
  return json;
}

std::vector<std::string> VariantsReport::update(Timestamp now) {
  const std::map<std::string, Standing> before = standings_;
  look();
  const auto local = local_workers(runs_, study_, api_.study(study_).spec);
  std::vector<std::string> lines;
  Json variants = Json::object();
  std::map<std::string, int> counts;
  bool has_ended = before.empty();
  for (const Variant& variant : variants_) {
    const Standing& standing = standings_[variant.name];
    Json& json = variants[variant.name] = standing_json(variant, standing);
    ++counts[standing.state];
    if (standing.state == "running") {
      const auto worker = local.find(json.value("worker", ""));
      if (worker != local.end() && !worker->second.stage.empty())
        json["stage"] = worker->second.stage;
    }
    const auto old = before.find(variant.name);
    if (old == before.end() || old->second.state != standing.state) {
      std::string words = standing.state;
      if (json.contains("score") && standing.state == "complete")
        words += ", score " + format_number(json["score"].get<double>());
      else if (json.contains("worker"))
        words += ", " + json["worker"].get<std::string>();
      if (standing.state == "failed" && json.contains("note"))
        words += ": " + ellipsize(printable(json["note"].get<std::string>()), 200);
      lines.push_back(fmt::format("{}: {}", variant.name, words));
    }
    if (standing.state == "running" || standing.state == "waiting") continue;
    const std::string mark = dump_json(json);
    if (written_[variant.name] == mark) continue;
    has_ended = true;
    write_variant(variant, standing);
    written_[variant.name] = mark;
  }
  Json progress = {{"study", study_},
                   {"done", is_done()},
                   {"counts", counts},
                   {"variants", std::move(variants)}};
  Json last = progress_;
  if (last.is_object()) last.erase("updated");
  if (progress != last) {
    progress["updated"] = format_utc(now);
    worker_shim::write_file(folder_ / "progress.json", progress.dump(2) + "\n");
    progress_ = std::move(progress);
  }
  if (has_ended)
    worker_shim::write_file(folder_ / "summary.md",
                            markdown_of(compare_runs(api_, study_, runs_, 0)));
  return lines;
}

void VariantsReport::write_variant(const Variant& variant, const Standing& standing) const {
  std::filesystem::create_directories(folder_ / "variants");
  const auto workspaces = worker_shim::list_workspaces(runs_ / study_);
  Json runs = Json::array();
  for (const TrialView& trial : standing.trials)
    runs.push_back(to_json(compare_run(trial, workspaces)));
  const Json json = {{"variant", variant.name},
                     {"text", variant.text},
                     {"state", standing.state},
                     {"runs", std::move(runs)}};
  worker_shim::write_file(folder_ / "variants" / (variant.name + ".json"), json.dump(2) + "\n");
}

bool VariantsReport::is_done() const {
  return std::ranges::none_of(standings_, [](const auto& entry) {
    return entry.second.state == "running" || entry.second.state == "waiting";
  });
}

std::size_t VariantsReport::complete() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      standings_, [](const auto& entry) { return entry.second.state == "complete"; }));
}

}  // namespace studyhall::cli
