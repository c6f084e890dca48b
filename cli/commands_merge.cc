#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "cli/branch_merger.h"
#include "cli/commands_variants.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/lines.h"
#include "cli/merge_plan.h"
#include "cli/queue_arguments.h"
#include "cli/shared_options.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/hash.h"

namespace studyhall::cli {

namespace {

constexpr std::size_t kLongestTitle = 200;

struct Arguments {
  std::string study;
  std::string into;
  std::string test;
  std::string repo;
  std::vector<std::string> trials;
  std::vector<std::string> tasks;
  std::string author;
  bool dry_run = false;
};

// How one branch ended.
struct Landed {
  std::string work;  // "trial 3"
  std::string repo;
  std::string branch;
  std::string end;  // "merged", "already", "conflict", "failed", "skipped"
  std::string commit{};
  std::vector<std::string> files{};
  std::string words{};
  std::int64_t task = -1;  // added for it
};

Json experiment_of(const StudyInfo& info) { return info.spec.value("experiment", Json::object()); }

// The study's own repository; "" where it names none.
std::string repo_of(const StudyInfo& info, const Arguments& arguments) {
  if (!arguments.repo.empty()) return std::filesystem::absolute(arguments.repo).string();
  const Json experiment = experiment_of(info);
  const Json workspace = experiment.value("workspace", Json::object());
  if (!workspace.contains("repo")) return "";
  return (std::filesystem::path(experiment.value("dir", "")) / workspace["repo"].get<std::string>())
      .lexically_normal()
      .string();
}

std::vector<std::string> records_of(const StudyInfo& info) {
  const Json score = experiment_of(info).value("score", Json::object());
  const std::string file = score.value("file", "result.json");
  return {"SUMMARY.md", file, file + ".before-score"};
}

std::string end_name(MergeEnd end) {
  switch (end) {
    case MergeEnd::Merged:
      return "merged";
    case MergeEnd::Already:
      return "already";
    case MergeEnd::Conflict:
      return "conflict";
    case MergeEnd::Failed:
      return "failed";
  }
  return "";
}

class Landing {
 public:
  Landing(StudyApi& api, const Arguments& arguments)
      : api_(api), arguments_(arguments), info_(api.study(arguments.study)) {
    into_ =
        arguments.into.empty() ? worker_shim::branch_name(info_.name, "merged") : arguments.into;
  }

  void land_all() {
    std::set<std::string> only;
    for (const std::int64_t number : numbers_of(arguments_.trials, "--trial"))
      only.insert(fmt::format("trial {}", number));
    for (const std::int64_t number : numbers_of(arguments_.tasks, "--task"))
      only.insert(fmt::format("task {}", number));
    const auto plan = plan_merge(api_, info_.name, repo_of(info_, arguments_), only);
    std::vector<bool> is_in(plan.size(), false);
    for (std::size_t i = 0; i < plan.size(); ++i) {
      std::string missing;
      for (const std::size_t need : plan[i].after)
        if (!is_in[need]) missing = plan[need].name();
      is_in[i] = true;
      for (const RunCommits& commits : plan[i].commits) {
        landed_.push_back(missing.empty() ? land(plan[i], commits)
                                          : skipped(plan[i], commits, missing));
        const std::string& end = landed_.back().end;
        if (end != "merged" && end != "already") is_in[i] = false;
      }
    }
  }

  [[nodiscard]] const std::vector<Landed>& landed() const { return landed_; }
  [[nodiscard]] const std::string& into() const { return into_; }
  // The commit of the branch in each repository.
  [[nodiscard]] std::map<std::string, std::string> commits() const {
    std::map<std::string, std::string> commits;
    for (const auto& [repo, merger] : mergers_) commits[repo] = merger->commit();
    return commits;
  }

 private:
  static Landed skipped(const FinishedWork& work, const RunCommits& commits,
                        const std::string& missing) {
    return {.work = work.name(),
            .repo = commits.repo,
            .branch = commits.branch,
            .end = "skipped",
            .words = fmt::format("it stands on {}, which is not merged", missing)};
  }

  BranchMerger& merger_of(const RunCommits& commits) {
    auto& merger = mergers_[commits.repo];
    if (!merger)
      merger = std::make_unique<BranchMerger>(
          commits.repo, MergeSettings{.into = into_,
                                      .base = commits.base.empty() ? "HEAD" : commits.base,
                                      .test = arguments_.test,
                                      .records = records_of(info_),
                                      .dry_run = arguments_.dry_run});
    return *merger;
  }

  Landed land(const FinishedWork& work, const RunCommits& commits) {
    if (commits.repo.empty())
      throw Error(ErrorCode::Invalid,
                  fmt::format("{} does not say in which repository {} is: --repo DIR", work.name(),
                              commits.branch));
    const std::string branch = commits.branch.empty() ? commits.tip : commits.branch;
    const MergeResult result = merger_of(commits).merge(
        commits.tip, fmt::format("Merge {}{}\n\n{} of {}\n", branch,
                                 work.title.empty() ? "" : ": " + printable(work.title),
                                 work.name(), info_.name));
    Landed landed{.work = work.name(),
                  .repo = commits.repo,
                  .branch = branch,
                  .end = end_name(result.end),
                  .commit = result.commit,
                  .files = result.files,
                  .words = result.words};
    const bool is_left = result.end == MergeEnd::Conflict || result.end == MergeEnd::Failed;
    if (is_left && !arguments_.dry_run) landed.task = add_task(work, commits, landed);
    return landed;
  }

  // The same branch on the same commit makes one task.
  std::int64_t add_task(const FinishedWork& work, const RunCommits& commits, const Landed& landed) {
    const bool is_conflict = landed.end == "conflict";
    TaskRequest request;
    request.title =
        ellipsize(fmt::format("Merge {} into {}: {}", landed.branch, into_,
                              is_conflict ? "conflict in " + words_of(landed.files) : "tests fail"),
                  kLongestTitle / 2);
    request.description = fmt::format(
        "{} of {}{} is finished, and its branch {} ({}) cannot be merged into {} ({}) of {}: "
        "{}.\n\n"
        "Make a branch of {} with {} merged in and {}, and give \"branch\" and \"commit\" as "
        "result.\n\n{}\n",
        work.name(), info_.name, work.title.empty() ? "" : " (" + printable(work.title) + ")",
        landed.branch, commits.tip.substr(0, 12), into_, landed.commit.substr(0, 12), landed.repo,
        is_conflict ? "both change " + words_of(landed.files)
                    : fmt::format("`{}` fails then", printable(arguments_.test)),
        into_, landed.branch, is_conflict ? "the conflict resolved" : "the tests passing",
        landed.words);
    request.tags = work.tags;
    request.priority = work.priority;
    request.author = arguments_.author;
    request.request_id =
        "merge-" + sha256_hex(fmt::format("{} {} {} {} {}", landed.repo, commits.tip, into_,
                                          landed.commit, landed.end))
                       .substr(0, 32);
    return api_.add_task(info_.name, request);
  }

  StudyApi& api_;
  const Arguments& arguments_;
  StudyInfo info_;
  std::string into_;
  std::map<std::string, std::unique_ptr<BranchMerger>> mergers_;
  std::vector<Landed> landed_;
};

Json to_json(const Landed& landed) {
  Json json = {
      {"of", landed.work}, {"repo", landed.repo}, {"branch", landed.branch}, {"end", landed.end}};
  if (!landed.commit.empty()) json["commit"] = landed.commit;
  if (!landed.files.empty()) json["files"] = landed.files;
  if (!landed.words.empty()) json["words"] = landed.words;
  if (landed.task >= 0) json["task"] = landed.task;
  return json;
}

std::string line_of(const Landed& landed, const Arguments& arguments) {
  std::string words = landed.end == "merged"     ? "merged, " + landed.commit.substr(0, 12)
                      : landed.end == "already"  ? "merged before"
                      : landed.end == "conflict" ? "conflict in " + words_of(landed.files)
                      : landed.end == "failed"   ? "its test fails: " + arguments.test
                                                 : "left: " + landed.words;
  if (landed.task >= 0) words += fmt::format("; task {} is to mend it", landed.task);
  return fmt::format("{} ({}): {}", landed.work, printable(landed.branch), printable(words));
}

int merge(const Session& session, Arguments arguments) {
  arguments.author = author_of(session, arguments.author);
  const Connection connection = connect(session);
  Landing landing(*connection.api, arguments);
  landing.land_all();
  Json list = Json::array();
  bool all = true;
  for (const Landed& landed : landing.landed()) {
    all = all && (landed.end == "merged" || landed.end == "already");
    list.push_back(to_json(landed));
    if (!session.json) session.out << line_of(landed, arguments) << "\n";
  }
  if (session.json) {
    session.print_json({{"into", landing.into()},
                        {"dry_run", arguments.dry_run},
                        {"commits", landing.commits()},
                        {"branches", std::move(list)}});
  } else if (list.empty()) {
    session.out << fmt::format("No trial or task of {} has a finished branch.\n", arguments.study);
  } else {
    for (const auto& [repo, commit] : landing.commits())
      session.out << fmt::format("{} of {} {} {}.\n", landing.into(), repo,
                                 arguments.dry_run ? "would be at" : "is at", commit.substr(0, 12));
  }
  return all ? kDone : kFailed;
}

}  // namespace

void add_merge_command(CLI::App& root, Session& session) {
  CLI::App& command = add_command(
      root, session,
      {"Results", "merge", "land the branches of finished trials and tasks on one branch, tested",
       "study merge pipeline --dry-run\n"
       "study merge pipeline --test 'python3 -m unittest'\n"
       "study merge pipeline --into main --trial 3 --task 0"});
  const auto arguments = std::make_shared<Arguments>();
  add_study_name(command, arguments->study);
  command
      .add_option(
          "--into", arguments->into,
          "branch, checked out nowhere (default: study/STUDY/merged, from the study's base)")
      ->type_name("BRANCH");
  command
      .add_option("--test", arguments->test,
                  "command line run after each merge; where it fails the branch is left")
      ->type_name("CMD");
  add_several(command, "--trial", arguments->trials, "only this trial; may be repeated", "N");
  add_several(command, "--task", arguments->tasks, "only this task; may be repeated", "N");
  command
      .add_option("--repo", arguments->repo,
                  "repository of tasks that name none (default: the study file's)")
      ->type_name("DIR");
  add_author(command, arguments->author);
  command.add_flag("--dry-run", arguments->dry_run,
                   "merge and test beside the branch, and say what would become of it");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return merge(session, *arguments); };
  });
}

}  // namespace studyhall::cli
