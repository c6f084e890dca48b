#include "cli/tmux.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <sstream>

#include "cli/spawn.h"
#include "core/error.h"
#include "worker_shim/files.h"

namespace studyhall::cli {

namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

Tmux::Tmux(std::string name) : name_(std::move(name)) {
  const auto program = program_on_path("tmux");
  if (!program) throw Error(ErrorCode::Invalid, "--tmux: there is no tmux on PATH");
  program_ = *program;
}

std::vector<std::string> Tmux::command(const std::vector<std::string>& words) const {
  // No configuration: it could keep windows or sessions from being what is written here.
  std::vector<std::string> all{"tmux", "-L", name_, "-f", "/dev/null"};
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

std::vector<std::string> Tmux::windows() const {
  const ProgramAnswer answer =
      run_to_end(program_, command({"list-windows", "-t", name_, "-F", "#{window_name}"}));
  std::vector<std::string> names;
  std::istringstream lines(answer.status == 0 ? answer.out : "");
  for (std::string line; std::getline(lines, line);) names.push_back(line);
  return names;
}

pid_t Tmux::run(const std::string& window, const std::vector<std::string>& argv,
                const std::filesystem::path& directory) const {
  const std::vector<std::string> known = windows();
  const std::string target = fmt::format("{}:{}", name_, window);
  std::vector<std::string> words;
  if (known.empty()) {
    // The options go first, so that a command that ends at once leaves its window.
    words = {"new-session", "-d", "-s",          name_, "-x",
             "200",         "-y", "50",          "-n",  window,
             "-P",          "-F", "#{pane_pid}", "-c",  directory.string(),
             "--"};
  } else if (std::ranges::find(known, window) == known.end()) {
    words = {"new-window", "-d",          "-t", name_ + ":",        "-n", window, "-P",
             "-F",         "#{pane_pid}", "-c", directory.string(), "--"};
  } else {
    words = {"respawn-window", "-k", "-t", target, "-c", directory.string(), "--"};
  }
  words.insert(words.end(), argv.begin(), argv.end());
  if (known.empty()) {
    words.insert(words.begin(), {"set-option", "-g", "remain-on-exit", "on", ";"});
    words.insert(words.begin(), {"start-server", ";"});
  }
  ProgramAnswer answer = run_to_end(program_, command(words));
  if (answer.status == 0 && words.front() == "respawn-window")
    answer = run_to_end(program_, command({"display-message", "-p", "-t", target, "#{pane_pid}"}));
  pid_t pid = 0;
  std::from_chars(answer.out.data(), answer.out.data() + answer.out.size(), pid);
  if (answer.status != 0 || pid <= 0)
    throw Error(ErrorCode::Unavailable,
                fmt::format("tmux cannot run {}: {}", window, first_line(answer.err)));
  return pid;
}

void Tmux::end() const { run_to_end(program_, command({"kill-server"})); }

void Tmux::attach(const std::string& window) const {
  const ProgramAnswer selected =
      run_to_end(program_, command({"select-window", "-t", fmt::format("{}:{}", name_, window)}));
  if (selected.status != 0)
    throw Error(ErrorCode::Unavailable,
                fmt::format("tmux shows no window {}: {}", window, first_line(selected.err)));
  std::vector<std::string> words = command({"attach-session", "-t", name_});
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  // Ours is another server than the one that this terminal may be in.
  unsetenv("TMUX");
  execv(program_.c_str(), argv.data());
  throw Error(ErrorCode::Unavailable,
              fmt::format("cannot start tmux: {}", worker_shim::system_words(errno)));
}

}  // namespace studyhall::cli
