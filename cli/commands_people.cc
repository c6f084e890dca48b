#include <fmt/format.h>

#include <memory>
#include <vector>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/commands_questions.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/experiment_files.h"
#include "cli/holding_options.h"
#include "cli/queue_arguments.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/study_api_json.h"

namespace studyhall::cli {

namespace {

struct Person {
  std::string author;
  std::string reason;
};

// --- park, void ---

void add_park(CLI::App& root, Session& session) {
  struct Arguments {
    std::string study;
    std::int64_t number = -1;
    ParkArguments park;
  };
  CLI::App& command =
      add_command(root, session,
                  {"Trials", "park", "keep a trial while its worker waits out a rate limit",
                   "study park heat_signature 12 --for-s 1800 --reason \"rate limit\"\n"
                   "study park heat_signature 12 --until 2026-03-01T12:00:00Z"});
  const auto arguments = std::make_shared<Arguments>();
  add_study_name(command, arguments->study);
  add_integer(command, "NUMBER", arguments->number, 0, "number of the trial")->required();
  add_park_options(command, arguments->park);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] {
      const ParkRequest request = park_request(arguments->park);
      const Connection connection = connect(session);
      const BeatAnswer answer = connection.api->park(arguments->study, arguments->number, request);
      if (session.json)
        session.print_json(to_json(answer));
      else if (answer.stop)
        session.out << "stop: the trial is no longer wanted\n";
      else
        session.out << fmt::format("Trial {} is parked, lease until {} UTC.\n", arguments->number,
                                   format_time(answer.expires_at));
      return kDone;
    };
  });
}

using Step = void (StudyApi::*)(const std::string&, std::int64_t, const PersonalRequest&);

// A command that does one thing to one trial; `done` is the member of the JSON, `words` follow the
// trial's number.
void add_step(CLI::App& root, Session& session, const CommandText& text, Step step,
              const char* done, const char* words) {
  struct Arguments {
    std::string study;
    std::int64_t number = -1;
    Person person;
  };
  CLI::App& command = add_command(root, session, text);
  const auto arguments = std::make_shared<Arguments>();
  add_study_name(command, arguments->study);
  add_integer(command, "NUMBER", arguments->number, 0, "number of the trial")->required();
  command.add_option("--reason", arguments->person.reason, "words kept with it")->type_name("TEXT");
  add_author(command, arguments->person.author);
  command.callback([&session, arguments, step, done, words] {
    session.action = [&session, arguments, step, done, words] {
      const Connection connection = connect(session);
      ((*connection.api).*step)(
          arguments->study, arguments->number,
          {arguments->person.reason, author_of(session, arguments->person.author)});
      if (session.json)
        session.print_json({{done, arguments->number}});
      else
        session.out << fmt::format("Trial {} {}.\n", arguments->number, words);
      return kDone;
    };
  });
}

// --- workers ---

Table workers_table(const std::vector<WorkerInfo>& workers) {
  Table table({{"worker", Align::Left, true},
               {"running", Align::Right},
               {"done", Align::Right},
               {"tasks", Align::Right},
               {"failures", Align::Right},
               {"quarantined until"},
               {"first ask"}});
  for (const WorkerInfo& worker : workers)
    table.add({worker.name.empty() ? "(no name)" : worker.name, std::to_string(worker.running),
               std::to_string(worker.done), std::to_string(worker.tasks),
               std::to_string(worker.failures),
               worker.quarantined_until ? Cell{format_time(*worker.quarantined_until), Colour::Red}
                                        : Cell{"-"},
               format_time(worker.first_ask)});
  return table;
}

int list_workers(const Session& session, const std::string& study) {
  const Connection connection = connect(session);
  const std::vector<WorkerInfo> workers = connection.api->workers(study);
  if (session.json) {
    Json list = Json::array();
    for (const WorkerInfo& worker : workers) list.push_back(to_json(worker));
    session.print_json({{"workers", std::move(list)}});
  } else if (workers.empty()) {
    session.out << "No worker has asked yet.\n";
  } else {
    session.print_table(workers_table(workers));
  }
  return kDone;
}

void add_workers(CLI::App& root, Session& session) {
  struct Arguments {
    std::string study;
    std::string release;
    std::string author;
  };
  CLI::App& command = add_command(root, session,
                                  {"Watching", "workers", "how the workers of a study stand",
                                   "study workers heat_signature\n"
                                   "study workers heat_signature --release W1"});
  const auto arguments = std::make_shared<Arguments>();
  add_study_name(command, arguments->study);
  command.add_option("--release", arguments->release, "end the quarantine of this worker")
      ->type_name("W");
  add_author(command, arguments->author);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] {
      if (arguments->release.empty()) return list_workers(session, arguments->study);
      const Connection connection = connect(session);
      connection.api->release_worker(arguments->study, arguments->release,
                                     {"", author_of(session, arguments->author)});
      if (session.json)
        session.print_json({{"released", arguments->release}});
      else
        session.out << fmt::format("Worker {} may have trials again.\n", arguments->release);
      return kDone;
    };
  });
}

// --- insight ---

struct InsightArguments {
  std::string action;
  std::string study;
  std::vector<std::string> words;
  std::int64_t trial = -1;
  bool all = false;
  std::string author;
};

int add_insight(const Session& session, const InsightArguments& arguments) {
  InsightRequest request;
  for (const std::string& word : arguments.words)
    request.text += (request.text.empty() ? "" : " ") + word;
  if (request.text.empty()) throw Error(ErrorCode::Invalid, "insight add: say it in TEXT");
  request.author = author_of(session, arguments.author);
  if (arguments.trial >= 0) request.trial = arguments.trial;
  const Connection connection = connect(session);
  const Insight insight = connection.api->add_insight(arguments.study, request);
  if (session.json)
    session.print_json(to_json(insight));
  else
    session.out << fmt::format("Insight {} is shown to agents from now on.\n", insight.id);
  return kDone;
}

int list_insights(const Session& session, const InsightArguments& arguments) {
  const Connection connection = connect(session);
  const std::vector<Insight> insights = connection.api->insights(arguments.study, arguments.all);
  if (session.json) {
    Json list = Json::array();
    for (const Insight& insight : insights) list.push_back(to_json(insight));
    session.print_json({{"insights", std::move(list)}});
    return kDone;
  }
  if (insights.empty()) session.out << "No insights.\n";
  for (const Insight& insight : insights)
    session.out << fmt::format("{:>3}  {}{} ({}{}, {})\n", insight.id,
                               insight.retired ? "[retired] " : "", printable(insight.text),
                               printable(insight.author),
                               insight.trial ? fmt::format(", trial {}", *insight.trial) : "",
                               format_time(insight.created));
  return kDone;
}

int retire_insight(const Session& session, const InsightArguments& arguments) {
  if (arguments.words.size() != 1)
    throw Error(ErrorCode::Invalid, "insight retire: give the number of one insight");
  const std::int64_t id = parse_integer(arguments.words.front(), "insight", 1);
  const Connection connection = connect(session);
  connection.api->retire_insight(arguments.study, id, {"", author_of(session, arguments.author)});
  if (session.json)
    session.print_json({{"retired", id}});
  else
    session.out << fmt::format("Insight {} is shown no more.\n", id);
  return kDone;
}

void add_insights(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {"Studies", "insight", "what the agents of later trials should know",
                   "study insight add heat_signature \"grid starts waste evaluations\" --trial 12\n"
                   "study insight list heat_signature\n"
                   "study insight retire heat_signature 3"});
  const auto arguments = std::make_shared<InsightArguments>();
  command.add_option("ACTION", arguments->action, "add, list or retire")
      ->required()
      ->check(CLI::IsMember({"add", "list", "retire"}))
      ->type_name("");
  add_study_name(command, arguments->study);
  command.add_option("TEXT", arguments->words, "what to add, or the number of the one to retire")
      ->type_name("");
  add_integer(command, "--trial", arguments->trial, 0, "the trial that it was learned from");
  command.add_flag("--all", arguments->all, "list retired ones too");
  add_author(command, arguments->author);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] {
      if (arguments->action == "add") return add_insight(session, *arguments);
      if (arguments->action == "list") return list_insights(session, *arguments);
      return retire_insight(session, *arguments);
    };
  });
}

// --- edit ---

// Puts `value` at the dotted `path` into `patch`: "limits.trials" -> {"limits": {"trials": ...}}.
void put_at(Json& patch, const std::string& path, Json value) {
  Json* at = &patch;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t dot = path.find('.', begin);
    at = &(*at)[path.substr(begin, dot - begin)];
    if (dot == std::string::npos) break;
    begin = dot + 1;
  }
  *at = std::move(value);
}

Json value_of(const std::string& text) {
  Json value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? Json(text) : value;
}

void add_edit(CLI::App& root, Session& session) {
  struct Arguments {
    std::string study;
    std::vector<std::string> changes;
    Person person;
  };
  CLI::App& command = add_command(
      root, session,
      {"Studies", "edit",
       "change ranges, choices, parameters, limits or workers while a study runs",
       "study edit heat_signature limits.trials=300 target=1.3\n"
       "study edit heat_signature params.fallback_sigma.high=0.8 --reason \"best at the edge\"\n"
       "study edit heat_signature params.size.choices='[\"s\", \"m\", \"l\", \"xl\"]'\n"
       "study edit heat_signature params.seeds='{\"type\": \"int\", \"low\": 1, \"high\": 8, "
       "\"default\": 1}'\n"
       "study edit heat_signature params.refine_top=null workers.W2.focus='[\"refine_iters\"]'\n"
       "study edit heat_signature limits.hours=null"});
  const auto arguments = std::make_shared<Arguments>();
  add_study_name(command, arguments->study);
  command
      .add_option("CHANGE", arguments->changes,
                  "member=value of the study file, dots between members; null removes it (and "
                  "retires a parameter)")
      ->required()
      ->type_name("");
  command.add_option("--reason", arguments->person.reason, "words kept with the event")
      ->type_name("TEXT");
  add_author(command, arguments->person.author);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] {
      EditRequest request;
      request.patch = Json::object();
      request.author = author_of(session, arguments->person.author);
      request.reason = arguments->person.reason;
      for (const std::string& text : arguments->changes) {
        const auto [path, value] = split_assignment(text, "change");
        put_at(request.patch, path, value_of(value));
      }
      const Connection connection = connect(session);
      if (request.patch.contains("experiment"))
        resolve_edited_files(connection.api->study(arguments->study).spec, request.patch);
      const StudyInfo info = connection.api->edit_study(arguments->study, request);
      if (session.json)
        session.print_json(to_json(info));
      else
        session.out << fmt::format("Study {} is changed and {}.\n", info.name,
                                   to_string(info.state));
      return kDone;
    };
  });
}

}  // namespace

void add_people_commands(CLI::App& root, Session& session) {
  add_park(root, session);
  add_step(root, session,
           {"Trials", "void", "declare a trial void: out of every reckoning",
            "study void heat_signature 12 --reason \"the machine was overloaded\""},
           &StudyApi::void_trial, "voided", "is void; its configuration may be suggested again");
  add_step(root, session,
           {"Trials", "requeue", "take a running trial from its worker: it waits again",
            "study requeue heat_signature 12 --reason \"the machine is gone\""},
           &StudyApi::requeue, "requeued", "waits again");
  add_workers(root, session);
  add_insights(root, session);
  add_edit(root, session);
  add_question_commands(root, session);
}

}  // namespace studyhall::cli
