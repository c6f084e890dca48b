#include <fmt/format.h>

#include <algorithm>

#include "cli/comparison.h"
#include "cli/show.h"
#include "cli/text.h"

namespace studyhall::cli {

namespace {

constexpr std::size_t kMostDiffLines = 100;

// On one line, without what would end a table's cell.
std::string cell(const std::string& text) {
  std::string result;
  for (const char c : printable(text)) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

// A block that its text cannot end.
std::string fenced(const std::string& text, const char* language) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(std::max<std::size_t>(3, longest + 1), '`');
  return fmt::format("{}{}\n{}{}{}\n", fence, language, text, text.ends_with('\n') ? "" : "\n",
                     fence);
}

std::string figure(const std::optional<double>& value, const char* form) {
  return value ? fmt::format(fmt::runtime(form), *value) : "";
}

std::string changed_words(const ComparedRun& run) {
  const auto lines = lines_of(run);
  if (!lines) return "";
  return fmt::format("{}, +{} −{}", count_of(static_cast<std::int64_t>(lines->files), "file"),
                     lines->added, lines->removed);
}

std::string table(const Comparison& comparison) {
  std::string text = "| | variant | state | score |";
  std::string rule = "|--:|---|---|--:|";
  for (const std::string& metric : comparison.metrics) {
    text += fmt::format(" {} |", cell(metric));
    rule += "--:|";
  }
  text += " time | USD | changed |\n" + rule + "--:|--:|---|\n";
  for (const ComparedRun& run : comparison.runs) {
    text += fmt::format("| {} | {} | {} | {} |",
                        run.row && run.row->rank > 0 ? std::to_string(run.row->rank) : "",
                        cell(run.name), state_words(run.trial), score_words(run));
    for (const std::string& metric : comparison.metrics) {
      const auto found = run.trial.metrics.find(metric);
      text += fmt::format(" {} |",
                          found == run.trial.metrics.end() ? "" : format_number(found->second));
    }
    const auto seconds = seconds_of(run.trial);
    text += fmt::format(" {} | {} | {} |\n",
                        seconds ? format_duration(seconds_to_duration(*seconds)) : "",
                        figure(run.trial.record.usage.cost_usd, "{:.2f}"), changed_words(run));
  }
  return text;
}

std::string changes_text(const RunChanges& changes) {
  const RunCommits& commits = changes.commits;
  std::string text =
      fmt::format("\n{}{}`{}`, {}..{}\n", commits.name.empty() ? "" : cell(commits.name) + ": ",
                  commits.branch.empty() ? "" : "branch ",
                  cell(commits.branch.empty() ? commits.repo : commits.branch),
                  commits.base.substr(0, 12), commits.tip.substr(0, 12));
  if (!changes.trouble.empty()) return text + fmt::format("\n{}\n", cell(changes.trouble));
  if (changes.files.empty()) return text + "\nNothing was changed.\n";
  text += "\n";
  for (const FileChange& file : changes.files)
    text += fmt::format(
        "- `{}` {}\n", cell(file.file),
        file.added ? fmt::format("+{} −{}", *file.added, file.removed.value_or(0)) : "binary");
  const Shortened diff = first_lines(changes.diff, kMostDiffLines);
  return text + "\n" + fenced(diff.text, "diff") +
         (diff.whole ? ""
                     : fmt::format("\n`git diff {} {}` has the rest.\n", commits.base.substr(0, 12),
                                   commits.tip.substr(0, 12)));
}

std::string section(const ComparedRun& run) {
  const TrialRecord& record = run.trial.record;
  std::string text =
      fmt::format("\n## {}\n\nTrial {}: {}{}.\n", cell(run.name), run.trial.number,
                  state_words(run.trial), record.worker.empty() ? "" : ", run by " + record.worker);
  if (!record.description.empty()) text += "\n" + fenced(record.description, "text");
  if (!record.note.empty()) text += "\n" + fenced(record.note, "text");
  if (!run.workspace.empty()) text += fmt::format("\nRun in `{}`\n", run.workspace.string());
  for (const RunChanges& changes : run.changes) text += changes_text(changes);
  return text;
}

}  // namespace

std::string markdown_of(const Comparison& comparison) {
  std::string text = fmt::format(
      "# {}\n\n{}, {}{}.\n\n", cell(comparison.info.name), direction_words(comparison.info.spec),
      to_string(comparison.info.state),
      comparison.info.finished_because.empty() ? ""
                                               : ": " + cell(comparison.info.finished_because));
  text += table(comparison);
  if (comparison.left_out > 0)
    text += fmt::format("\n{} more are left out.\n", comparison.left_out);
  for (const ComparedRun& run : comparison.runs) text += section(run);
  return text;
}

}  // namespace studyhall::cli
