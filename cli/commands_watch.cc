#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "cli/wait.h"
#include "client/event_follower.h"
#include "core/error.h"
#include "core/study_api_json.h"

namespace studyhall::cli {

namespace {

constexpr const char* kGroup = "Watching";
constexpr int kPage = 1000;
constexpr std::chrono::milliseconds kLookEvery{1000};

// --- status ---

std::string screen(const Session& session, const Status& status) {
  return status_screen(status, session.clock.now(), static_cast<std::size_t>(session.env.columns()),
                       session.env.colour());
}

bool is_over(const Status& status) {
  return status.info.state != StudyState::Running && status.running.empty();
}

// Shows each state of the study: on a terminal in place of the one before, else a line for each
// change.
class Watcher {
 public:
  explicit Watcher(const Session& session) : session_(session) {}

  void show(const Status& status) {
    if (session_.json)
      print_if_new(dump_json(status_json(status, session_.clock.now())), status.info.last_event);
    else if (session_.env.out_is_terminal)
      redraw(screen(session_, status));
    else
      print_if_new(status_line(status), status.info.last_event);
  }

  void show_absence(const std::string& message) {
    if (session_.env.out_is_terminal && !session_.json)
      redraw(ellipsize(printable(message), static_cast<std::size_t>(session_.env.columns())) +
             "\nTrying again.\n");
  }

 private:
  void redraw(const std::string& text) {
    if (lines_ > 0) session_.out << fmt::format("\x1b[{}A\r\x1b[J", lines_);
    lines_ = std::count(text.begin(), text.end(), '\n');
    session_.out << text << std::flush;
  }

  void print_if_new(const std::string& line, std::int64_t event) {
    if (event == last_event_) return;
    last_event_ = event;
    session_.out << line << std::endl;
  }

  const Session& session_;
  std::ptrdiff_t lines_ = 0;
  std::int64_t last_event_ = -1;
};

int watch(const Session& session, StudyApi& api, const std::string& name, const std::string& runs) {
  const std::atomic<bool>& interrupted = session.env.interrupted();
  Watcher watcher(session);
  for (bool seen = false; session.out && !interrupted.load(); seen = true) {
    try {
      const Status status = read_status(api, name, runs);
      watcher.show(status);
      if (is_over(status)) return kDone;
    } catch (const Error& error) {
      // A server that is being restarted comes back.
      const bool absent =
          error.code() == ErrorCode::Unreachable || error.code() == ErrorCode::Unavailable;
      if (!seen || !absent) throw;
      watcher.show_absence(error.what());
    }
    pause_for(kLookEvery, interrupted);
  }
  return kDone;
}

int status(const Session& session, const std::string& name, const std::string& runs,
           bool watching) {
  const Connection connection = connect(session);
  if (watching) return watch(session, *connection.api, name, runs);
  const Status now = read_status(*connection.api, name, runs);
  if (session.json)
    session.print_json(status_json(now, session.clock.now()));
  else
    session.out << screen(session, now);
  return kDone;
}

void add_status(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {kGroup, "status", "best, workers with their trials, and budget of a study",
                   "study status heat_signature\n"
                   "study status heat_signature --watch"});
  const auto name = std::make_shared<std::string>();
  const auto watching = std::make_shared<bool>(false);
  const auto runs = std::make_shared<std::string>("runs");
  add_study_name(command, *name);
  command.add_flag("-w,--watch", *watching, "until the study is over; Ctrl-C ends it");
  command.add_option("--runs", *runs, "folder of the runs, for the workers of this machine")
      ->type_name("DIR");
  command.callback([&session, name, watching, runs] {
    session.action = [&session, name, watching, runs] {
      return status(session, *name, *runs, *watching);
    };
  });
}

// --- events ---

struct EventsArguments {
  std::string study;
  bool follow = false;
  std::int64_t after = 0;
  std::int64_t limit = 0;
};

std::string event_words(const Event& event) {
  if (event.kind == EventKind::Created) return "";
  std::string text;
  for (const auto& [key, value] : event.body.items()) {
    if (value.is_string() && value.get_ref<const std::string&>().empty()) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", printable(key), format_scalar(value));
  }
  return text;
}

void print_event(const Session& session, const Event& event) {
  const std::string line =
      fmt::format("{:>6}  {}  {:<10} {:<10} {}", event.sequence, format_time(event.time),
                  to_string(event.kind), printable(event.author), event_words(event));
  const std::string kept = session.env.out_is_terminal
                               ? ellipsize(line, static_cast<std::size_t>(session.env.columns()))
                               : line;
  session.out << kept.substr(0, kept.find_last_not_of(' ') + 1) << '\n';
}

// Calls `use` for each event after `after`, `limit` at most (0: all), until there is none now;
// returns the last one's sequence.
template <typename Use>
std::int64_t for_each_event(StudyApi& api, const std::string& study, std::int64_t after,
                            std::int64_t limit, const Use& use) {
  while (true) {
    const int wanted = limit == 0 ? kPage : static_cast<int>(std::min<std::int64_t>(limit, kPage));
    const std::vector<Event> page = api.events(study, after, wanted);
    for (const Event& event : page) use(event);
    if (!page.empty()) after = page.back().sequence;
    if (limit > 0 && (limit -= static_cast<std::int64_t>(page.size())) == 0) return after;
    if (static_cast<int>(page.size()) < wanted) return after;
  }
}

void show_event(const Session& session, const Event& event) {
  if (session.json)
    session.print_json(to_json(event));
  else
    print_event(session, event);
}

// A file says nothing when it changes.
void follow_file(const Session& session, StudyApi& api, const EventsArguments& arguments,
                 std::int64_t& after) {
  const std::atomic<bool>& interrupted = session.env.interrupted();
  while (session.out && !interrupted.load()) {
    after = for_each_event(api, arguments.study, after, 0,
                           [&](const Event& event) { show_event(session, event); });
    session.out.flush();
    pause_for(kLookEvery, interrupted);
  }
}

// Until interrupted; a server that is being restarted comes back, and where one that held a file
// ends, the file itself is followed.
int follow_events(const Session& session, const EventsArguments& arguments) {
  const std::atomic<bool>& interrupted = session.env.interrupted();
  std::int64_t after = arguments.after;
  bool seen = false;
  while (session.out && !interrupted.load()) {
    const Connection connection = connect(session);
    if (connection.server_url.empty()) {
      follow_file(session, *connection.api, arguments, after);
      break;
    }
    client::ClientOptions options = client_options(session);
    options.interrupted = &interrupted;
    try {
      client::follow_events(connection.server_url, options, arguments.study, after,
                            [&](const Event& event) {
                              seen = true;
                              after = event.sequence;
                              show_event(session, event);
                              session.out.flush();
                              return session.out.good();
                            });
    } catch (const Error& error) {
      if (!seen || error.code() != ErrorCode::Unreachable) throw;
    }
    pause_for(kLookEvery, interrupted);
  }
  return kDone;
}

int events(const Session& session, const EventsArguments& arguments) {
  if (arguments.follow) return follow_events(session, arguments);
  const Connection connection = connect(session);
  if (!session.json) {
    for_each_event(*connection.api, arguments.study, arguments.after, arguments.limit,
                   [&](const Event& event) { print_event(session, event); });
    return kDone;
  }
  Json array = Json::array();
  for_each_event(*connection.api, arguments.study, arguments.after, arguments.limit,
                 [&](const Event& event) { array.push_back(to_json(event)); });
  session.print_json({{"events", std::move(array)}});
  return kDone;
}

void add_events(CLI::App& root, Session& session) {
  CLI::App& command = add_command(root, session,
                                  {kGroup, "events", "what happened to a study, in order",
                                   "study events heat_signature\n"
                                   "study events heat_signature --after 120 -f --json"});
  const auto arguments = std::make_shared<EventsArguments>();
  add_study_name(command, arguments->study);
  command.add_flag("-f,--follow", arguments->follow, "go on with what happens; Ctrl-C ends it");
  add_integer(command, "--after", arguments->after, 0, "sequence numbers above this");
  add_integer(command, "--limit", arguments->limit, 1, "at most so many (default: all)");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return events(session, *arguments); };
  });
}

}  // namespace

void add_watch_commands(CLI::App& root, Session& session) {
  add_status(root, session);
  add_events(root, session);
}

}  // namespace studyhall::cli
