#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "cli/show.h"
#include "cli/text.h"
#include "core/study_api_json.h"

namespace studyhall::cli {

namespace {

constexpr std::size_t kMostWorkerRows = 30;

std::int64_t count_in(const StudyInfo& info, const char* state) {
  const auto found = info.counts.find(state);
  return found == info.counts.end() ? 0 : found->second;
}

std::optional<std::int64_t> limit_of(const StudyInfo& info, const char* name) {
  const auto limits = info.spec.find("limits");
  if (limits == info.spec.end() || !limits->is_object()) return std::nullopt;
  const auto limit = limits->find(name);
  if (limit == limits->end() || !limit->is_number()) return std::nullopt;
  return static_cast<std::int64_t>(limit->get<double>());
}

struct WorkerLine {
  std::string worker;
  const TrialView* trial = nullptr;  // null: idle
};

// Workers of the study file and of running trials, by name; one line per running trial.
std::vector<WorkerLine> worker_lines(const Status& status) {
  std::multimap<std::string, const TrialView*> by_name;
  for (const TrialView& trial : status.running) by_name.emplace(trial.record.worker, &trial);
  const auto workers = status.info.spec.find("workers");
  if (workers != status.info.spec.end() && workers->is_object())
    for (const auto& [name, worker] : workers->items())
      if (!by_name.contains(name)) by_name.emplace(name, nullptr);
  std::vector<WorkerLine> lines;
  for (const auto& [name, trial] : by_name) lines.push_back({name, trial});
  return lines;
}

std::string best_words(const Status& status) {
  if (status.info.front_size.value_or(0) > 0)
    return count_of(*status.info.front_size, "configuration") + " on the Pareto front";
  if (!status.best) return "none yet";
  const BestRow& row = *status.best;
  return fmt::format("{} (trial {}{}{}{})", format_number(row.mean.value_or(row.value)), row.number,
                     row.worker.empty() ? "" : " by ", row.worker,
                     row.confirmed ? "" : ", not confirmed");
}

std::string count_words(const StudyInfo& info) {
  std::string text;
  for (const char* state : {"complete", "pruned", "failed", "running", "waiting"}) {
    const std::int64_t count = count_in(info, state);
    const bool always = std::string_view(state) == "complete";
    if (count > 0 || always) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, state);
  }
  return text;
}

// "cost_usd 12.5 of 300 (6 reserved)".
std::string use_words(const BudgetUse& use) {
  const bool fine = use.limit == "hours" || use.limit == "cost_usd";
  const auto amount = [&](double value) {
    return fine ? fmt::format("{:.2f}", value) : fmt::format("{:.0f}", value);
  };
  return fmt::format("{} {} of {}{}", use.limit, amount(use.used), format_number(use.bound),
                     use.reserved > 0 ? fmt::format(" ({} reserved)", amount(use.reserved)) : "");
}

// Trials and failures left.
std::string budget_words(const StudyInfo& info) {
  std::string text;
  if (const auto left = trials_left(info)) text = count_of(*left, "trial") + " left";
  if (const auto failures = limit_of(info, "failures")) {
    std::int64_t failed = count_in(info, "failed");
    for (const BudgetUse& use : info.budget)
      if (use.worker.empty() && use.limit == "failures")
        failed = static_cast<std::int64_t>(use.used);
    text += fmt::format("{}{} of {} failures", text.empty() ? "" : ", ", failed, *failures);
  }
  return text;
}

// Hours, cost, turns and tokens used.
std::string amount_words(const StudyInfo& info) {
  std::string text;
  for (const BudgetUse& use : info.budget) {
    if (!use.worker.empty() || use.limit == "trials" || use.limit == "failures") continue;
    text += (text.empty() ? "" : ", ") + use_words(use);
  }
  return text;
}

// "W1: trials 3 of 10": limits of single workers.
std::vector<std::string> worker_budget_words(const StudyInfo& info) {
  std::map<std::string, std::string> words;
  for (const BudgetUse& use : info.budget) {
    if (use.worker.empty()) continue;
    std::string& text = words[use.worker];
    text += (text.empty() ? use.worker + ": " : ", ") + use_words(use);
  }
  std::vector<std::string> lines;
  lines.reserve(words.size());
  for (const auto& [worker, text] : words) lines.push_back(text);
  return lines;
}

Table worker_table(const std::vector<WorkerLine>& lines, Timestamp now) {
  Table table({{"worker", Align::Left, true},
               {"trial", Align::Right},
               {"for"},
               {"parameters", Align::Left, true}});
  for (std::size_t i = 0; i < std::min(lines.size(), kMostWorkerRows); ++i) {
    const WorkerLine& line = lines[i];
    const std::string name = line.worker.empty() ? "(no name)" : line.worker;
    if (line.trial == nullptr) {
      table.add({name, "", {"idle", Colour::Grey}, ""});
      continue;
    }
    const std::optional<Timestamp>& parked = line.trial->record.parked_until;
    std::string since = line.trial->started ? format_duration(now - *line.trial->started) : "";
    if (parked) since += fmt::format(" (parked until {})", format_time(*parked).substr(11, 5));
    table.add({name,
               std::to_string(line.trial->number),
               {since, parked ? Colour::Grey : Colour::Yellow},
               format_params(line.trial->params)});
  }
  return table;
}

}  // namespace

Status read_status(StudyApi& api, const std::string& study) {
  Status status;
  status.info = api.study(study);
  if (!status.info.front_size) {
    const std::vector<BestRow> rows = api.best(study, 1);
    if (!rows.empty() && rows.front().feasible) status.best = rows.front();
  }
  status.running = api.trials(
      study, {.after = -1, .limit = kMostRunning, .state = TrialState::Running, .worker = {}});
  for (WorkerInfo& worker : api.workers(study)) {
    if (worker.quarantined_until) status.quarantined.push_back(std::move(worker));
  }
  return status;
}

std::int64_t trials_done(const StudyInfo& info) {
  return count_in(info, "complete") + count_in(info, "pruned");
}

std::optional<std::int64_t> trials_left(const StudyInfo& info) {
  const auto limit = limit_of(info, "trials");
  if (!limit) return std::nullopt;
  return std::max<std::int64_t>(0, *limit - trials_done(info));
}

std::string progress_bar(std::int64_t done, std::int64_t running, std::int64_t total,
                         std::size_t width) {
  const auto cells = [&](std::int64_t count) {
    if (total <= 0) return std::size_t{0};
    const double share =
        std::clamp(static_cast<double>(count) / static_cast<double>(total), 0., 1.);
    return static_cast<std::size_t>(share * static_cast<double>(width));
  };
  const std::size_t full = cells(done);
  const std::size_t busy = std::max(cells(done + running), full) - full;
  std::string bar;
  for (std::size_t i = 0; i < full; ++i) bar += "█";
  for (std::size_t i = 0; i < busy; ++i) bar += "▒";
  for (std::size_t i = full + busy; i < width; ++i) bar += "░";
  return bar;
}

std::string status_line(const Status& status) {
  const std::int64_t done = trials_done(status.info);
  const auto limit = limit_of(status.info, "trials");
  return fmt::format("{} done, {} running, {} failed, best {}",
                     limit ? fmt::format("{}/{}", done, *limit) : std::to_string(done),
                     count_in(status.info, "running"), count_in(status.info, "failed"),
                     best_words(status));
}

std::string status_screen(const Status& status, Timestamp now, std::size_t width, bool colour) {
  const StudyInfo& info = status.info;
  std::ostringstream out;
  const auto add = [&](const std::string& label, const std::string& text, Colour hue) {
    constexpr std::size_t kLabel = 9;
    const std::size_t rest = width > kLabel ? width - kLabel : 1;
    out << painted(fmt::format("{:<9}", label), Colour::Grey, colour)
        << painted(ellipsize(printable(text), rest), hue, colour) << '\n';
  };
  std::string state(to_string(info.state));
  if (!info.finished_because.empty()) state += ": " + info.finished_because;
  add("study", info.name, Colour::Bold);
  add("state", state, info.state == StudyState::Running ? Colour::Green : Colour::Yellow);
  if (const auto limit = limit_of(info, "trials")) {
    const std::int64_t done = trials_done(info);
    const std::string figures = fmt::format(" {}/{}", done, *limit);
    const std::size_t room = std::min<std::size_t>(width, 60);
    const std::size_t taken = 9 + figures.size();
    if (room > taken + 5)
      add("", progress_bar(done, count_in(info, "running"), *limit, room - taken) + figures,
          Colour::None);
  }
  add("best", best_words(status), Colour::Green);
  if (status.best && !status.best->metrics.empty())
    add("", format_metrics(status.best->metrics), Colour::None);
  add("trials", count_words(info), Colour::None);
  const std::string counted = budget_words(info);
  const std::string amounts = amount_words(info);
  if (!counted.empty() || amounts.empty())
    add("budget", counted.empty() ? "no limit" : counted, Colour::None);
  if (!amounts.empty()) add(counted.empty() ? "budget" : "", amounts, Colour::None);
  for (const std::string& words : worker_budget_words(info)) add("", words, Colour::None);

  for (const WorkerInfo& worker : status.quarantined)
    add("",
        fmt::format("{} is quarantined until {} UTC: {} failures of its own in a row", worker.name,
                    format_time(*worker.quarantined_until), worker.failures),
        Colour::Red);

  const std::vector<WorkerLine> lines = worker_lines(status);
  if (!lines.empty()) {
    out << '\n';
    worker_table(lines, now).print(out, width, colour);
    if (lines.size() > kMostWorkerRows)
      out << fmt::format("and {} more\n", lines.size() - kMostWorkerRows);
  }
  return out.str();
}

Json status_json(const Status& status, Timestamp now) {
  Json workers = Json::array();
  for (const WorkerLine& line : worker_lines(status)) {
    Json entry = {{"worker", line.worker}, {"trial", nullptr}, {"since", nullptr}};
    if (line.trial != nullptr) entry["trial"] = line.trial->number;
    if (line.trial != nullptr && line.trial->started) {
      entry["since"] = format_utc(*line.trial->started);
      entry["running_s"] = to_seconds(now - *line.trial->started);
    }
    if (line.trial != nullptr && line.trial->record.parked_until) {
      entry["parked_until"] = format_utc(*line.trial->record.parked_until);
    }
    workers.push_back(std::move(entry));
  }
  Json quarantined = Json::array();
  for (const WorkerInfo& worker : status.quarantined) quarantined.push_back(to_json(worker));
  const auto left = trials_left(status.info);
  return {{"study", to_json(status.info)},
          {"best", status.best ? to_json(*status.best) : Json(nullptr)},
          {"workers", std::move(workers)},
          {"quarantined", std::move(quarantined)},
          {"trials_left", left ? Json(*left) : Json(nullptr)}};
}

}  // namespace studyhall::cli
