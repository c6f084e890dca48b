#include "cli/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string_view>

#include "cli/text.h"
#include "core/error.h"
#include "core/study_api_json.h"
#include "worker_shim/files.h"
#include "worker_shim/git.h"
#include "worker_shim/worktree.h"

namespace studyhall::cli {

namespace {

constexpr int kPage = 1000;
constexpr std::size_t kLongestSummary = 100'000;

std::string name_of(const TrialView& trial) {
  if (!trial.record.title.empty()) return trial.record.title;
  if (trial.params.size() == 1) return format_scalar(trial.params.begin().value());
  return trial.params.empty() ? fmt::format("trial {}", trial.number) : format_params(trial.params);
}

std::optional<std::int64_t> lines_in(const std::string& word) {
  if (word.empty() || word.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::stoll(word);
}

// Of `git diff --numstat -z`: "12\t3\tfile\0"; a rename has an empty file, then old and new.
std::vector<FileChange> files_in(const std::string& numstat) {
  std::vector<FileChange> files;
  std::istringstream records(numstat);
  for (std::string record; std::getline(records, record, '\0');) {
    const std::size_t first = record.find('\t');
    const std::size_t second = record.find('\t', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    FileChange change{.file = record.substr(second + 1),
                      .added = lines_in(record.substr(0, first)),
                      .removed = lines_in(record.substr(first + 1, second - first - 1))};
    if (change.file.empty()) {
      std::string old;
      std::getline(records, old, '\0');
      std::getline(records, change.file, '\0');
    }
    files.push_back(std::move(change));
  }
  return files;
}

RunChanges changes_of(const RunCommits& commits) {
  RunChanges changes{.commits = commits, .files = {}, .diff = {}, .trouble = {}};
  try {
    const worker_shim::Git git(commits.repo, "study");
    const auto base = git.commit_id(commits.base);
    const auto tip = git.commit_id(commits.tip);
    if (!base || !tip) {
      changes.trouble =
          fmt::format("{} has no commit {} here", commits.repo, base ? commits.tip : commits.base);
      return changes;
    }
    changes.commits.base = *base;
    changes.commits.tip = *tip;
    changes.files = files_in(
        git.run({"diff", "--no-ext-diff", "--no-textconv", "--numstat", "-z", *base, *tip}));
    changes.diff = worker_shim::worktree_diff(git, *base, *tip);
  } catch (const Error& error) {
    changes.trouble = error.what();
  }
  return changes;
}

std::vector<TrialView> all_trials(StudyApi& api, const std::string& study) {
  std::vector<TrialView> all;
  std::int64_t after = -1;
  while (true) {
    auto page = api.trials(study, {.after = after, .limit = kPage, .state = {}, .worker = {}});
    if (page.empty()) return all;
    after = page.back().number;
    all.insert(all.end(), std::make_move_iterator(page.begin()),
               std::make_move_iterator(page.end()));
  }
}

struct Choice {
  const TrialView* trial = nullptr;
  std::optional<BestRow> row{};
};

// Leaderboard first; a complete trial of a configuration that is there is one of its replicates.
std::vector<Choice> chosen(const std::vector<TrialView>& trials, const std::vector<BestRow>& rows) {
  std::vector<Choice> choices;
  std::set<std::string> led;
  std::set<std::int64_t> taken;
  for (const BestRow& row : rows) {
    const auto trial = std::ranges::find(trials, row.number, &TrialView::number);
    if (trial == trials.end()) continue;
    led.insert(row.version + dump_json(row.params));
    taken.insert(row.number);
    choices.push_back({&*trial, row});
  }
  for (const TrialView& trial : trials) {
    const bool is_replicate = trial.state == TrialState::Complete &&
                              led.contains(trial.record.version + dump_json(trial.params));
    if (!taken.contains(trial.number) && !is_replicate) choices.push_back({&trial});
  }
  return choices;
}

}  // namespace

ComparedRun compare_run(const TrialView& trial,
                        const std::vector<worker_shim::WorkspaceInfo>& workspaces) {
  ComparedRun run{
      .name = name_of(trial), .trial = trial, .row = {}, .workspace = {}, .summary = {}};
  std::vector<RunCommits> commits = commits_in_evidence(trial.record.evidence);
  if (commits.empty()) commits = commits_in_workspace(workspaces, trial.number);
  for (const RunCommits& one : commits) run.changes.push_back(changes_of(one));
  // The newest stands last.
  const auto found =
      std::find_if(workspaces.rbegin(), workspaces.rend(), [&](const auto& workspace) {
        return !workspace.is_task && workspace.number == trial.number;
      });
  if (found == workspaces.rend()) return run;
  run.workspace = found->dir;
  const std::filesystem::path summary = run.workspace / "SUMMARY.md";
  std::error_code none;
  if (std::filesystem::file_size(summary, none) <= kLongestSummary && !none)
    run.summary = worker_shim::read_file(summary, kLongestSummary).value_or("");
  return run;
}

Comparison compare_runs(StudyApi& api, const std::string& study, const std::filesystem::path& runs,
                        std::size_t most) {
  Comparison comparison;
  comparison.info = api.study(study);
  const std::vector<TrialView> trials = all_trials(api, study);
  std::vector<Choice> choices = chosen(trials, api.best(study, 0));
  if (most > 0 && choices.size() > most) {
    comparison.left_out = choices.size() - most;
    choices.resize(most);
  }
  const auto workspaces = worker_shim::list_workspaces(runs / study);
  std::set<std::string> metrics;
  for (const Choice& choice : choices) {
    for (const auto& [name, value] : choice.trial->metrics) metrics.insert(name);
    comparison.runs.push_back(compare_run(*choice.trial, workspaces));
    comparison.runs.back().row = choice.row;
  }
  comparison.metrics.assign(metrics.begin(), metrics.end());
  return comparison;
}

Json to_json(const ComparedRun& run) {
  Json json = {{"name", run.name}};
  json.update(to_json(run.trial));
  if (run.row) json["leaderboard"] = to_json(*run.row);
  if (!run.workspace.empty()) json["workspace"] = run.workspace.string();
  if (!run.summary.empty()) json["summary"] = run.summary;
  Json changes = Json::array();
  for (const RunChanges& change : run.changes) {
    Json files = Json::array();
    for (const FileChange& file : change.files)
      files.push_back({{"file", file.file},
                       {"added", file.added ? Json(*file.added) : Json()},
                       {"removed", file.removed ? Json(*file.removed) : Json()}});
    changes.push_back({{"repo", change.commits.repo},
                       {"branch", change.commits.branch},
                       {"base", change.commits.base},
                       {"commit", change.commits.tip},
                       {"files", std::move(files)},
                       {"diff", change.diff}});
    if (!change.commits.name.empty()) changes.back()["name"] = change.commits.name;
    if (!change.trouble.empty()) changes.back()["trouble"] = change.trouble;
  }
  json["changes"] = std::move(changes);
  return json;
}

Json to_json(const Comparison& comparison) {
  Json runs = Json::array();
  for (const ComparedRun& run : comparison.runs) runs.push_back(to_json(run));
  return {{"study", comparison.info.name},
          {"state", to_string(comparison.info.state)},
          {"metrics", comparison.metrics},
          {"runs", std::move(runs)},
          {"left_out", comparison.left_out}};
}

std::string state_words(const TrialView& trial) {
  const std::string_view words = to_string(trial.state);
  if (!trial.record.reason) return std::string(words);
  return fmt::format("{} ({})", words, to_string(*trial.record.reason));
}

std::string score_words(const ComparedRun& run) {
  if (run.trial.state != TrialState::Complete && run.trial.state != TrialState::Pruned) return "";
  if (run.row && run.row->n > 1 && run.row->mean && run.row->stderr_)
    return fmt::format("{} ± {} (n {})", format_number(*run.row->mean),
                       format_number(*run.row->stderr_), run.row->n);
  return format_values(run.trial.values);
}

std::optional<double> seconds_of(const TrialView& trial) {
  if (trial.record.usage.seconds) return trial.record.usage.seconds;
  if (!trial.started || !trial.completed) return std::nullopt;
  return std::chrono::duration<double>(*trial.completed - *trial.started).count();
}

std::optional<LineCounts> lines_of(const ComparedRun& run) {
  std::optional<LineCounts> sum;
  for (const RunChanges& changes : run.changes) {
    if (!changes.trouble.empty()) continue;
    if (!sum) sum.emplace();
    for (const FileChange& file : changes.files) {
      ++sum->files;
      sum->added += file.added.value_or(0);
      sum->removed += file.removed.value_or(0);
    }
  }
  return sum;
}

Shortened first_lines(const std::string& text, std::size_t most) {
  std::size_t end = 0;
  for (std::size_t lines = 0; lines < most && end < text.size(); ++lines)
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
  return {text.substr(0, end), end == text.size()};
}

}  // namespace studyhall::cli
