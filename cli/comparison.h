// What became of the configurations of a study, side by side: results, figures and what each run
// changed in its git worktree. Failures stay in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/trial_commits.h"
#include "core/study_api.h"

namespace studyhall::cli {

struct FileChange {
  std::string file;
  std::optional<std::int64_t> added;  // lines; absent of binary files
  std::optional<std::int64_t> removed;
};

struct RunChanges {
  RunCommits commits;
  std::vector<FileChange> files;
  std::string diff;
  std::string trouble;  // why it cannot be shown here; empty: it can
};

struct ComparedRun {
  std::string name;  // the trial's title; else its configuration in words
  TrialView trial;
  std::optional<BestRow> row;         // of the leaderboard; absent where it is not on it
  std::filesystem::path workspace;    // on this machine; empty: not here
  std::string summary;                // SUMMARY.md in it
  std::vector<RunChanges> changes{};  // one for each repository
};

struct Comparison {
  StudyInfo info;
  std::vector<std::string> metrics;  // that any of the runs has, ascending
  // Those of the leaderboard, best first; then the others by number.
  std::vector<ComparedRun> runs;
  std::size_t left_out = 0;
};

// Of one trial. `workspaces`: those of its study on this machine.
ComparedRun compare_run(const TrialView& trial,
                        const std::vector<worker_shim::WorkspaceInfo>& workspaces);

// At most `most` runs (0: all): one of each configuration on the leaderboard, and every trial that
// is not on it. `runs`: the folder of the runs of this machine's workers.
Comparison compare_runs(StudyApi& api, const std::string& study, const std::filesystem::path& runs,
                        std::size_t most);

Json to_json(const ComparedRun& run);
Json to_json(const Comparison& comparison);
// A table, then each run with its text, notes, files and diff; diffs of more than a hundred lines
// are shortened.
std::string markdown_of(const Comparison& comparison);
// The same as a page for a browser, whole in itself, for light and dark screens.
std::string page_of(const Comparison& comparison);

// "complete", "failed (config)", ...
std::string state_words(const TrialView& trial);
// "0.93", of several objectives "0.93, 12"; the posterior mean and its error where runs were
// repeated: "0.93 ± 0.02 (n 3)". "" without a value.
std::string score_words(const ComparedRun& run);
// Seconds that its last attempt took; absent while it has not ended.
std::optional<double> seconds_of(const TrialView& trial);
// Over all repositories; absent where no change is known.
struct LineCounts {
  std::size_t files = 0;
  std::int64_t added = 0;
  std::int64_t removed = 0;
};
std::optional<LineCounts> lines_of(const ComparedRun& run);
// The first `most` lines; whether that was all.
struct Shortened {
  std::string text;
  bool whole = true;
};
Shortened first_lines(const std::string& text, std::size_t most);

}  // namespace studyhall::cli
