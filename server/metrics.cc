#include "server/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>

#include "core/error.h"

namespace studyhall::server {
namespace {

constexpr std::size_t kMaxStudies = 200;
constexpr std::size_t kMaxWorkers = 2000;

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\' || c == '"') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result;
}

void describe(std::string& out, std::string_view name, std::string_view type,
              std::string_view help) {
  fmt::format_to(std::back_inserter(out), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

template <typename Number>
void line(std::string& out, std::string_view name, const std::string& labels, Number value) {
  fmt::format_to(std::back_inserter(out), "{}{}{}{} {}\n", name, labels.empty() ? "" : "{", labels,
                 labels.empty() ? "" : "}", value);
}

std::string study_label(const StudyInfo& study) {
  return fmt::format("study=\"{}\"", escaped(study.name));
}

}  // namespace

template <std::size_t Bounds>
void Histogram<Bounds>::print(std::string_view name, const std::string& labels,
                              std::string& out) const {
  const std::string separator = labels.empty() ? "" : ",";
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < Bounds; ++i) {
    below += counts_[i].load(std::memory_order_relaxed);
    line(out, fmt::format("{}_bucket", name),
         fmt::format("{}{}le=\"{}\"", labels, separator, bounds_[i]), below);
  }
  below += counts_[Bounds].load(std::memory_order_relaxed);
  line(out, fmt::format("{}_bucket", name), fmt::format("{}{}le=\"+Inf\"", labels, separator),
       below);
  line(out, fmt::format("{}_sum", name), labels, sum_.load(std::memory_order_relaxed));
  line(out, fmt::format("{}_count", name), labels, below);
}

void CommitMetrics::print(std::string& out) const {
  describe(out, "studyhall_commit_changes", "histogram", "Changes in a committed group.");
  changes.print("studyhall_commit_changes", "", out);
  describe(out, "studyhall_commit_seconds", "histogram", "Time of a commit to disk.");
  seconds.print("studyhall_commit_seconds", "", out);
  describe(out, "studyhall_commit_failures_total", "counter", "Commits that failed.");
  line(out, "studyhall_commit_failures_total", "", failures.load());
  describe(out, "studyhall_commit_stale_total", "counter",
           "Commits put off because another program had written.");
  line(out, "studyhall_commit_stale_total", "", stale.load());
}

RequestMetrics::RequestMetrics(const std::vector<std::string>& routes) {
  for (const std::string& route : routes) {
    const std::size_t blank = route.find(' ');
    routes_.push_back(std::make_unique<Route>(fmt::format(
        "method=\"{}\",route=\"{}\"", route.substr(0, blank), route.substr(blank + 1))));
  }
  routes_.push_back(std::make_unique<Route>("method=\"\",route=\"none\""));
}

void RequestMetrics::end(int route, int status, std::chrono::duration<double> took) {
  Route& counted = route < 0 ? *routes_.back() : *routes_.at(static_cast<std::size_t>(route));
  const auto* const found = std::find(kStatuses.begin(), kStatuses.end() - 1, status);
  counted.counts[static_cast<std::size_t>(found - kStatuses.begin())].fetch_add(
      1, std::memory_order_relaxed);
  counted.seconds.add(took.count());
  running_.fetch_sub(1, std::memory_order_relaxed);
}

void RequestMetrics::print(std::size_t waiting, std::int64_t streams, std::string& out) const {
  describe(out, "studyhall_requests_total", "counter", "Requests answered.");
  for (const auto& route : routes_) {
    for (std::size_t i = 0; i < kStatuses.size(); ++i) {
      const std::uint64_t count = route->counts[i].load(std::memory_order_relaxed);
      if (count == 0) continue;
      const std::string status = kStatuses[i] == 0 ? "other" : std::to_string(kStatuses[i]);
      line(out, "studyhall_requests_total", fmt::format("{},status=\"{}\"", route->labels, status),
           count);
    }
  }
  describe(out, "studyhall_request_seconds", "histogram",
           "Time to make an answer, without the wait for its commit.");
  for (const auto& route : routes_) {
    const bool used = std::any_of(route->counts.begin(), route->counts.end(),
                                  [](const auto& count) { return count.load() > 0; });
    if (used) route->seconds.print("studyhall_request_seconds", route->labels, out);
  }
  describe(out, "studyhall_requests_running", "gauge", "Requests being answered.");
  line(out, "studyhall_requests_running", "", running_.load());
  describe(out, "studyhall_requests_waiting", "gauge", "Asks that wait for something to do.");
  line(out, "studyhall_requests_waiting", "", waiting);
  describe(out, "studyhall_streams", "gauge", "Clients that are sent events as they come.");
  line(out, "studyhall_streams", "", streams);
  describe(out, "studyhall_requests_refused_total", "counter",
           "What could not be read as a request.");
  line(out, "studyhall_requests_refused_total", "", refused_.load());
}

namespace {

void print_trials(const std::vector<StudyInfo>& studies, std::string& out) {
  describe(out, "studyhall_trials", "gauge", "Trials by state; waiting ones are the queue.");
  for (const StudyInfo& study : studies) {
    for (const auto& [state, count] : study.counts) {
      line(out, "studyhall_trials", fmt::format("{},state=\"{}\"", study_label(study), state),
           count);
    }
  }
  describe(out, "studyhall_study_running", "gauge", "1 while the study hands out trials.");
  for (const StudyInfo& study : studies) {
    line(out, "studyhall_study_running", study_label(study),
         study.state == StudyState::Running ? 1 : 0);
  }
  describe(out, "studyhall_events_total", "counter", "Events of the study.");
  for (const StudyInfo& study : studies) {
    line(out, "studyhall_events_total", study_label(study), study.last_event);
  }
}

void print_budgets(const std::vector<StudyInfo>& studies, std::string& out) {
  const auto print = [&](std::string_view name, std::string_view help, double BudgetUse::*member) {
    describe(out, name, "gauge", help);
    for (const StudyInfo& study : studies) {
      for (const BudgetUse& use : study.budget) {
        line(out, name,
             fmt::format("{},limit=\"{}\",worker=\"{}\"", study_label(study), use.limit,
                         escaped(use.worker)),
             use.*member);
      }
    }
  };
  print("studyhall_budget_used", "Used of each limit that is set (cost_usd, trials, ...).",
        &BudgetUse::used);
  print("studyhall_budget_reserved", "Reserved for running trials.", &BudgetUse::reserved);
  print("studyhall_budget_limit", "The limit.", &BudgetUse::bound);
}

struct WorkerOfStudy {
  std::string labels;
  WorkerInfo info;
};

void print_workers(const std::vector<WorkerOfStudy>& workers, std::string& out) {
  const auto print = [&](std::string_view name, std::string_view type, std::string_view help,
                         const auto& value) {
    describe(out, name, type, help);
    for (const WorkerOfStudy& worker : workers) line(out, name, worker.labels, value(worker.info));
  };
  print("studyhall_worker_done_total", "counter", "Complete or pruned trials of a worker.",
        [](const WorkerInfo& info) { return info.done; });
  print("studyhall_worker_running", "gauge", "Trials that a worker runs.",
        [](const WorkerInfo& info) { return info.running; });
  print("studyhall_worker_failures", "gauge", "Failures of a worker's own, in a row, up to now.",
        [](const WorkerInfo& info) { return info.failures; });
  print("studyhall_worker_quarantined", "gauge", "1 while a worker gets no trials.",
        [](const WorkerInfo& info) { return info.quarantined_until ? 1 : 0; });
}

}  // namespace

void print_study_metrics(StudyApi& api, std::string& out) {
  std::vector<StudyInfo> studies = api.studies();
  std::stable_partition(studies.begin(), studies.end(),
                        [](const StudyInfo& study) { return study.state == StudyState::Running; });
  bool truncated = studies.size() > kMaxStudies;
  if (truncated) studies.resize(kMaxStudies);
  std::vector<WorkerOfStudy> workers;
  for (const StudyInfo& study : studies) {
    try {
      for (WorkerInfo& info : api.workers(study.name)) {
        workers.push_back({fmt::format("{},worker=\"{}\"", study_label(study), escaped(info.name)),
                           std::move(info)});
      }
    } catch (const Error& error) {
      // Deleted since, or of another program.
      if (error.code() != ErrorCode::NotFound && error.code() != ErrorCode::Unsupported) throw;
    }
  }
  if (workers.size() > kMaxWorkers) {
    truncated = true;
    workers.resize(kMaxWorkers);
  }
  print_trials(studies, out);
  print_budgets(studies, out);
  print_workers(workers, out);
  describe(out, "studyhall_metrics_truncated", "gauge",
           "1 where there are more studies or workers than are listed.");
  line(out, "studyhall_metrics_truncated", "", truncated ? 1 : 0);
}

}  // namespace studyhall::server
