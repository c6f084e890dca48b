#include "cli/launch_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "cli/arguments.h"
#include "cli/progress.h"
#include "cli/role_workers.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/resource_spec.h"
#include "core/study_spec.h"
#include "worker_shim/readiness.h"

namespace studyhall::cli {

namespace {

constexpr std::int64_t kMostWorkers = 1000;
constexpr int kShareOfSystem = 8;

int processors(const std::vector<worker_shim::Core>& machine) {
  std::size_t count = 0;
  for (const auto& core : machine) count += core.size();
  return static_cast<int>(count);
}

int reserve_of(const LaunchRequest& request, const std::vector<worker_shim::Core>& machine) {
  if (request.reserve) return static_cast<int>(*request.reserve);
  return std::max(1, processors(machine) / kShareOfSystem);
}

std::string or_none(const std::vector<int>& cpus) {
  return cpus.empty() ? "none" : cpu_list_text(cpus);
}

void share_out(const LaunchRequest& request, const std::vector<worker_shim::Core>& machine,
               LaunchPlan& plan) {
  std::vector<PlannedWorker*> sharing;
  for (PlannedWorker& worker : plan.workers)
    if (worker.takes_trials) sharing.push_back(&worker);
  const int count = static_cast<int>(sharing.size());
  const int reserve = reserve_of(request, machine);
  if (request.cores == 0) {
    const int most = worker_shim::most_per_worker(machine, count, reserve);
    if (most > 0)
      plan.cores = fmt::format(
          "--cores {} would pin each worker's runs to processors of its own, "
          "with {} left to the system",
          most, reserve);
    return;
  }
  const worker_shim::CoreLayout layout = worker_shim::lay_out(
      machine, count, static_cast<int>(std::min<std::int64_t>(request.cores, 100'000)), reserve);
  for (std::size_t i = 0; i < sharing.size(); ++i)
    sharing[i]->cpus = sharing[i]->pinned = layout.workers[i];
  plan.cores = fmt::format("{} for each worker, {} left to the system ({}); {}", request.cores,
                           reserve, or_none(layout.reserved),
                           layout.siblings ? "both threads of a core go to one worker first"
                                           : "one thread of each physical core");
}

// Workers that would share processors do not start (worker_shim/cpu_claim.h).
void check_pins(const std::vector<worker_shim::Core>& machine, LaunchPlan& plan) {
  std::set<int> ours;
  for (const auto& core : machine) ours.insert(core.begin(), core.end());
  for (std::size_t i = 0; i < plan.workers.size(); ++i) {
    const PlannedWorker& worker = plan.workers[i];
    for (const int cpu : worker.pinned) {
      if (ours.contains(cpu)) continue;
      plan.problems.push_back(
          fmt::format("{} is to run on processors {}, and {} is none of those "
                      "that this process may use",
                      worker.name, cpu_list_text(worker.pinned), cpu));
      break;
    }
    for (std::size_t other = 0; other < i; ++other) {
      std::vector<int> both;
      std::ranges::set_intersection(worker.pinned, plan.workers[other].pinned,
                                    std::back_inserter(both));
      if (!both.empty())
        plan.problems.push_back(
            fmt::format("{} and {} would share processors {}: give them lists "
                        "that do not overlap, or --cores",
                        plan.workers[other].name, worker.name, cpu_list_text(both)));
    }
  }
  const bool pinned = std::ranges::any_of(
      plan.workers, [](const PlannedWorker& worker) { return !worker.pinned.empty(); });
  if (!pinned && plan.workers.size() > ours.size())
    plan.warnings.push_back(
        fmt::format("{} workers will share {} processors", plan.workers.size(), ours.size()));
}

void check_study(const StudyInfo& info, LaunchPlan& plan) {
  if (info.state == StudyState::Stopped)
    plan.problems.push_back(fmt::format("the study is stopped ({}); `study resume {}` goes on",
                                        info.finished_because, info.name));
  if (info.state == StudyState::Finished)
    plan.problems.push_back(fmt::format("the study is finished: {}", info.finished_because));
  const auto count = std::ranges::count_if(plan.workers, &PlannedWorker::takes_trials);
  if (const auto left = trials_left(info); left && *left < count)
    plan.warnings.push_back(
        fmt::format("{} for {} workers", count_of(*left, "trial") + " left", count));
  const Json limits = info.spec.value("limits", Json::object());
  if (const auto running = limits.find("running");
      running != limits.end() && running->is_number() &&
      running->get<double>() < static_cast<double>(count))
    plan.warnings.push_back(fmt::format("limits.running lets {} trials run at once, for {} workers",
                                        format_scalar(*running), count));
}

std::vector<std::string> names_of(const LaunchPlan& plan) {
  std::vector<std::string> names;
  for (const PlannedWorker& worker : plan.workers) names.push_back(worker.name);
  return names;
}

std::vector<std::string> without(std::vector<std::string> lines,
                                 const std::vector<std::string>& others) {
  std::erase_if(lines, [&](const std::string& line) {
    return std::ranges::find(others, line) != others.end();
  });
  return lines;
}

void add_new(std::vector<std::string>& known, const std::vector<std::string>& words,
             const std::string& worker) {
  for (const std::string& text : words) {
    // The same for every worker: said once.
    const bool is_known =
        std::ranges::any_of(known, [&](const std::string& line) { return line.ends_with(text); });
    if (!is_known) known.push_back(fmt::format("{}: {}", worker, text));
  }
}

}  // namespace

std::vector<std::string> worker_names(const std::string& text, const Json& spec) {
  std::vector<std::string> known;
  const Json workers = spec.value("workers", Json::object());
  for (const auto& [name, worker] : workers.items()) known.push_back(name);
  const bool is_count = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  if (!text.empty() && !is_count) {
    std::vector<std::string> names;
    std::istringstream words(text);
    for (std::string name; std::getline(words, name, ',');) {
      if (!is_valid_name(name))
        throw Error(ErrorCode::Invalid,
                    fmt::format("--workers: \"{}\" cannot name a worker; expected a number, or "
                                "names as in W1,W2",
                                printable(name)));
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
    return names;
  }
  const auto count = static_cast<std::size_t>(
      is_count ? parse_integer(text, "--workers", 0)
               : std::max<std::int64_t>(1, static_cast<std::int64_t>(known.size())));
  if (count > kMostWorkers)
    throw Error(ErrorCode::Invalid,
                fmt::format("--workers: {} is more than {} on one machine", count, kMostWorkers));
  known.resize(std::min(known.size(), count));
  for (int i = 1; known.size() < count; ++i) {
    const std::string name = fmt::format("W{}", i);
    if (std::ranges::find(known, name) == known.end()) known.push_back(name);
  }
  return known;
}

LaunchPlan plan_launch(StudyApi& api, const LaunchRequest& request,
                       const std::vector<worker_shim::Core>& machine) {
  const StudyInfo info = api.study(request.work.study);
  LaunchPlan plan;
  for (const std::string& name : worker_names(request.workers, info.spec))
    plan.workers.push_back({.name = name});
  const auto spec = parse_study_spec(info.spec);
  for (RoleWorker& worker :
       role_workers(request.roles, request.orchestrator, *spec, names_of(plan))) {
    plan.workers.push_back({.name = std::move(worker.name),
                            .role = std::move(worker.role),
                            .every = std::move(worker.every),
                            .takes_trials = worker.takes_trials});
  }
  if (plan.workers.empty()) plan.problems.emplace_back("no worker: --workers is 0");
  for (std::size_t i = 0; i < plan.workers.size(); ++i)
    plan.workers[i].start_s = request.stagger_s * static_cast<double>(i);
  check_study(info, plan);
  for (PlannedWorker& worker : plan.workers) {
    worker_shim::WorkOptions options = request.work;
    options.worker = worker.name;
    options.role = worker.role;
    if (!worker.every.empty()) options.research.emplace();
    const worker_shim::Readiness readiness = worker_shim::check_readiness(api, options);
    worker.pinned = readiness.cpus;
    if (plan.lines.empty() && worker.role.empty()) plan.lines = readiness.lines;
    if (!worker.role.empty() && !plan.lines_of_roles.contains(worker.role))
      plan.lines_of_roles[worker.role] = without(readiness.lines, plan.lines);
    add_new(plan.problems, readiness.problems, worker.name);
    add_new(plan.warnings, readiness.warnings, worker.name);
  }
  try {
    share_out(request, machine, plan);
  } catch (const Error& error) {
    plan.problems.emplace_back(error.what());
  }
  check_pins(machine, plan);
  return plan;
}

Json to_json(const LaunchPlan& plan) {
  Json workers = Json::array();
  for (const PlannedWorker& worker : plan.workers) {
    Json one{{"worker", worker.name},
             {"start_s", worker.start_s},
             {"cpus", cpu_list_text(worker.pinned)}};
    if (!worker.role.empty()) one["role"] = worker.role;
    if (!worker.every.empty()) one["every"] = worker.every;
    workers.push_back(std::move(one));
  }
  return {{"workers", std::move(workers)},   {"would", plan.lines},
          {"would_as", plan.lines_of_roles}, {"cores", plan.cores},
          {"problems", plan.problems},       {"warnings", plan.warnings}};
}

}  // namespace studyhall::cli
