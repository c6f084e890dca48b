#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/study_spec.h"
#include "worker_shim/run_folder.h"

namespace studyhall::cli {

namespace {

using worker_shim::PruneRule;
using worker_shim::PruneVerdict;
using worker_shim::WorkspaceInfo;

constexpr double kGigabyte = 1 << 30;

struct Arguments {
  std::string study;
  std::string runs = "runs";
  bool prune = false;
  bool dry_run = false;
  bool force = false;
  std::string keep;
  std::string max_gb;
};

std::string size_words(std::uintmax_t bytes) {
  const auto size = static_cast<double>(bytes);
  if (size >= kGigabyte) return fmt::format("{:.1f} GB", size / kGigabyte);
  if (size >= 1 << 20) return fmt::format("{:.1f} MB", size / (1 << 20));
  return fmt::format("{:.1f} kB", size / (1 << 10));
}

PruneRule rule_of(const StudySpec& spec, const Arguments& arguments) {
  const WorkspaceSpec& workspace = spec.experiment->workspace;
  PruneRule rule;
  rule.keep = workspace.keep;
  rule.force = arguments.force;
  if (!arguments.keep.empty()) {
    const auto policy = keep_policy_from_string(arguments.keep);
    if (!policy)
      throw Error(ErrorCode::Invalid,
                  fmt::format("--keep: found \"{}\", expected all, best or none",
                              printable(arguments.keep)));
    rule.keep = *policy;
  }
  auto max_gb = workspace.max_total_gb;
  if (!arguments.max_gb.empty()) max_gb = parse_number(arguments.max_gb, "--max-gb");
  if (max_gb) rule.max_bytes = static_cast<std::uintmax_t>(std::max(0.0, *max_gb) * kGigabyte);
  return rule;
}

Json workspace_json(const WorkspaceInfo& workspace, const PruneVerdict& verdict, bool done) {
  return {{"name", workspace.dir.filename().string()},
          {"folder", workspace.dir.string()},
          {workspace.is_task ? "task" : "trial", workspace.number},
          {"worker", workspace.worker},
          {"state", workspace.status},
          {"bytes", workspace.bytes},
          {"branch", workspace.branch.empty() ? Json(nullptr) : Json(workspace.branch)},
          {"pruned", workspace.pruned || (done && verdict.removed)},
          {"why", verdict.why}};
}

std::string fate_words(const WorkspaceInfo& workspace, const PruneVerdict& verdict, bool done) {
  if (workspace.pruned) return "only its record is left";
  if (!verdict.removed) return fmt::format("kept: {}", verdict.why);
  return fmt::format("{}: {}", done ? "removed" : "may go", verdict.why);
}

void print_workspaces(const Session& session, const std::vector<WorkspaceInfo>& workspaces,
                      const std::vector<PruneVerdict>& verdicts, bool done) {
  Table table({{"workspace"},
               {"run of", Align::Right},
               {"state"},
               {"size", Align::Right},
               {"branch", Align::Left, true},
               {"", Align::Left, true}});
  for (std::size_t i = 0; i < workspaces.size(); ++i) {
    const WorkspaceInfo& workspace = workspaces[i];
    table.add({workspace.dir.filename().string(),
               fmt::format("{}{}", workspace.is_task ? "task " : "#", workspace.number),
               printable(workspace.status), size_words(workspace.bytes),
               printable(workspace.branch), printable(fate_words(workspace, verdicts[i], done))});
  }
  session.print_table(table);
}

int workspaces(const Session& session, const Arguments& arguments) {
  const Connection connection = connect(session);
  const auto spec = parse_study_spec(connection.api->study(arguments.study).spec);
  if (!spec->experiment)
    throw Error(ErrorCode::Invalid,
                fmt::format("study {} has no experiment, hence no workspaces", spec->name));
  const std::filesystem::path folder =
      std::filesystem::absolute(std::filesystem::path(arguments.runs) / spec->name)
          .lexically_normal();
  if (!std::filesystem::is_directory(folder))
    throw Error(ErrorCode::NotFound,
                fmt::format("there is no {}: workspaces are on the machine where `study work {}` "
                            "runs, in the folder that its --runs names",
                            folder.string(), spec->name));
  PruneRule rule = rule_of(*spec, arguments);
  rule.best = worker_shim::leading_trials(*connection.api, spec->name);
  const auto before = worker_shim::list_workspaces(folder);
  const bool done = arguments.prune && !arguments.dry_run;
  const auto verdicts = worker_shim::prune(before, rule, spec->experiment->score.file, !done);
  const std::uintmax_t bytes = worker_shim::total_bytes(before);
  const std::uintmax_t left =
      done ? worker_shim::total_bytes(worker_shim::list_workspaces(folder)) : bytes;

  if (session.json) {
    Json list = Json::array();
    for (std::size_t i = 0; i < before.size(); ++i)
      list.push_back(workspace_json(before[i], verdicts[i], done));
    session.print_json({{"folder", folder.string()},
                        {"workspaces", list},
                        {"bytes", left},
                        {"keep", to_string(rule.keep)}});
    return kDone;
  }
  print_workspaces(session, before, verdicts, done);
  session.out << fmt::format("{} in {}, {}.\n",
                             count_of(static_cast<std::int64_t>(before.size()), "workspace"),
                             folder.string(), size_words(left));
  if (done && left < bytes) session.out << fmt::format("{} freed.\n", size_words(bytes - left));
  const bool some_may_go =
      std::any_of(verdicts.begin(), verdicts.end(), [](const auto& v) { return v.removed; });
  if (!done && some_may_go)
    session.out << fmt::format(
        "`study workspaces {} --prune` removes what may go; branches and "
        "records of runs stay.\n",
        spec->name);
  return kDone;
}

}  // namespace

void add_workspaces_command(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {"Workers", "workspaces", "the folders and git worktrees of runs on this machine",
                   "study workspaces heat_signature\n"
                   "study workspaces heat_signature --prune --keep best\n"
                   "study workspaces heat_signature --prune --max-gb 20"});
  const auto arguments = std::make_shared<Arguments>();
  add_study_name(command, arguments->study);
  command.add_option("--runs", arguments->runs, "folder of the runs (default: runs)")
      ->type_name("DIR");
  command.add_flag("--prune", arguments->prune,
                   "remove what is not to be kept; branches and records of runs stay");
  command.add_flag("--dry-run", arguments->dry_run, "with --prune: only say what would go");
  command.add_option("--keep", arguments->keep, "instead of the study's: all, best or none")
      ->type_name("WHICH");
  command
      .add_option("--max-gb", arguments->max_gb,
                  "of all together; the oldest go first (default: the study's max_total_gb)")
      ->type_name("GB");
  command.add_flag("--force", arguments->force, "also worktrees with changes that no branch holds");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return workspaces(session, *arguments); };
  });
}

}  // namespace studyhall::cli
