#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/commands_task.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/holding_options.h"
#include "cli/shared_options.h"
#include "cli/show_tasks.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/study_api_json.h"

namespace studyhall::cli {

namespace {

// --- ask ---

struct AskArguments {
  std::string study;
  std::string worker;
  std::int64_t count = 1;
  std::string lease_s;
  std::string request_id;
  std::string wait_s;
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
  const double wait_s = wait_seconds(arguments.wait_s);
  const Connection connection = connect(session);
  const AskAnswer answer = ask_waiting(*connection.api, arguments.study, request, wait_s);
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
                  {kTaskGroup, "ask", "get the next tasks (trials as well: `study ask`)",
                   "study task ask heat_signature --worker W1 --accepts cpp\n"
                   "study task ask heat_signature --worker W1 --wait 600"});
  const auto arguments = std::make_shared<AskArguments>();
  add_study_name(command, arguments->study);
  command.add_option("--worker", arguments->worker, "who will do them (default: nobody named)")
      ->type_name("W");
  add_integer(command, "--count", arguments->count, 1, "how many (default: 1)");
  command.add_option("--lease-s", arguments->lease_s, "length of the lease in seconds")
      ->type_name("S");
  add_several(command, "--accepts", arguments->accepts,
              "a tag of tasks to take; may be repeated (default: the study file's)", "T");
  add_wait(command, arguments->wait_s);
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
  UsageArguments usage;
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
  request.cause = cause_of(arguments.cause, request.reason);
  request.result = json_or_text(arguments.result);
  request.evidence = json_or_text(arguments.evidence);
  request.note = arguments.note;
  request.usage = usage_of(arguments.usage);
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
      {kTaskGroup, "tell", "say how a task ended",
       "study task tell heat_signature 3 --result '{\"commit\": \"1f3a\"}' --cost-usd 1.20\n"
       "study task tell heat_signature 3 --reason declined --note \"no C++ here\"\n"
       "study task tell heat_signature 3 --state failed --note \"cannot be done\""});
  const auto arguments = std::make_shared<TellArguments>();
  add_task_number(command, arguments->task);
  add_lease(command, arguments->task.lease);
  command.add_option("--state", arguments->state, "done (default) or failed")->type_name("S");
  command
      .add_option("--reason", arguments->task.reason,
                  "why it goes to another: infra, declined or cancelled; without one a failed task "
                  "has failed for good")
      ->type_name("R");
  add_cause(command, arguments->cause);
  add_text(command, "--result", arguments->result, "what came of it: JSON or a text");
  add_text(command, "--evidence", arguments->evidence, "how to check it: JSON or a text");
  add_text(command, "--note", arguments->note, "words kept with the task");
  add_usage(command, arguments->usage);
  add_request_id(command, arguments->request_id);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return tell(session, *arguments); };
  });
}

// --- park, heartbeat, release ---

void add_park(CLI::App& task, Session& session) {
  struct Arguments {
    TaskArguments task;
    ParkArguments park;
  };
  CLI::App& command =
      add_command(task, session,
                  {kTaskGroup, "park", "keep a task while its worker waits out a rate limit",
                   "study task park heat_signature 3 --for-s 1800 --reason \"rate limit\""});
  const auto arguments = std::make_shared<Arguments>();
  add_task_number(command, arguments->task);
  add_park_options(command, arguments->park);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] {
      const ParkRequest request = park_request(arguments->park);
      const Connection connection = connect(session);
      const BeatAnswer answer =
          connection.api->park_task(arguments->task.study, arguments->task.number, request);
      if (session.json)
        session.print_json(to_json(answer));
      else if (answer.stop)
        session.out << "stop: the task is no longer wanted\n";
      else
        session.out << fmt::format("Task {} is parked, lease until {} UTC.\n",
                                   arguments->task.number, format_time(answer.expires_at));
      return kDone;
    };
  });
}

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

void add_holding(CLI::App& task, Session& session, const CommandText& text,
                 int (*action)(const Session&, const TaskArguments&)) {
  CLI::App& command = add_command(task, session, text);
  const auto arguments = std::make_shared<TaskArguments>();
  add_task_number(command, *arguments);
  add_lease(command, arguments->lease);
  command.callback([&session, arguments, action] {
    session.action = [&session, arguments, action] { return action(session, *arguments); };
  });
}

}  // namespace

void add_task_work(CLI::App& task, Session& session) {
  add_ask(task, session);
  add_tell(task, session);
  add_holding(task, session,
              {kTaskGroup, "heartbeat", "keep the lease of a running task",
               "study task heartbeat heat_signature 3"},
              heartbeat);
  add_park(task, session);
  add_holding(
      task, session,
      {kTaskGroup, "release", "give a running task back", "study task release heat_signature 3"},
      release);
}

}  // namespace studyhall::cli
