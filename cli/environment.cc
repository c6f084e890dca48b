#include "cli/environment.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>

namespace studyhall::cli {

namespace {

constexpr int kDefaultColumns = 80;
constexpr int kFewestColumns = 20;

std::atomic<bool> signalled{false};
static_assert(std::atomic<bool>::is_always_lock_free);

std::atomic<bool> hung_up_now{false};

bool catch_hang_up() {
  static const bool kCaught = [] {
    struct sigaction action {};
    action.sa_handler = [](int) { hung_up_now.store(true); };
    action.sa_flags = SA_RESTART;
    sigaction(SIGHUP, &action, nullptr);
    return true;
  }();
  return kCaught && hung_up_now.exchange(false);
}

const std::atomic<bool>& catch_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { signalled.store(true); };
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A handler, not SIG_IGN: programs that are started from here get the default again.
  action.sa_handler = [](int) {};
  sigaction(SIGPIPE, &action, nullptr);
  return signalled;
}

}  // namespace

std::string Environment::variable(const std::string& name) const {
  const auto found = variables.find(name);
  return found == variables.end() ? std::string() : found->second;
}

int Environment::columns() const {
  const std::string text = variable("COLUMNS");
  int given = 0;
  std::from_chars(text.data(), text.data() + text.size(), given);
  if (given <= 0) given = terminal_columns;
  return given > 0 ? std::max(given, kFewestColumns) : kDefaultColumns;
}

bool Environment::colour() const {
  return out_is_terminal && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
}

const std::atomic<bool>& Environment::interrupted() const {
  static const std::atomic<bool> kNever{false};
  return catch_interrupts ? catch_interrupts() : kNever;
}

Environment process_environment() {
  Environment env;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos)
      env.variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  env.in_is_terminal = isatty(STDIN_FILENO) == 1;
  env.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  winsize size{};
  if (env.out_is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
    env.terminal_columns = size.ws_col;
  env.catch_interrupts = catch_signals;
  env.hung_up = catch_hang_up;
  return env;
}

}  // namespace studyhall::cli
