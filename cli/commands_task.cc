#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/queue_arguments.h"
#include "cli/show_tasks.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/study_api_json.h"

namespace studyhall::cli {

namespace {

constexpr const char* kGroup = "Actions";
constexpr int kRowsOnScreen = 1000;
constexpr int kMostRows = 10'000;

// What the actions on one task share.
struct TaskArguments {
  std::string study;
  std::int64_t number = -1;
  std::string lease;
  std::string reason;
  std::string author;
};

void add_number(CLI::App& command, TaskArguments& target) {
  add_study_name(command, target.study);
  add_integer(command, "NUMBER", target.number, 0, "number of the task")->required();
}

void add_lease(CLI::App& command, TaskArguments& target) {
  command.add_option("--lease", target.lease, "lease token that ask printed")->type_name("TOKEN");
}

CLI::Option* add_text(CLI::App& command, const std::string& name, std::string& target,
                      const std::string& description) {
  return command.add_option(name, target, description)->type_name("TEXT");
}

CLI::Option* add_several(CLI::App& command, const std::string& name,
                         std::vector<std::string>& target, const std::string& description,
                         const char* type) {
  return command.add_option(name, target, description)->type_name(type)->allow_extra_args(false);
}

void add_request_id(CLI::App& command, std::string& target) {
  command.add_option("--request-id", target, "the same id again gives the same answer again")
      ->type_name("ID");
}

std::vector<std::int64_t> numbers_of(const std::vector<std::string>& words, const char* what) {
  std::vector<std::int64_t> numbers;
  numbers.reserve(words.size());
  for (const std::string& word : words) numbers.push_back(parse_integer(word, what, 0));
  return numbers;
}

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
};

int add(const Session& session, const AddArguments& arguments) {
  TaskRequest request;
  for (const std::string& word : arguments.words)
    request.title += (request.title.empty() ? "" : " ") + word;
  request.description = arguments.description;
  if (!arguments.priority.empty()) request.priority = parse_priority(arguments.priority);
  request.tags = arguments.tags;
  request.after = numbers_of(arguments.after, "--after");
  request.after_trials = numbers_of(arguments.after_trials, "--after-trial");
  if (arguments.retries >= 0)
    request.retries = static_cast<int>(std::min<std::int64_t>(arguments.retries, 1'000'000));
  request.author = arguments.author.empty() ? session.env.variable("USER") : arguments.author;
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
      {kGroup, "add", "put a task into the queue",
       "study task add heat_signature \"Vectorise the solver\" --priority high --tag cpp\n"
       "study task add heat_signature \"Describe trial 12\" --after 0 --after-trial 12"});
  const auto arguments = std::make_shared<AddArguments>();
  add_study_name(command, arguments->study);
  command.add_option("TITLE", arguments->words, "what to do, in a few words")
      ->required()
      ->type_name("");
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
  command.add_option("--author", arguments->author, "who says so (default: $USER)")
      ->type_name("NAME");
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
                                  {kGroup, "list", "list the tasks of a study",
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
      {kGroup, "show", "all that is known of a task", "study task show heat_signature 3"});
  const auto arguments = std::make_shared<TaskArguments>();
  add_number(command, *arguments);
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

// --- ask ---

struct AskArguments {
  std::string study;
  std::string worker;
  std::int64_t count = 1;
  std::string lease_s;
  std::string request_id;
  std::vector<std::string> accepts;
};

int ask(const Session& session, const AskArguments& arguments) {
  AskRequest request;
  request.want = Want::Tasks;
  request.worker = arguments.worker;
  request.count = static_cast<int>(std::min<std::int64_t>(arguments.count, 1'000'000));
  if (!arguments.lease_s.empty()) request.lease_s = parse_number(arguments.lease_s, "--lease-s");
  request.request_id = arguments.request_id;
  if (!arguments.accepts.empty()) request.accepts = arguments.accepts;
  const Connection connection = connect(session);
  const AskAnswer answer = connection.api->ask(arguments.study, request);
  if (answer.status == AskStatus::Finished) {
    if (session.json) session.print_json(error_json("finished", answer.reason));
    session.err << fmt::format("study: nothing to hand out: {}\n", printable(answer.reason));
    return kNothingToHandOut;
  }
  if (session.json)
    session.print_json(to_json(answer));
  else if (answer.status == AskStatus::Wait)
    session.out << fmt::format("No task now: {}. Ask again in {:.0f} s.\n",
                               printable(answer.reason), answer.retry_after_s);
  else
    print_asked_tasks(session, arguments.study, answer.tasks);
  return kDone;
}

void add_ask(CLI::App& task, Session& session) {
  CLI::App& command =
      add_command(task, session,
                  {kGroup, "ask", "get the next tasks (trials as well: `study ask`)",
                   "study task ask heat_signature --worker W1 --accepts cpp"});
  const auto arguments = std::make_shared<AskArguments>();
  add_study_name(command, arguments->study);
  command.add_option("--worker", arguments->worker, "who will do them (default: nobody named)")
      ->type_name("W");
  add_integer(command, "--count", arguments->count, 1, "how many (default: 1)");
  command.add_option("--lease-s", arguments->lease_s, "length of the lease in seconds")
      ->type_name("S");
  add_several(command, "--accepts", arguments->accepts,
              "a tag of tasks to take; may be repeated (default: the study file's)", "T");
  add_request_id(command, arguments->request_id);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return ask(session, *arguments); };
  });
}

// --- tell ---

struct TellArguments {
  TaskArguments task;
  std::string state;
  std::string cause;
  std::string result;
  std::string evidence;
  std::string note;
  std::string cost_usd;
  std::string turns;
  std::string tokens;
  std::string request_id;
};

// JSON where it is JSON, else a text.
Json json_or_text(const std::string& text) {
  if (text.empty()) return nullptr;
  Json value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? Json(text) : value;
}

TaskTell tell_request(const TellArguments& arguments) {
  TaskTell request;
  if (!arguments.task.reason.empty()) {
    request.reason = fail_reason_from_string(arguments.task.reason);
    if (!request.reason || !is_told_of_task(*request.reason))
      throw Error(ErrorCode::Invalid,
                  fmt::format("--reason: \"{}\" is not one of infra, declined, cancelled",
                              arguments.task.reason));
    request.state = TaskState::Failed;
  }
  if (!arguments.state.empty()) {
    const auto state = task_state_from_string(arguments.state);
    if (state != TaskState::Done && state != TaskState::Failed)
      throw Error(ErrorCode::Invalid,
                  fmt::format("--state: \"{}\" is not one of done, failed", arguments.state));
    if (request.reason && state == TaskState::Done)
      throw Error(ErrorCode::Invalid, "--reason goes with --state failed only");
    request.state = *state;
  }
  if (!arguments.cause.empty()) {
    request.cause = fault_cause_from_string(arguments.cause);
    if (!request.cause || request.reason != FailReason::Infra)
      throw Error(ErrorCode::Invalid,
                  fmt::format("--cause: \"{}\": expected crash, stall, rate_limit, auth or "
                              "server_error, with --reason infra",
                              arguments.cause));
  }
  request.result = json_or_text(arguments.result);
  request.evidence = json_or_text(arguments.evidence);
  request.note = arguments.note;
  if (!arguments.cost_usd.empty()) {
    request.usage.cost_usd = parse_number(arguments.cost_usd, "--cost-usd");
    if (*request.usage.cost_usd < 0)
      throw Error(ErrorCode::Invalid, "--cost-usd: expected a number of at least 0");
  }
  if (!arguments.turns.empty()) request.usage.turns = parse_integer(arguments.turns, "--turns", 0);
  if (!arguments.tokens.empty())
    request.usage.tokens = parse_integer(arguments.tokens, "--tokens", 0);
  request.lease = arguments.task.lease;
  request.request_id = arguments.request_id;
  return request;
}

int tell(const Session& session, const TellArguments& arguments) {
  const TaskTell request = tell_request(arguments);
  const Connection connection = connect(session);
  const TaskTellAnswer answer =
      connection.api->tell_task(arguments.task.study, arguments.task.number, request);
  if (session.json) {
    session.print_json(to_json(answer));
    return kDone;
  }
  const std::string what = answer.requeued ? "waits to be handed out again"
                                           : "is " + std::string(to_string(answer.state));
  session.out << fmt::format("Task {} {}{}.\n", answer.number, what,
                             answer.already ? " (it had been told before)" : "");
  return kDone;
}

void add_tell(CLI::App& task, Session& session) {
  CLI::App& command = add_command(
      task, session,
      {kGroup, "tell", "say how a task ended",
       "study task tell heat_signature 3 --result '{\"commit\": \"1f3a\"}' --cost-usd 1.20\n"
       "study task tell heat_signature 3 --reason declined --note \"no C++ here\"\n"
       "study task tell heat_signature 3 --state failed --note \"cannot be done\""});
  const auto arguments = std::make_shared<TellArguments>();
  add_number(command, arguments->task);
  add_lease(command, arguments->task);
  command.add_option("--state", arguments->state, "done (default) or failed")->type_name("S");
  command
      .add_option("--reason", arguments->task.reason,
                  "why it goes to another: infra, declined or cancelled; without one a failed task "
                  "has failed for good")
      ->type_name("R");
  command
      .add_option("--cause", arguments->cause,
                  "of infra: crash (default), stall, rate_limit, auth or server_error")
      ->type_name("C");
  add_text(command, "--result", arguments->result, "what came of it: JSON or a text");
  add_text(command, "--evidence", arguments->evidence, "how to check it: JSON or a text");
  add_text(command, "--note", arguments->note, "words kept with the task");
  command.add_option("--cost-usd", arguments->cost_usd, "what it cost")->type_name("USD");
  command.add_option("--turns", arguments->turns, "turns that its agent took")->type_name("N");
  command.add_option("--tokens", arguments->tokens, "tokens that it used")->type_name("N");
  add_request_id(command, arguments->request_id);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return tell(session, *arguments); };
  });
}

// --- heartbeat, release, cancel ---

int heartbeat(const Session& session, const TaskArguments& arguments) {
  const Connection connection = connect(session);
  const BeatAnswer answer =
      connection.api->heartbeat_task(arguments.study, arguments.number, {arguments.lease});
  if (session.json)
    session.print_json(to_json(answer));
  else if (answer.stop)
    session.out << "stop: the task is no longer wanted\n";
  else
    session.out << fmt::format("go on, lease until {} UTC\n", format_time(answer.expires_at));
  return kDone;
}

int release(const Session& session, const TaskArguments& arguments) {
  const Connection connection = connect(session);
  connection.api->release_task(arguments.study, arguments.number, arguments.lease);
  if (session.json)
    session.print_json({{"released", arguments.number}});
  else
    session.out << fmt::format(
        "Task {} is {}.\n", arguments.number,
        to_string(connection.api->task(arguments.study, arguments.number).task.state));
  return kDone;
}

int cancel(const Session& session, const TaskArguments& arguments) {
  const Connection connection = connect(session);
  connection.api->cancel_task(
      arguments.study, arguments.number,
      {arguments.reason,
       arguments.author.empty() ? session.env.variable("USER") : arguments.author});
  if (session.json)
    session.print_json({{"cancelled", arguments.number}});
  else
    session.out << fmt::format("Task {} is cancelled.\n", arguments.number);
  return kDone;
}

void add_holding(CLI::App& task, Session& session, const CommandText& text,
                 int (*action)(const Session&, const TaskArguments&)) {
  CLI::App& command = add_command(task, session, text);
  const auto arguments = std::make_shared<TaskArguments>();
  add_number(command, *arguments);
  add_lease(command, *arguments);
  command.callback([&session, arguments, action] {
    session.action = [&session, arguments, action] { return action(session, *arguments); };
  });
}

void add_cancel(CLI::App& task, Session& session) {
  CLI::App& command =
      add_command(task, session,
                  {kGroup, "cancel", "take a task back; what waits for it fails",
                   "study task cancel heat_signature 3 --reason \"not needed any more\""});
  const auto arguments = std::make_shared<TaskArguments>();
  add_number(command, *arguments);
  add_text(command, "--reason", arguments->reason, "words kept with the task");
  command.add_option("--author", arguments->author, "who says so (default: $USER)")
      ->type_name("NAME");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return cancel(session, *arguments); };
  });
}

}  // namespace

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
  add_ask(task, session);
  add_tell(task, session);
  add_holding(task, session,
              {kGroup, "heartbeat", "keep the lease of a running task",
               "study task heartbeat heat_signature 3"},
              heartbeat);
  add_holding(
      task, session,
      {kGroup, "release", "give a running task back", "study task release heat_signature 3"},
      release);
  add_cancel(task, session);
}

}  // namespace studyhall::cli
