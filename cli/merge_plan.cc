#include "cli/merge_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/error.h"

namespace studyhall::cli {

namespace {

constexpr int kPage = 1000;

struct Node {
  FinishedWork work;
  std::vector<std::string> needs;  // names
};

std::string name_of(bool is_task, std::int64_t number) {
  return fmt::format("{} {}", is_task ? "task" : "trial", number);
}

std::vector<std::string> needs_of(const std::vector<std::int64_t>& trials,
                                  const std::vector<std::int64_t>& tasks) {
  std::vector<std::string> needs;
  for (const std::int64_t number : trials) needs.push_back(name_of(false, number));
  for (const std::int64_t number : tasks) needs.push_back(name_of(true, number));
  return needs;
}

std::string text_in(const Json& json, const char* name) {
  if (!json.is_object()) return "";
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

std::vector<RunCommits> commits_of_task(const Task& task, const std::string& repo) {
  std::vector<RunCommits> commits = commits_in_evidence(task.evidence);
  if (commits.empty()) commits = commits_in_evidence(task.result);
  if (!commits.empty()) return commits;
  for (const Json& told : {task.evidence, task.result}) {
    const std::string branch = text_in(told, "branch");
    const std::string commit = text_in(told, "commit");
    if (branch.empty() && commit.empty()) continue;
    const std::string own = text_in(told, "repo");
    return {{"", own.empty() ? repo : own, "", commit.empty() ? branch : commit, branch}};
  }
  return {};
}

// Trials by number, then tasks.
std::vector<Node> read_nodes(StudyApi& api, const std::string& study, const std::string& repo) {
  std::vector<Node> nodes;
  for (std::int64_t after = -1;;) {
    const auto page =
        api.trials(study, {.after = after, .limit = kPage, .state = {}, .worker = {}});
    if (page.empty()) break;
    for (const TrialView& trial : page) {
      const TrialRecord& record = trial.record;
      Node node{.work = {.is_task = false,
                         .number = trial.number,
                         .title = record.title,
                         .commits = {},
                         .tags = record.tags,
                         .priority = record.priority},
                .needs = needs_of(record.after, record.after_tasks)};
      if (trial.state == TrialState::Complete)
        node.work.commits = commits_in_evidence(record.evidence);
      nodes.push_back(std::move(node));
    }
    after = page.back().number;
  }
  for (std::int64_t after = -1;;) {
    const auto page = api.tasks(study, {.after = after, .limit = kPage, .state = {}, .worker = {}});
    if (page.empty()) break;
    for (const TaskView& view : page) {
      const Task& task = view.task;
      Node node{.work = {.is_task = true,
                         .number = task.number,
                         .title = task.title,
                         .commits = {},
                         .tags = task.tags,
                         .priority = task.priority},
                .needs = needs_of(task.after_trials, task.after)};
      if (task.state == TaskState::Done) node.work.commits = commits_of_task(task, repo);
      nodes.push_back(std::move(node));
    }
    after = page.back().task.number;
  }
  return nodes;
}

// Depth first, in their order: what a node needs stands before it. Trials and tasks can only wait
// for earlier ones, so there are no circles.
class Ordering {
 public:
  Ordering(const std::vector<Node>& nodes, const std::set<std::string>& only)
      : nodes_(nodes), only_(only) {
    for (std::size_t i = 0; i < nodes.size(); ++i) positions_[nodes[i].work.name()] = i;
  }

  std::vector<FinishedWork> take_all() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) visit(i);
    return std::move(plan_);
  }

 private:
  // The planned ones that stand for the node: itself, or what it needs.
  const std::vector<std::size_t>& visit(std::size_t i) {
    const auto [entry, is_new] = standing_for_.try_emplace(i);
    if (!is_new) return entry->second;
    std::vector<std::size_t> after;
    for (const std::string& need : nodes_[i].needs) {
      const auto found = positions_.find(need);
      if (found == positions_.end()) continue;
      for (const std::size_t place : visit(found->second))
        if (std::ranges::find(after, place) == after.end()) after.push_back(place);
    }
    FinishedWork work = nodes_[i].work;
    const bool wanted = only_.empty() || only_.contains(work.name());
    if (work.commits.empty() || !wanted) return standing_for_[i] = after;
    work.after = after;
    plan_.push_back(std::move(work));
    return standing_for_[i] = {plan_.size() - 1};
  }

  const std::vector<Node>& nodes_;
  const std::set<std::string>& only_;
  std::map<std::string, std::size_t> positions_;
  std::map<std::size_t, std::vector<std::size_t>> standing_for_;
  std::vector<FinishedWork> plan_;
};

}  // namespace

std::string FinishedWork::name() const { return name_of(is_task, number); }

std::vector<FinishedWork> plan_merge(StudyApi& api, const std::string& study,
                                     const std::string& repo, const std::set<std::string>& only) {
  const std::vector<Node> nodes = read_nodes(api, study, repo);
  std::vector<FinishedWork> plan = Ordering(nodes, only).take_all();
  for (const std::string& name : only)
    if (std::ranges::find(plan, name, &FinishedWork::name) == plan.end())
      throw Error(ErrorCode::NotFound,
                  fmt::format("{} of {} has no branch that is finished", name, study));
  return plan;
}

}  // namespace studyhall::cli
