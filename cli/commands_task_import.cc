#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/commands.h"
#include "cli/commands_task.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/planner_tasks.h"
#include "cli/queue_arguments.h"
#include "cli/shared_options.h"
#include "cli/text.h"
#include "core/error.h"
#include "worker_shim/files.h"

namespace studyhall::cli {

namespace {

constexpr std::size_t kLongestFile = 1'000'000;
constexpr int kMostTasks = 10'000;

struct Arguments {
  std::string study;
  std::vector<std::string> files;
  std::vector<std::string> tags;
  std::string author;
  bool dry_run = false;
};

// The files, and of folders those that end in .md, by name.
std::vector<std::string> files_of(const std::vector<std::string>& words) {
  std::vector<std::string> files;
  for (const std::string& word : words) {
    if (!std::filesystem::is_directory(word)) {
      files.push_back(word);
      continue;
    }
    const std::size_t before = files.size();
    for (const auto& entry : std::filesystem::directory_iterator(word))
      if (entry.path().extension() == ".md") files.push_back(entry.path().string());
    std::sort(files.begin() + static_cast<std::ptrdiff_t>(before), files.end());
    if (files.size() == before)
      throw Error(ErrorCode::NotFound, fmt::format("{} has no file that ends in .md", word));
  }
  return files;
}

std::vector<PlannedTask> read_tasks(const Arguments& arguments, StudyApi& api) {
  std::set<std::string> tags = accepted_tags(api.study(arguments.study).spec);
  std::vector<PlannedTask> tasks;
  for (const std::string& file : files_of(arguments.files)) {
    const auto text = worker_shim::read_file(file, kLongestFile);
    if (!text) throw Error(ErrorCode::NotFound, fmt::format("there is no file {}", file));
    PlannedTask task = parse_planned_task(file, *text, tags);
    task.request.tags.insert(task.request.tags.end(), arguments.tags.begin(), arguments.tags.end());
    task.request.author = arguments.author;
    tasks.push_back(std::move(task));
  }
  return resolve_planned_tasks(std::move(tasks), api.tasks(arguments.study, {.limit = kMostTasks}));
}

struct Outcome {
  std::int64_t number = -1;  // absent in a dry run, and where it could not be added
  bool already = false;
};

// In their order, so that a task's dependencies have their numbers.
std::vector<Outcome> add_tasks(const Arguments& arguments, StudyApi& api,
                               std::vector<PlannedTask>& tasks) {
  const auto known = api.tasks(arguments.study, {.limit = kMostTasks});
  const std::int64_t first_new = known.empty() ? 0 : known.back().task.number + 1;
  std::vector<Outcome> outcomes(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    PlannedTask& task = tasks[i];
    if (!task.problems.empty()) continue;
    for (const std::size_t other : task.after) task.request.after.push_back(outcomes[other].number);
    try {
      outcomes[i].number = api.add_task(arguments.study, task.request);
      outcomes[i].already = outcomes[i].number < first_new;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::Invalid && error.code() != ErrorCode::Conflict) throw;
      task.problems.emplace_back(error.what());
      for (std::size_t later = i + 1; later < tasks.size(); ++later)
        if (std::ranges::find(tasks[later].after, i) != tasks[later].after.end())
          tasks[later].problems.push_back(
              fmt::format("depends on {}, which could not be added", task.file));
    }
  }
  return outcomes;
}

Json json_of(const PlannedTask& task, const Outcome& outcome,
             const std::vector<PlannedTask>& tasks) {
  Json after = Json::array();
  for (const std::size_t other : task.after) after.push_back(tasks[other].file);
  Json json = {{"file", task.file},
               {"title", task.request.title},
               {"priority", task.request.priority},
               {"tags", task.request.tags},
               {"after", task.request.after},
               {"after_files", std::move(after)},
               {"notes", task.notes},
               {"problems", task.problems}};
  if (outcome.number >= 0) {
    json["number"] = outcome.number;
    json["already"] = outcome.already;
  }
  return json;
}

void print_task(const Session& session, const Arguments& arguments, const PlannedTask& task,
                const Outcome& outcome, const std::vector<PlannedTask>& tasks) {
  std::string waits;
  for (const std::size_t other : task.after)
    waits += fmt::format("{}{}", waits.empty() ? "" : ", ", tasks[other].id);
  if (outcome.number < 0)
    for (const std::int64_t number : task.request.after)
      waits += fmt::format("{}task {}", waits.empty() ? "" : ", ", number);
  const std::string what = !task.problems.empty() ? "not added"
                           : arguments.dry_run    ? "would be added"
                           : outcome.already ? fmt::format("task {}, from before", outcome.number)
                                             : fmt::format("task {}", outcome.number);
  session.out << fmt::format("{}: {} ({}){}\n", printable(task.file), printable(task.request.title),
                             what, waits.empty() ? "" : ", after " + printable(waits));
  for (const std::string& note : task.notes) session.out << "  " << printable(note) << "\n";
  for (const std::string& problem : task.problems)
    session.out << "  " << session.paint("problem: ", Colour::Red) << printable(problem) << "\n";
}

int import_tasks(const Session& session, Arguments arguments) {
  arguments.author = author_of(session, arguments.author);
  const Connection connection = connect(session);
  std::vector<PlannedTask> tasks = read_tasks(arguments, *connection.api);
  const std::vector<Outcome> outcomes = arguments.dry_run
                                            ? std::vector<Outcome>(tasks.size())
                                            : add_tasks(arguments, *connection.api, tasks);
  Json list = Json::array();
  std::int64_t bad = 0;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (!tasks[i].problems.empty()) ++bad;
    if (session.json)
      list.push_back(json_of(tasks[i], outcomes[i], tasks));
    else
      print_task(session, arguments, tasks[i], outcomes[i], tasks);
  }
  if (session.json) session.print_json({{"tasks", std::move(list)}});
  if (bad == 0) return kDone;
  session.err << fmt::format("study: {} of {} could not be added\n", bad,
                             count_of(std::ssize(tasks), "task"));
  return kFailed;
}

}  // namespace

void add_task_import(CLI::App& task, Session& session) {
  CLI::App& command =
      add_command(task, session,
                  {kTaskGroup, "import", "add the tasks that a planner wrote as Markdown files",
                   "study task import heat_signature outputs/tasks --dry-run\n"
                   "study task import heat_signature task_consensus_base.md task_validators.md"});
  const auto arguments = std::make_shared<Arguments>();
  add_study_name(command, arguments->study);
  command
      .add_option(
          "FILE", arguments->files,
          "files, or folders of them: # Task: TITLE, **Component**, **Priority**, **Depends "
          "On**, sections")
      ->required()
      ->type_name("");
  add_several(command, "--tag", arguments->tags, "of all of them; may be repeated", "T");
  add_author(command, arguments->author);
  command.add_flag("--dry-run", arguments->dry_run, "say what would be added, and add nothing");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return import_tasks(session, *arguments); };
  });
}

}  // namespace studyhall::cli
