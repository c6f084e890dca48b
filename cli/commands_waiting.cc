// study queue: what waits, why, and what people change of it.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/lines.h"
#include "cli/queue_arguments.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/priority.h"
#include "core/study_api_json.h"

namespace studyhall::cli {

namespace {

constexpr const char* kGroup = "Actions";

struct Arguments {
  std::string study;
  bool why = false;
  std::vector<std::string> items;
  std::string reason;
  std::string author;
  std::string priority;
  std::string before;
  std::string worker;
  std::string wave;
};

std::string priority_words(double priority) {
  const std::string_view name = priority_name(priority);
  return name.empty() ? format_number(priority) : std::string(name);
}

std::string about(const QueueItem& item) {
  std::string words = item.title;
  if (!item.params.is_null() && !item.params.empty()) {
    words += (words.empty() ? "" : ": ") + format_params(item.params);
  }
  return words;
}

// "gpu, for W2, wave 2, needs gpu0".
std::string terms_words(const QueueItem& item) {
  std::vector<std::string> words = item.tags;
  if (!item.terms.worker.empty()) words.push_back("for " + item.terms.worker);
  if (item.terms.wave) words.push_back(fmt::format("wave {}", *item.terms.wave));
  for (const std::string& resource : item.terms.needs) words.push_back("needs " + resource);
  if (!item.terms.topic.empty()) words.push_back("topic " + item.terms.topic);
  return words_of(words);
}

int list(const Session& session, const Arguments& arguments) {
  const Connection connection = connect(session);
  const std::vector<QueueItem> items = connection.api->queue(arguments.study);
  if (session.json) {
    Json json{{"items", Json::array()}};
    for (const QueueItem& item : items) json["items"].push_back(to_json(item));
    session.print_json(json);
    return kDone;
  }
  if (items.empty()) {
    session.out << "Nothing waits.\n";
    return kDone;
  }
  std::vector<Column> columns{
      {"what", Align::Left},      {"about", Align::Left, true},
      {"priority", Align::Right}, {"terms", Align::Left, true},
      {"by", Align::Left, true},  {arguments.why ? "waits for" : "state", Align::Left, true}};
  Table table(std::move(columns));
  for (const QueueItem& item : items) {
    std::vector<std::string> why;
    for (const Hindrance& hindrance : item.waits_for) {
      why.push_back(arguments.why ? hindrance.text : std::string(to_string(hindrance.why)));
    }
    const bool ready = why.empty();
    table.add({to_string(item.work),
               printable(about(item)),
               priority_words(item.priority),
               printable(terms_words(item)),
               printable(item.author),
               {ready ? (item.retried ? "next, again" : "next") : printable(words_of(why)),
                ready             ? Colour::Green
                : item.terms.hold ? Colour::Yellow
                                  : Colour::Grey}});
  }
  session.print_table(table);
  return kDone;
}

std::vector<WorkRef> works_of(const Arguments& arguments) {
  std::vector<WorkRef> works;
  for (const std::string& text : arguments.items) works.push_back(parse_work(text));
  return works;
}

void say(const Session& session, const char* what, const std::vector<WorkRef>& works) {
  if (session.json) {
    Json list = Json::array();
    for (const WorkRef& work : works) list.push_back(to_string(work));
    session.print_json({{what, std::move(list)}});
    return;
  }
  for (const WorkRef& work : works) session.out << fmt::format("{}: {}\n", to_string(work), what);
}

int hold(const Session& session, const Arguments& arguments, bool held) {
  const Connection connection = connect(session);
  const std::vector<WorkRef> works = works_of(arguments);
  for (const WorkRef& work : works) {
    connection.api->change_queued(
        arguments.study, work,
        {.hold = held, .author = author_of(session, arguments.author), .reason = arguments.reason});
  }
  say(session, held ? "held" : "approved", works);
  return kDone;
}

int remove(const Session& session, const Arguments& arguments) {
  const Connection connection = connect(session);
  const std::vector<WorkRef> works = works_of(arguments);
  const std::vector<QueueItem> items = connection.api->queue(arguments.study);
  const PersonalRequest request{arguments.reason, author_of(session, arguments.author)};
  for (const WorkRef& work : works) {
    if (std::ranges::find(items, work, &QueueItem::work) == items.end()) {
      throw Error(ErrorCode::Conflict,
                  fmt::format("{} of study \"{}\" does not wait: nothing was removed",
                              to_string(work), arguments.study));
    }
  }
  for (const WorkRef& work : works) {
    if (work.is_task) {
      connection.api->cancel_task(arguments.study, work.number, request);
    } else {
      connection.api->void_trial(arguments.study, work.number, request);
    }
  }
  say(session, "removed", works);
  return kDone;
}

// Gives `work` a priority just before that of `target`, and those of equal priority that stand
// before `target` a higher one, so that they stay where they are.
void move_before(const Session& session, StudyApi& api, const Arguments& arguments,
                 const WorkRef& work, const WorkRef& target) {
  std::vector<QueueItem> items = api.queue(arguments.study);
  std::erase_if(items, [&](const QueueItem& item) { return item.work == work; });
  const auto at = std::ranges::find(items, target, &QueueItem::work);
  if (at == items.end() || work == target) {
    throw Error(ErrorCode::Conflict, fmt::format("--before: {} does not wait", to_string(target)));
  }
  const auto give = [&](const WorkRef& one, double priority) {
    api.change_queued(arguments.study, one,
                      {.priority = priority,
                       .author = author_of(session, arguments.author),
                       .reason = arguments.reason});
  };
  const auto before = at - items.begin();
  const double above =
      before > 0 ? items[static_cast<std::size_t>(before - 1)].priority : at->priority + 2;
  double priority = above > at->priority ? (above + at->priority) / 2 : at->priority + 1;
  give(work, priority);
  for (auto i = before - 1; i >= 0; --i) {
    const QueueItem& item = items[static_cast<std::size_t>(i)];
    if (item.retried || item.priority > priority) break;
    give(item.work, ++priority);
  }
}

int move(const Session& session, const Arguments& arguments) {
  QueueChange change;
  change.author = author_of(session, arguments.author);
  change.reason = arguments.reason;
  if (!arguments.priority.empty()) change.priority = parse_priority(arguments.priority);
  if (!arguments.worker.empty()) change.worker = arguments.worker == "any" ? "" : arguments.worker;
  if (!arguments.wave.empty()) {
    change.wave = arguments.wave == "none"
                      ? -1
                      : static_cast<int>(std::min<std::int64_t>(
                            parse_integer(arguments.wave, "--wave", 0), kMostWaves));
  }
  const bool changes = change.priority || change.worker || change.wave;
  if (!changes && arguments.before.empty()) {
    throw Error(ErrorCode::Invalid, "queue move: give --before, --priority, --for or --wave");
  }
  if (change.priority && !arguments.before.empty()) {
    throw Error(ErrorCode::Invalid, "queue move: give --before or --priority, not both");
  }
  const Connection connection = connect(session);
  const std::vector<WorkRef> works = works_of(arguments);
  for (const WorkRef& work : works) {
    if (changes) connection.api->change_queued(arguments.study, work, change);
    if (!arguments.before.empty()) {
      move_before(session, *connection.api, arguments, work, parse_work(arguments.before));
    }
  }
  say(session, "moved", works);
  return kDone;
}

CLI::App& add_action(CLI::App& queue, Session& session, const CommandText& text,
                     const std::shared_ptr<Arguments>& arguments,
                     int (*action)(const Session&, const Arguments&)) {
  CLI::App& command = add_command(queue, session, text);
  add_study_name(command, arguments->study);
  command
      .add_option("ITEM", arguments->items, "number of a trial, or task:NUMBER; several are taken")
      ->required()
      ->type_name("");
  command.add_option("--reason", arguments->reason, "words kept with it")->type_name("TEXT");
  add_author(command, arguments->author);
  command.callback([&session, arguments, action] {
    session.action = [&session, arguments, action] { return action(session, *arguments); };
  });
  return command;
}

}  // namespace

void add_waiting_commands(CLI::App& root, Session& session) {
  CLI::App& queue = add_command(root, session,
                                {"Trials", "queue", "what waits to be handed out, and its order",
                                 "study queue list heat_signature --why\n"
                                 "study queue approve heat_signature 12 task:3\n"
                                 "study queue move heat_signature 14 --before 12"});
  queue.require_subcommand(1);
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& listing = add_command(queue, session,
                                  {kGroup, "list", "in the order of handing out",
                                   "study queue list heat_signature\n"
                                   "study queue list heat_signature --why"});
  add_study_name(listing, arguments->study);
  listing.add_flag("--why", arguments->why, "say what each one waits for");
  listing.callback([&session, arguments] {
    session.action = [&session, arguments] { return list(session, *arguments); };
  });
  add_action(queue, session,
             {kGroup, "approve", "let go what is held", "study queue approve heat_signature 12"},
             arguments, [](const Session& s, const Arguments& a) { return hold(s, a, false); });
  add_action(
      queue, session,
      {kGroup, "hold", "keep back until it is approved", "study queue hold heat_signature 12"},
      arguments, [](const Session& s, const Arguments& a) { return hold(s, a, true); });
  add_action(queue, session,
             {kGroup, "reject", "take out of the queue what is not to run",
              "study queue reject heat_signature 12 --reason \"tried before\""},
             arguments, remove)
      .alias("remove");
  CLI::App& mover = add_action(queue, session,
                               {kGroup, "move", "change the place in the queue",
                                "study queue move heat_signature 14 --before 12\n"
                                "study queue move heat_signature task:3 --priority high\n"
                                "study queue move heat_signature 14 --for W2 --wave none"},
                               arguments, move);
  mover.add_option("--before", arguments->before, "to stand just before this one")
      ->type_name("ITEM");
  mover.add_option("--priority", arguments->priority, "a number or a name of one")->type_name("P");
  mover.add_option("--for", arguments->worker, "only to this worker; any: to all")->type_name("W");
  mover.add_option("--wave", arguments->wave, "its wave; none: of no wave")->type_name("N");
}

}  // namespace studyhall::cli
