// A tmux server of our own, for one fleet: its windows are the workers.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace studyhall::cli {

class Tmux {
 public:
  // `name` is that of the server's socket (tmux -L) and of its one session. Nothing is started yet.
  // Throws Error(Invalid) if tmux is not on PATH.
  explicit Tmux(std::string name);

  // Runs `argv` in the window `window` of the session, which are made if they are not there. The
  // first call starts the server, whose windows all have this process's environment. Returns the
  // pid. Throws Error(Unavailable) with tmux's words.
  [[nodiscard]] pid_t run(const std::string& window, const std::vector<std::string>& argv,
                          const std::filesystem::path& directory) const;
  // Ends the server with all that runs in it. Does nothing if there is none.
  void end() const;
  // The windows of the session; none if there is no server.
  [[nodiscard]] std::vector<std::string> windows() const;

  // Puts this process's terminal into the session at that window (exec). Throws as run().
  [[noreturn]] void attach(const std::string& window) const;

 private:
  [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& words) const;

  std::string name_;
  std::filesystem::path program_;
};

}  // namespace studyhall::cli
