#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/holding_options.h"
#include "cli/shared_options.h"
#include "cli/show_tasks.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/study_api_json.h"
#include "core/study_spec.h"

namespace studyhall::cli {

namespace {

constexpr const char* kGroup = "Trials";

// What the commands of one trial share.
struct TrialArguments {
  std::string study;
  std::int64_t number = -1;
  std::string lease;
};

void add_trial_arguments(CLI::App& command, TrialArguments& target) {
  add_study_name(command, target.study);
  add_integer(command, "NUMBER", target.number, 0, "number of the trial")->required();
  add_lease(command, target.lease);
}

// --- ask ---

struct AskArguments {
  std::string study;
  std::string worker;
  std::int64_t count = 1;
  std::string lease_s;
  std::string request_id;
  std::vector<std::string> accepts;
  std::string wait_s;
  bool tasks = false;
};

void print_asked(const Session& session, const std::string& study,
                 const std::vector<AskedTrial>& trials) {
  for (const AskedTrial& trial : trials) {
    session.out << fmt::format(
        "{} {} ({}{}), lease until {} UTC\n", session.paint("trial", Colour::Bold),
        session.paint(std::to_string(trial.number), Colour::Bold), to_string(trial.purpose),
        trial.attempt > 1 ? fmt::format(", attempt {}", trial.attempt) : "",
        format_time(trial.lease.expires_at));
    if (!trial.title.empty()) session.out << fmt::format("  {}\n", printable(trial.title));
    for (const auto& [name, value] : trial.params.items())
      session.out << fmt::format("  {} = {}\n", printable(name), format_scalar(value));
  }
  if (!trials.empty())
    session.out << fmt::format("Then: study tell {} {} VALUE\n", study, trials.front().number);
}

int ask(const Session& session, const AskArguments& arguments) {
  if (!arguments.worker.empty() && !is_valid_name(arguments.worker))
    throw Error(ErrorCode::Invalid,
                fmt::format("\"{}\" cannot name a worker: 1 to 64 letters, digits, '.', '_' and "
                            "'-', not beginning with '.' or '-'",
                            arguments.worker));
  AskRequest request;
  request.worker = arguments.worker;
  request.count = static_cast<int>(std::min<std::int64_t>(arguments.count, 1'000'000));
  if (!arguments.lease_s.empty()) request.lease_s = parse_number(arguments.lease_s, "--lease-s");
  request.request_id = arguments.request_id;
  if (!arguments.accepts.empty()) request.accepts = arguments.accepts;
  if (arguments.tasks) request.want = Want::Any;
  const double wait_s = wait_seconds(arguments.wait_s);
  const Connection connection = connect(session);
  const AskAnswer answer = ask_waiting(*connection.api, arguments.study, request, wait_s);

  const bool over = answer.status == AskStatus::Finished || answer.status == AskStatus::Exhausted;
  if (over) {
    const bool finished = answer.status == AskStatus::Finished;
    const std::string reason = !answer.reason.empty()
                                   ? answer.reason
                                   : std::string(finished ? "the study is finished"
                                                          : "every configuration was handed out");
    if (session.json) session.print_json(error_json(finished ? "finished" : "exhausted", reason));
    session.err << fmt::format("study: nothing to hand out: {}\n", printable(reason));
    return kNothingToHandOut;
  }
  if (session.json)
    session.print_json(to_json(answer));
  else if (answer.status == AskStatus::Wait)
    session.out << fmt::format(
        "No trial now: {}. Ask again in {:.0f} s.\n",
        answer.reason.empty() ? "the rest of the budget is running" : printable(answer.reason),
        answer.retry_after_s);
  else {
    print_asked(session, arguments.study, answer.trials);
    print_asked_tasks(session, arguments.study, answer.tasks);
  }
  return kDone;
}

void add_ask(CLI::App& root, Session& session) {
  CLI::App& command = add_command(root, session,
                                  {kGroup, "ask", "get the next trials to run",
                                   "study ask heat_signature --worker W1\n"
                                   "study ask heat_signature --count 4 --json\n"
                                   "study ask heat_signature --worker W1 --wait 600"});
  const auto arguments = std::make_shared<AskArguments>();
  add_study_name(command, arguments->study);
  command.add_option("--worker", arguments->worker, "who will run them (default: nobody named)")
      ->type_name("W");
  add_integer(command, "--count", arguments->count, 1, "how many (default: 1)");
  command.add_option("--lease-s", arguments->lease_s, "length of the lease in seconds")
      ->type_name("S");
  add_request_id(command, arguments->request_id);
  command
      .add_option("--accepts", arguments->accepts,
                  "a tag of enqueued trials and tasks to take; may be repeated (default: the study "
                  "file's)")
      ->type_name("T")
      ->allow_extra_args(false);
  add_wait(command, arguments->wait_s);
  command.add_flag("--tasks", arguments->tasks, "take tasks as well (study task)");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return ask(session, *arguments); };
  });
}

// --- tell ---

struct TellArguments {
  TrialArguments trial;
  std::vector<std::string> values;
  std::vector<std::string> metrics;
  std::string state;
  std::string reason;
  std::string cause;
  UsageArguments usage;
  std::string note;
  std::string request_id;
};

TellRequest tell_request(const TellArguments& arguments) {
  TellRequest request;
  request.lease = arguments.trial.lease;
  request.note = arguments.note;
  request.request_id = arguments.request_id;
  if (!arguments.reason.empty()) {
    request.reason = fail_reason_from_string(arguments.reason);
    if (!request.reason || !is_told(*request.reason))
      throw Error(ErrorCode::Invalid,
                  fmt::format("--reason: \"{}\" is not one of config, infra, declined, cancelled",
                              arguments.reason));
    request.state = TrialState::Fail;
  }
  request.usage = usage_of(arguments.usage);
  request.cause = cause_of(arguments.cause, request.reason);
  if (!arguments.state.empty()) {
    const std::optional<TrialState> state = trial_state_from_string(arguments.state);
    if (!state || !is_finished(*state))
      throw Error(
          ErrorCode::Invalid,
          fmt::format("--state: \"{}\" is not one of complete, pruned, failed", arguments.state));
    if (request.reason && *state != TrialState::Fail)
      throw Error(ErrorCode::Invalid, "--reason goes with --state failed only");
    request.state = *state;
  }
  for (const std::string& text : arguments.values)
    request.values.push_back(parse_number(text, "VALUE"));
  if (request.state == TrialState::Complete && request.values.empty())
    throw Error(ErrorCode::Invalid,
                "VALUE: a complete trial needs its value; use --state failed or --state pruned for "
                "one without");
  for (const std::string& text : arguments.metrics) {
    const auto [name, value] = split_assignment(text, "--metric");
    request.metrics[name] = parse_number(value, "--metric " + name);
  }
  return request;
}

int tell(const Session& session, const TellArguments& arguments) {
  const TellRequest request = tell_request(arguments);
  const Connection connection = connect(session);
  const TellAnswer answer =
      connection.api->tell(arguments.trial.study, arguments.trial.number, request);
  if (session.json) {
    session.print_json(to_json(answer));
    return kDone;
  }
  std::string text = fmt::format("Trial {} is {}", answer.number, to_string(answer.state));
  if (answer.requeued) text = fmt::format("Trial {} waits to be handed out again", answer.number);
  if (answer.already) text += " (it had been told before)";
  if (answer.number != arguments.trial.number)
    text += fmt::format(" (kept as a replicate: trial {} had passed to another)",
                        arguments.trial.number);
  session.out << text << ".\n";
  if (answer.new_best) session.out << session.paint("It leads the study.", Colour::Green) << '\n';
  return kDone;
}

void add_tell(CLI::App& root, Session& session) {
  CLI::App& command = add_command(root, session,
                                  {kGroup, "tell", "give the result of a trial",
                                   "study tell heat_signature 12 1.0832 --metric runtime_min=57.1\n"
                                   "study tell heat_signature 13 -0.25\n"
                                   "study tell heat_signature 14 --state failed --reason infra"});
  const auto arguments = std::make_shared<TellArguments>();
  add_trial_arguments(command, arguments->trial);
  command.add_option("VALUE", arguments->values, "value of each objective")->type_name("");
  command.add_option("--metric", arguments->metrics, "a further figure; may be repeated")
      ->type_name("K=V")
      ->allow_extra_args(false);
  command.add_option("--state", arguments->state, "complete (default), pruned or failed")
      ->type_name("S");
  command
      .add_option("--reason", arguments->reason,
                  "why it failed: config (default), infra, declined or cancelled")
      ->type_name("R");
  add_cause(command, arguments->cause);
  add_usage(command, arguments->usage);
  command.add_option("--note", arguments->note, "words kept with the trial")->type_name("TEXT");
  add_request_id(command, arguments->request_id);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return tell(session, *arguments); };
  });
}

// --- report, heartbeat, release ---

void print_beat(const Session& session, const BeatAnswer& answer) {
  if (session.json)
    session.print_json(to_json(answer));
  else if (answer.stop)
    session.out << "stop: the trial is no longer wanted\n";
  else if (answer.prune)
    session.out << "prune: the trial is not worth finishing\n";
  else
    session.out << fmt::format("go on, lease until {} UTC\n", format_time(answer.expires_at));
}

void add_report(CLI::App& root, Session& session) {
  struct Arguments {
    TrialArguments trial;
    std::string step;
    std::string value;
  };
  CLI::App& command = add_command(root, session,
                                  {kGroup, "report", "give an intermediate value of a trial",
                                   "study report heat_signature 12 100 0.93"});
  const auto arguments = std::make_shared<Arguments>();
  add_trial_arguments(command, arguments->trial);
  command.add_option("STEP", arguments->step, "step of the value")->required()->type_name("");
  command.add_option("VALUE", arguments->value, "value at the step")->required()->type_name("");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] {
      const ReportRequest request{.step = parse_integer(arguments->step, "STEP", 0),
                                  .value = parse_number(arguments->value, "VALUE"),
                                  .lease = arguments->trial.lease};
      const Connection connection = connect(session);
      print_beat(session,
                 connection.api->report(arguments->trial.study, arguments->trial.number, request));
      return kDone;
    };
  });
}

void add_heartbeat(CLI::App& root, Session& session) {
  CLI::App& command = add_command(root, session,
                                  {kGroup, "heartbeat", "say that a trial is still running",
                                   "study heartbeat heat_signature 12"});
  const auto arguments = std::make_shared<TrialArguments>();
  add_trial_arguments(command, *arguments);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] {
      const Connection connection = connect(session);
      print_beat(session, connection.api->heartbeat(arguments->study, arguments->number,
                                                    {arguments->lease}));
      return kDone;
    };
  });
}

// A trial that was not running under this lease is left as it is.
std::string after_release(const TrialView& trial) {
  if (trial.state == TrialState::Waiting) {
    return fmt::format("Trial {} waits again.\n", trial.number);
  }
  return fmt::format("Nothing changed: trial {} is {}.\n", trial.number, to_string(trial.state));
}

void add_release(CLI::App& root, Session& session) {
  CLI::App& command = add_command(
      root, session,
      {kGroup, "release", "give a running trial back", "study release heat_signature 12"});
  const auto arguments = std::make_shared<TrialArguments>();
  add_trial_arguments(command, *arguments);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] {
      const Connection connection = connect(session);
      connection.api->release(arguments->study, arguments->number, arguments->lease);
      if (session.json)
        session.print_json({{"released", arguments->number}});
      else
        session.out << after_release(connection.api->trial(arguments->study, arguments->number));
      return kDone;
    };
  });
}

}  // namespace

void add_trial_commands(CLI::App& root, Session& session) {
  add_ask(root, session);
  add_tell(root, session);
  add_report(root, session);
  add_heartbeat(root, session);
  add_release(root, session);
}

}  // namespace studyhall::cli
