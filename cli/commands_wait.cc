#include <fmt/format.h>

#include <memory>
#include <thread>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/condition.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/text.h"
#include "cli/wait.h"
#include "client/event_follower.h"
#include "core/error.h"
#include "core/study_api_json.h"

namespace studyhall::cli {

namespace {

constexpr std::chrono::milliseconds kLookEvery{500};
constexpr std::chrono::milliseconds kTick{20};

struct Arguments {
  std::string study;
  std::string until = "finished";
  std::string timeout;
};

enum class Ending { Holds, Over, Time, Interrupted };

// Set at the deadline, at an interrupt, and when this goes.
class Deadline {
 public:
  Deadline(const std::atomic<bool>& interrupted, std::optional<double> seconds)
      : thread_([this, &interrupted, seconds](const std::stop_token& done) {
          const auto start = std::chrono::steady_clock::now();
          while (!done.stop_requested() && !interrupted.load()) {
            const std::chrono::duration<double> gone = std::chrono::steady_clock::now() - start;
            if (seconds && gone.count() >= *seconds) break;
            std::this_thread::sleep_for(kTick);
          }
          reached_ = true;
        }) {}
  [[nodiscard]] const std::atomic<bool>& reached() const { return reached_; }

 private:
  std::atomic<bool> reached_{false};
  std::jthread thread_;
};

class Waiter {
 public:
  Waiter(const Session& session, const Arguments& arguments)
      : session_(session), arguments_(arguments), condition_(parse_condition(arguments.until)) {}

  Ending wait(const std::atomic<bool>& reached) {
    for (bool seen = false; !reached.load();) {
      try {
        const Connection connection = connect(session_);
        if (look(*connection.api)) return ending_;
        seen = true;
        if (connection.server_url.empty())
          pause_for(kLookEvery, reached);
        else
          listen(connection, reached);
        if (is_settled_) return ending_;
      } catch (const Error& error) {
        // A server that is being restarted comes back.
        const bool absent =
            error.code() == ErrorCode::Unreachable || error.code() == ErrorCode::Unavailable;
        if (!seen || !absent) throw;
        pause_for(kLookEvery, reached);
      }
    }
    return session_.env.interrupted() ? Ending::Interrupted : Ending::Time;
  }

  [[nodiscard]] const StudyInfo& info() const { return info_; }

 private:
  bool look(StudyApi& api) {
    info_ = api.study(arguments_.study);
    is_settled_ = true;
    if (holds(condition_, info_))
      ending_ = Ending::Holds;
    else if (is_over(info_))
      ending_ = Ending::Over;
    else
      is_settled_ = false;
    return is_settled_;
  }

  void listen(const Connection& connection, const std::atomic<bool>& reached) {
    client::ClientOptions options = client_options(session_);
    options.interrupted = &reached;
    client::follow_events(connection.server_url, options, arguments_.study, info_.last_event,
                          [&](const Event& event) {
                            // One look answers for all events up to it.
                            return event.sequence <= info_.last_event || !look(*connection.api);
                          });
  }

  const Session& session_;
  const Arguments& arguments_;
  Condition condition_;
  StudyInfo info_;
  Ending ending_ = Ending::Holds;
  bool is_settled_ = false;
};

int wait(const Session& session, const Arguments& arguments) {
  std::optional<double> seconds;
  if (!arguments.timeout.empty()) {
    seconds = parse_number(arguments.timeout, "--timeout");
    if (*seconds < 0) throw Error(ErrorCode::Invalid, "--timeout: expected seconds, 0 or more");
  }
  Waiter waiter(session, arguments);
  const Deadline deadline(session.env.interrupted(), seconds);
  const Ending ending = waiter.wait(deadline.reached());
  const StudyInfo& info = waiter.info();
  const char* words = ending == Ending::Holds  ? "holds"
                      : ending == Ending::Over ? "over"
                      : ending == Ending::Time ? "timeout"
                                               : "interrupted";
  if (session.json) {
    session.print_json({{"ending", words},
                        {"until", arguments.until},
                        {"best_value", info.best_value ? Json(*info.best_value) : Json()},
                        {"state", to_string(info.state)},
                        {"finished_because", info.finished_because}});
  } else if (ending == Ending::Holds) {
    session.out << fmt::format(
        "{}: {}{}\n", arguments.study, arguments.until,
        info.best_value ? fmt::format(" (best {})", format_number(*info.best_value)) : "");
  } else {
    session.err << fmt::format("study: {}: {} does not hold: {}\n", arguments.study,
                               printable(arguments.until),
                               ending == Ending::Over ? printable(info.finished_because) : words);
  }
  if (ending == Ending::Holds) return kDone;
  return ending == Ending::Over ? kNothingToHandOut : kFailed;
}

}  // namespace

void add_wait_command(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {"Watching", "wait", "wait until a study is finished, or something holds of it",
                   "study wait heat_signature\n"
                   "study wait heat_signature --until 'best>1.2' --timeout 3600\n"
                   "study wait heat_signature --until 'tasks=0' && make report"});
  const auto arguments = std::make_shared<Arguments>();
  add_study_name(command, arguments->study);
  command
      .add_option("--until", arguments->until,
                  "finished (default), or best, trials, complete, pruned, failed, running, waiting "
                  "or tasks with >, >=, <, <= or = and a number")
      ->type_name("CONDITION");
  command
      .add_option("--timeout", arguments->timeout,
                  "seconds; then exit status 1. 3: the study is over and it does not hold")
      ->type_name("S");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return wait(session, *arguments); };
  });
}

}  // namespace studyhall::cli
