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
constexpr int kQueueShown = 5;

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
  const TrialView* trial = nullptr;    // null: idle
  const LocalWorker* local = nullptr;  // null: not of this machine
};

bool is_of_machine(const LocalWorker& worker) { return worker.lives || worker.launched; }

// Workers of the study file, of running trials and of this machine, by name; one line per running
// trial.
std::vector<WorkerLine> worker_lines(const Status& status) {
  std::multimap<std::string, const TrialView*> by_name;
  for (const TrialView& trial : status.running) by_name.emplace(trial.record.worker, &trial);
  const auto workers = status.info.spec.find("workers");
  if (workers != status.info.spec.end() && workers->is_object())
    for (const auto& [name, worker] : workers->items())
      if (!by_name.contains(name)) by_name.emplace(name, nullptr);
  for (const auto& [name, worker] : status.local)
    if (is_of_machine(worker) && !by_name.contains(name)) by_name.emplace(name, nullptr);
  std::vector<WorkerLine> lines;
  for (const auto& [name, trial] : by_name) {
    const auto local = status.local.find(name);
    const bool is_ours = local != status.local.end() && is_of_machine(local->second);
    lines.push_back({name, trial, is_ours ? &local->second : nullptr});
  }
  return lines;
}

// "running", "task 3", "paused", "backing off", "parked until 12:30", "has a question", "idle".
std::string state_words(const WorkerLine& line) {
  const bool is_launched = line.local != nullptr && line.local->launched;
  if (is_launched && line.local->launched->state != WorkerState::Running)
    return std::string(to_string(line.local->launched->state));
  if (line.trial != nullptr && line.trial->record.question > 0) return "has a question";
  if (line.trial != nullptr && line.trial->record.parked_until)
    return fmt::format("parked until {}",
                       format_time(*line.trial->record.parked_until).substr(11, 5));
  if (line.trial != nullptr) return "running";
  if (line.local == nullptr) return "idle";
  return line.local->task < 0 ? "asking" : fmt::format("task {}", line.local->task);
}

// This machine has the trial's run.
bool is_here(const WorkerLine& line) {
  return line.local != nullptr && line.trial != nullptr && line.local->trial == line.trial->number;
}

std::string stage_of(const WorkerLine& line) {
  if (is_here(line)) return line.local->untold ? "telling" : line.local->stage;
  return line.trial != nullptr ? line.trial->stage : "";
}

// The latest that the run has reported.
std::string score_so_far(const WorkerLine& line) {
  if (line.trial == nullptr || line.trial->intermediate.empty()) return "";
  return format_number(line.trial->intermediate.rbegin()->second);
}

// Told, and what the trial under way has cost as far as this machine knows.
std::optional<double> cost_of(const Status& status, const WorkerLine& line) {
  std::optional<double> cost;
  if (const auto told = status.cost_usd.find(line.worker); told != status.cost_usd.end())
    cost = told->second;
  if (is_here(line) && line.local->cost_usd) cost = cost.value_or(0) + *line.local->cost_usd;
  return cost;
}

std::string target_words(const Status& status) {
  const auto target = status.info.spec.find("target");
  if (target == status.info.spec.end() || !target->is_number()) return "";
  const double wanted = target->get<double>();
  if (!status.best) return format_number(wanted);
  const bool is_min = status.info.spec.value("direction", "minimize") == "minimize";
  const double found = status.best->mean.value_or(status.best->value);
  const double gap = is_min ? found - wanted : wanted - found;
  return gap <= 0 ? fmt::format("{}, reached", format_number(wanted))
                  : fmt::format("{}, {} to go", format_number(wanted), format_number(gap));
}

// "3 waiting: 12 (vectorise the solver), 13, 14".
std::string queue_words(const Status& status) {
  const std::int64_t count = count_in(status.info, "waiting");
  std::string text;
  if (count > 0) {
    text = fmt::format("{} waiting: ", count_of(count, "trial"));
    for (std::size_t i = 0; i < status.waiting.size(); ++i) {
      const TrialView& trial = status.waiting[i];
      text += fmt::format("{}{}", i == 0 ? "" : ", ", trial.number);
      if (!trial.record.title.empty()) text += fmt::format(" ({})", trial.record.title);
    }
    if (count > static_cast<std::int64_t>(status.waiting.size())) text += ", ...";
  }
  if (const auto tasks = status.info.tasks.find("waiting");
      tasks != status.info.tasks.end() && tasks->second > 0)
    text += fmt::format("{}{}", text.empty() ? "" : "; ", count_of(tasks->second, "task"));
  return text;
}

std::string question_words(const std::string& study, const Question& question) {
  return fmt::format("{}, {}: {} (study respond {} {} \"...\")", question.worker,
                     to_string(question.work), question.text.substr(0, question.text.find('\n')),
                     study, question.id);
}

// Sums what every trial has cost, by worker.
std::map<std::string, double> read_costs(StudyApi& api, const StudyInfo& info) {
  std::int64_t count = 0;
  for (const auto& [state, trials] : info.counts) count += trials;
  std::map<std::string, double> costs;
  if (count > kMostTallied) return costs;
  for (const TrialView& trial :
       api.trials(info.name, {.after = -1, .limit = kMostTallied, .state = {}, .worker = {}})) {
    if (const auto& cost = trial.record.usage.cost_usd) costs[trial.record.worker] += *cost;
    for (const AttemptUsage& attempt : trial.record.earlier)
      if (attempt.usage.cost_usd) costs[attempt.worker] += *attempt.usage.cost_usd;
  }
  return costs;
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

// Columns that nobody has anything to say in are left out.
Table worker_table(const Status& status, const std::vector<WorkerLine>& lines, Timestamp now) {
  const std::size_t rows = std::min(lines.size(), kMostWorkerRows);
  const auto any = [&](const auto& has) {
    return std::any_of(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(rows), has);
  };
  const bool stages = any([](const auto& line) { return !stage_of(line).empty(); });
  const bool scores = any([](const auto& line) { return !score_so_far(line).empty(); });
  const bool costs = any([&](const auto& line) { return cost_of(status, line).has_value(); });
  std::vector<Column> columns{{"worker", Align::Left, true}, {"state"}, {"trial", Align::Right}};
  if (stages) columns.push_back({"stage"});
  columns.push_back({"for", Align::Right});
  if (scores) columns.push_back({"so far", Align::Right});
  if (costs) columns.push_back({"USD", Align::Right});
  columns.push_back({"parameters", Align::Left, true});
  Table table(columns);
  for (std::size_t i = 0; i < rows; ++i) {
    const WorkerLine& line = lines[i];
    const bool is_busy = line.trial != nullptr && !line.trial->record.parked_until;
    std::vector<Cell> row{{line.worker.empty() ? "(no name)" : line.worker},
                          {state_words(line), is_busy ? Colour::Yellow : Colour::Grey},
                          {line.trial ? std::to_string(line.trial->number) : ""}};
    if (stages) row.emplace_back(stage_of(line));
    row.emplace_back(line.trial && line.trial->started ? format_duration(now - *line.trial->started)
                                                       : "");
    if (scores) row.emplace_back(score_so_far(line));
    const auto cost = cost_of(status, line);
    if (costs) row.emplace_back(cost ? fmt::format("{:.2f}", *cost) : "");
    row.emplace_back(line.trial ? format_params(line.trial->params) : "");
    table.add(std::move(row));
  }
  return table;
}

}  // namespace

Status read_status(StudyApi& api, const std::string& study, const std::filesystem::path& runs) {
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
  if (count_in(status.info, "waiting") > 0)
    status.waiting = api.trials(
        study, {.after = -1, .limit = kQueueShown, .state = TrialState::Waiting, .worker = {}});
  status.questions = api.questions(study, {true, {}});
  status.local = local_workers(runs, study, status.info.spec);
  status.cost_usd = read_costs(api, status.info);
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
  if (const std::string target = target_words(status); !target.empty())
    add("target", target, Colour::None);
  add("trials", count_words(info), Colour::None);
  if (const std::string queue = queue_words(status); !queue.empty())
    add("queue", queue, Colour::None);
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

  for (const Question& question : status.questions)
    add("asks", question_words(info.name, question), Colour::Yellow);

  const std::vector<WorkerLine> lines = worker_lines(status);
  if (!lines.empty()) {
    out << '\n';
    worker_table(status, lines, now).print(out, width, colour);
    if (lines.size() > kMostWorkerRows)
      out << fmt::format("and {} more\n", lines.size() - kMostWorkerRows);
    for (const WorkerLine& line : lines) {
      if (line.local == nullptr || !line.local->launched) continue;
      const FleetWorker& worker = *line.local->launched;
      const bool is_down =
          worker.state == WorkerState::BackingOff || worker.state == WorkerState::Failed;
      if (is_down)
        out << painted(ellipsize(printable(fmt::format("{}: {}", worker.name, worker.why)), width),
                       Colour::Red, colour)
            << '\n';
    }
  }
  return out.str();
}

Json status_json(const Status& status, Timestamp now) {
  Json workers = Json::array();
  for (const WorkerLine& line : worker_lines(status)) {
    Json entry = {{"worker", line.worker},
                  {"state", state_words(line)},
                  {"trial", nullptr},
                  {"since", nullptr}};
    if (const std::string stage = stage_of(line); !stage.empty()) entry["stage"] = stage;
    if (line.trial != nullptr && !line.trial->intermediate.empty())
      entry["so_far"] = line.trial->intermediate.rbegin()->second;
    if (const auto cost = cost_of(status, line)) entry["cost_usd"] = *cost;
    if (line.local != nullptr && line.local->launched) {
      entry["restarts"] = std::max(0, line.local->launched->starts - 1);
      entry["why"] = line.local->launched->why;
    }
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
  Json questions = Json::array();
  for (const Question& question : status.questions) questions.push_back(to_json(question));
  const auto left = trials_left(status.info);
  return {{"study", to_json(status.info)},
          {"best", status.best ? to_json(*status.best) : Json(nullptr)},
          {"workers", std::move(workers)},
          {"quarantined", std::move(quarantined)},
          {"questions", std::move(questions)},
          {"trials_left", left ? Json(*left) : Json(nullptr)}};
}

}  // namespace studyhall::cli
