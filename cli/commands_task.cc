#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/commands_task.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/issue.h"
#include "cli/queue_arguments.h"
#include "cli/shared_options.h"
#include "cli/show_tasks.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/study_api_json.h"

namespace studyhall::cli {

namespace {

constexpr int kRowsOnScreen = 1000;
constexpr int kMostRows = 10'000;

// --- add ---

struct AddArguments {
  std::string study;
  std::vector<std::string> words;
  std::string description;
  std::string priority;
  std::vector<std::string> tags;
  std::vector<std::string> after;
  std::vector<std::string> after_trials;
  std::int64_t retries = -1;
  QueueOptions queue;
  std::string author;
  std::string request_id;
  std::string issue;
};

int add(const Session& session, const AddArguments& arguments) {
  TaskRequest request;
  for (const std::string& word : arguments.words)
    request.title += (request.title.empty() ? "" : " ") + word;
  if (request.title.empty() && arguments.issue.empty())
    throw Error(ErrorCode::Invalid, "give the TITLE of the task, or --from-issue");
  request.description = arguments.description;
  if (!arguments.issue.empty())
    fill_from_issue(arguments.issue, request.title, request.description);
  if (!arguments.priority.empty()) request.priority = parse_priority(arguments.priority);
  request.tags = arguments.tags;
  request.after = numbers_of(arguments.after, "--after");
  request.after_trials = numbers_of(arguments.after_trials, "--after-trial");
  if (arguments.retries >= 0)
    request.retries = static_cast<int>(std::min<std::int64_t>(arguments.retries, 1'000'000));
  request.author = author_of(session, arguments.author);
  request.request_id = arguments.request_id;
  request.queue = arguments.queue.terms();
  const Connection connection = connect(session);
  const std::int64_t number = connection.api->add_task(arguments.study, request);
  if (session.json)
    session.print_json({{"number", number}});
  else
    session.out << fmt::format("Waiting to be handed out: task {}.\n", number);
  return kDone;
}

void add_add(CLI::App& task, Session& session) {
  CLI::App& command = add_command(
      task, session,
      {kTaskGroup, "add", "put a task into the queue",
       "study task add heat_signature \"Vectorise the solver\" --priority high --tag cpp\n"
       "study task add heat_signature \"Describe trial 12\" --after 0 --after-trial 12\n"
       "study task add heat_signature --from-issue 52"});
  const auto arguments = std::make_shared<AddArguments>();
  add_study_name(command, arguments->study);
  command.add_option("TITLE", arguments->words, "what to do, in a few words")->type_name("");
  add_from_issue(command, arguments->issue);
  add_text(command, "--description", arguments->description, "what it is about, for the agent");
  command
      .add_option("--priority", arguments->priority,
                  "critical, high, medium (default), low, or a number, higher first")
      ->type_name("P");
  add_several(command, "--tag", arguments->tags,
              "only for workers that accept it; may be repeated (all of them)", "T");
  add_several(command, "--after", arguments->after, "not before this task is done; may be repeated",
              "N");
  add_several(command, "--after-trial", arguments->after_trials,
              "not before this trial is complete or pruned; may be repeated", "N");
  add_integer(command, "--retries", arguments->retries, 0,
              "new attempts after failures of its workers (default: the experiment's, else 2)");
  arguments->queue.add_to(command);
  add_author(command, arguments->author);
  add_request_id(command, arguments->request_id);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return add(session, *arguments); };
  });
}

// --- list, show ---

struct ListArguments {
  std::string study;
  std::string state;
  std::string worker;
  std::int64_t after = -1;
  std::int64_t limit = kRowsOnScreen;
};

int list(const Session& session, const ListArguments& arguments) {
  TaskQuery query;
  query.after = arguments.after;
  query.limit = static_cast<int>(std::min<std::int64_t>(arguments.limit, kMostRows));
  query.worker = arguments.worker;
  if (!arguments.state.empty()) {
    query.state = task_state_from_string(arguments.state);
    if (!query.state)
      throw Error(ErrorCode::Invalid,
                  fmt::format("--state: \"{}\" is not one of waiting, running, done, failed, "
                              "cancelled",
                              arguments.state));
  }
  const Connection connection = connect(session);
  const std::vector<TaskView> tasks = connection.api->tasks(arguments.study, query);
  if (session.json) {
    Json list = Json::array();
    for (const TaskView& view : tasks) list.push_back(to_json(view));
    session.print_json({{"tasks", std::move(list)}});
    return kDone;
  }
  if (tasks.empty())
    session.out << "No tasks.\n";
  else
    session.print_table(task_table(tasks));
  if (std::ssize(tasks) == query.limit)
    session.out << fmt::format("There may be more: --after {}\n", tasks.back().task.number);
  return kDone;
}

void add_list(CLI::App& task, Session& session) {
  CLI::App& command = add_command(task, session,
                                  {kTaskGroup, "list", "list the tasks of a study",
                                   "study task list heat_signature\n"
                                   "study task list heat_signature --state waiting --json"});
  const auto arguments = std::make_shared<ListArguments>();
  add_study_name(command, arguments->study);
  command
      .add_option("--state", arguments->state, "waiting, running, done, failed or cancelled only")
      ->type_name("S");
  command.add_option("--worker", arguments->worker, "of this worker only")->type_name("W");
  add_integer(command, "--after", arguments->after, -1, "numbers above this");
  add_integer(command, "--limit", arguments->limit, 1,
              fmt::format("at most so many (default: {}, at most {})", kRowsOnScreen, kMostRows));
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return list(session, *arguments); };
  });
}

void add_show(CLI::App& task, Session& session) {
  CLI::App& command = add_command(
      task, session,
      {kTaskGroup, "show", "all that is known of a task", "study task show heat_signature 3"});
  const auto arguments = std::make_shared<TaskArguments>();
  add_task_number(command, *arguments);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] {
      const Connection connection = connect(session);
      const TaskView view = connection.api->task(arguments->study, arguments->number);
      if (session.json)
        session.print_json(to_json(view));
      else
        show_task(session, arguments->study, view);
      return kDone;
    };
  });
}

// --- cancel ---

int cancel(const Session& session, const TaskArguments& arguments) {
  const Connection connection = connect(session);
  connection.api->cancel_task(arguments.study, arguments.number,
                              {arguments.reason, author_of(session, arguments.author)});
  if (session.json)
    session.print_json({{"cancelled", arguments.number}});
  else
    session.out << fmt::format("Task {} is cancelled.\n", arguments.number);
  return kDone;
}

void add_cancel(CLI::App& task, Session& session) {
  CLI::App& command =
      add_command(task, session,
                  {kTaskGroup, "cancel", "take a task back; what waits for it fails",
                   "study task cancel heat_signature 3 --reason \"not needed any more\""});
  const auto arguments = std::make_shared<TaskArguments>();
  add_task_number(command, *arguments);
  add_text(command, "--reason", arguments->reason, "words kept with the task");
  add_author(command, arguments->author);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return cancel(session, *arguments); };
  });
}

}  // namespace

void add_task_number(CLI::App& command, TaskArguments& target) {
  add_study_name(command, target.study);
  add_integer(command, "NUMBER", target.number, 0, "number of the task")->required();
}

CLI::Option* add_text(CLI::App& command, const std::string& name, std::string& target,
                      const std::string& description) {
  return command.add_option(name, target, description)->type_name("TEXT");
}

void add_task_command(CLI::App& root, Session& session) {
  CLI::App& task =
      add_command(root, session,
                  {"Studies", "task", "work without a score: to implement, to document",
                   "study task add heat_signature \"Vectorise the solver\" --priority high\n"
                   "study task list heat_signature\n"
                   "study task ask heat_signature --worker W1\n"
                   "study task tell heat_signature 0 --result \"commit 1f3a\""});
  task.require_subcommand(1);
  add_add(task, session);
  add_list(task, session);
  add_show(task, session);
  add_task_import(task, session);
  add_task_work(task, session);
  add_cancel(task, session);
}

}  // namespace studyhall::cli
