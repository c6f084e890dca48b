#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "cli/comparison.h"
#include "cli/show.h"
#include "cli/text.h"

namespace studyhall::cli {

namespace {

constexpr std::size_t kMostDiffLines = 5000;

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #1b1f24; --soft: #5b6470;
  --line: #dfe3e8; --bar: #2f6fde; --best: #12805c; --bad: #b3261e; --warn: #8a5a00;
  --add: #e2f5e9; --del: #fdE7e6; --add-ink: #0b5a33; --del-ink: #8c1d18; --hunk: #eef2fb; }
@media (prefers-color-scheme: dark) { :root { --page: #0f1216; --card: #171b21; --ink: #e6e9ee;
  --soft: #9aa4b1; --line: #2a313a; --bar: #6a9cff; --best: #4cc38a; --bad: #ff8a80;
  --warn: #e0b050; --add: #12301f; --del: #3a1a19; --add-ink: #9be3b8; --del-ink: #ffb4ab;
  --hunk: #1b2433; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; }
h2 { font-size: 18px; margin: 0; }
.soft { color: var(--soft); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 16px 18px; margin: 16px 0; overflow-x: auto; }
.cards { display: flex; flex-wrap: wrap; gap: 12px; margin: 20px 0; }
.cards div { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 10px 16px; min-width: 120px; }
.cards b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 13px; }
th, td { padding: 8px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
.num { text-align: right; white-space: nowrap; }
.bar { height: 5px; border-radius: 3px; background: var(--bar); margin: 5px 0 0 auto; }
.first .bar { background: var(--best); }
.first td:nth-child(2) { font-weight: 600; }
.state { font-size: 13px; padding: 1px 9px; border-radius: 99px; border: 1px solid currentColor;
  white-space: nowrap; }
.complete { color: var(--best); } .failed { color: var(--bad); }
.pruned, .running, .waiting { color: var(--warn); }
.head { display: flex; flex-wrap: wrap; gap: 12px; align-items: baseline; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 10px 0; font: 13px/1.45 ui-monospace,
  monospace; }
pre.text { border-left: 3px solid var(--line); padding-left: 12px; }
pre.diff { white-space: pre; overflow-x: auto; border: 1px solid var(--line); border-radius: 8px;
  padding: 6px 0; }
pre.diff span { display: block; padding: 0 12px; min-width: max-content; }
.a { background: var(--add); color: var(--add-ink); } .d { background: var(--del);
  color: var(--del-ink); } .h { background: var(--hunk); color: var(--soft); }
.f { font-weight: 600; margin-top: 6px; }
summary { cursor: pointer; color: var(--soft); margin-top: 8px; }
code { font: 13px ui-monospace, monospace; }
a { color: inherit; }
.plus { color: var(--best); } .minus { color: var(--bad); }
)";

std::string html(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

// What a bar's length shows: the first objective, from the lowest to the highest of the runs, or
// from nothing where no value is below it.
class Scale {
 public:
  explicit Scale(const std::vector<ComparedRun>& runs) {
    for (const ComparedRun& run : runs) {
      if (run.trial.values.empty() || !std::isfinite(run.trial.values.front())) continue;
      low_ = std::min(low_, run.trial.values.front());
      high_ = std::max(high_, run.trial.values.front());
    }
  }
  [[nodiscard]] double percent(double value) const {
    if (!std::isfinite(value) || high_ <= low_) return 0;
    return 100 * (value - low_) / (high_ - low_);
  }

 private:
  double low_ = 0;
  double high_ = -std::numeric_limits<double>::infinity();
};

std::string changed_html(const ComparedRun& run) {
  const auto lines = lines_of(run);
  if (!lines) return "";
  return fmt::format(R"({} <span class="plus">+{}</span> <span class="minus">−{}</span>)",
                     count_of(static_cast<std::int64_t>(lines->files), "file"), lines->added,
                     lines->removed);
}

std::string state_html(const TrialView& trial) {
  return fmt::format(R"(<span class="state {}">{}</span>)", to_string(trial.state),
                     state_words(trial));
}

std::string cost_html(const TrialView& trial) {
  const auto& cost = trial.record.usage.cost_usd;
  return cost ? fmt::format("{:.2f}", *cost) : "";
}

std::string row_html(const Comparison& comparison, const ComparedRun& run, const Scale& scale) {
  const bool first = run.row && run.row->rank == 1;
  std::string text = fmt::format(
      R"(<tr{}><td class="num">{}</td><td><a href="#t{}">{}</a></td><td>{}</td><td class="num">{})",
      first ? " class=\"first\"" : "",
      run.row && run.row->rank > 0 ? std::to_string(run.row->rank) : "", run.trial.number,
      html(printable(run.name)), state_html(run.trial), html(score_words(run)));
  if (!run.trial.values.empty())
    text += fmt::format(R"(<div class="bar" style="width:{:.1f}%"></div>)",
                        std::max(1.0, scale.percent(run.trial.values.front())));
  text += "</td>";
  for (const std::string& metric : comparison.metrics) {
    const auto found = run.trial.metrics.find(metric);
    text += fmt::format(R"(<td class="num">{}</td>)",
                        found == run.trial.metrics.end() ? "" : format_number(found->second));
  }
  const auto seconds = seconds_of(run.trial);
  return text +
         fmt::format(R"(<td class="num">{}</td><td class="num">{}</td><td>{}</td></tr>)",
                     seconds ? format_duration(seconds_to_duration(*seconds)) : "",
                     cost_html(run.trial), changed_html(run)) +
         "\n";
}

std::string table_html(const Comparison& comparison) {
  std::string text =
      R"(<div class="card"><table><thead><tr><th class="num">#</th><th>variant</th><th>state</th>)"
      R"(<th class="num">score</th>)";
  for (const std::string& metric : comparison.metrics)
    text += fmt::format(R"(<th class="num">{}</th>)", html(printable(metric)));
  text += R"(<th class="num">time</th><th class="num">USD</th><th>changed</th></tr></thead><tbody>)"
          "\n";
  const Scale scale(comparison.runs);
  for (const ComparedRun& run : comparison.runs) text += row_html(comparison, run, scale);
  text += "</tbody></table></div>\n";
  if (comparison.left_out > 0)
    text += fmt::format("<p class=\"soft\">{} more are left out.</p>\n", comparison.left_out);
  return text;
}

const char* line_class(std::string_view line) {
  if (line.starts_with("diff --git")) return "f";
  if (line.starts_with("@@") || line.starts_with("index ") || line.starts_with("--- ") ||
      line.starts_with("+++ ") || line.starts_with("new file") || line.starts_with("deleted file"))
    return "h";
  if (line.starts_with('+')) return "a";
  return line.starts_with('-') ? "d" : "c";
}

std::string diff_html(const std::string& diff) {
  const Shortened shown = first_lines(diff, kMostDiffLines);
  std::string text = R"(<pre class="diff">)";
  for (std::string_view rest = shown.text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    text += fmt::format(R"(<span class="{}">{}</span>)", line_class(line),
                        line.empty() ? " " : html(printable(line)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return text + "</pre>" + (shown.whole ? "" : "<p class=\"soft\">Shortened.</p>");
}

std::string changes_html(const RunChanges& changes, bool open) {
  const RunCommits& commits = changes.commits;
  std::string text = fmt::format(
      R"(<p class="soft">{}<code>{}</code> from <code>{}</code> to <code>{}</code></p>)",
      commits.name.empty() ? "" : html(commits.name) + ": ",
      html(commits.branch.empty() ? commits.repo : commits.branch),
      html(commits.base.substr(0, 12)), html(commits.tip.substr(0, 12)));
  if (!changes.trouble.empty())
    return text + fmt::format("<p class=\"soft\">{}</p>", html(printable(changes.trouble)));
  if (changes.files.empty()) return text + "<p class=\"soft\">Nothing was changed.</p>";
  text += "<table>";
  for (const FileChange& file : changes.files)
    text += fmt::format(
        R"(<tr><td><code>{}</code></td><td class="num">{}</td></tr>)", html(printable(file.file)),
        file.added ? fmt::format(R"(<span class="plus">+{}</span> <span class="minus">−{}</span>)",
                                 *file.added, file.removed.value_or(0))
                   : "binary");
  return text + fmt::format("</table><details{}><summary>diff</summary>{}</details>",
                            open ? " open" : "", diff_html(changes.diff));
}

std::string section_html(const ComparedRun& run, bool open) {
  const TrialRecord& record = run.trial.record;
  std::string text = fmt::format(
      R"(<section class="card" id="t{}"><div class="head"><h2>{}</h2>{}<span>{}</span>)"
      R"(<span class="soft">trial {}{}</span></div>)"
      "\n",
      run.trial.number, html(printable(run.name)), state_html(run.trial), html(score_words(run)),
      run.trial.number, record.worker.empty() ? "" : ", " + html(record.worker));
  if (!record.description.empty())
    text += fmt::format("<pre class=\"text\">{}</pre>\n", html(record.description));
  if (!record.note.empty())
    text += fmt::format("<pre class=\"text soft\">{}</pre>\n", html(record.note));
  if (!run.workspace.empty())
    text +=
        fmt::format("<p class=\"soft\">run in <code>{}</code></p>\n", html(run.workspace.string()));
  for (const RunChanges& changes : run.changes) text += changes_html(changes, open);
  if (!run.summary.empty())
    text += fmt::format("<details><summary>summary</summary><pre>{}</pre></details>",
                        html(run.summary));
  return text + "</section>\n";
}

std::string cards_html(const Comparison& comparison) {
  double cost = 0;
  std::int64_t complete = 0;
  std::int64_t failed = 0;
  for (const ComparedRun& run : comparison.runs) {
    cost += run.trial.record.usage.cost_usd.value_or(0);
    if (run.trial.state == TrialState::Complete) ++complete;
    if (run.trial.state == TrialState::Fail) ++failed;
  }
  const auto card = [](const std::string& figure, const char* words) {
    return fmt::format("<div><b>{}</b><span class=\"soft\">{}</span></div>", html(figure), words);
  };
  std::string text = R"(<div class="cards">)";
  if (!comparison.runs.empty() && comparison.runs.front().row) {
    text += card(printable(comparison.runs.front().name), "first");
    text += card(score_words(comparison.runs.front()), "its score");
  }
  text += card(std::to_string(complete), "complete") + card(std::to_string(failed), "failed");
  if (cost > 0) text += card(fmt::format("{:.2f} USD", cost), "in all");
  return text + "</div>\n";
}

}  // namespace

std::string page_of(const Comparison& comparison) {
  const StudyInfo& info = comparison.info;
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<main>\n<h1>{0}</h1>\n"
      "<div class=\"soft\">{2}, {3}{4}</div>\n",
      html(info.name), kStyle, html(direction_words(info.spec)), to_string(info.state),
      info.finished_because.empty() ? "" : ": " + html(printable(info.finished_because)));
  text += cards_html(comparison) + table_html(comparison);
  const bool few = comparison.runs.size() <= 4;
  for (const ComparedRun& run : comparison.runs) text += section_html(run, few);
  return text + "</main>\n</body>\n</html>\n";
}

}  // namespace studyhall::cli
