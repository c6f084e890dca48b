// The login that an agent uses, and what the workers on one login tell each other about it.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "worker_shim/process.h"

namespace studyhall::worker_shim {

struct Login {
  std::string words;  // "API key (ANTHROPIC_API_KEY)", without the secret
  std::string id;     // the same for all agents that use it; a hash
  bool present = false;
};

// Of an agent with this environment, whose CLAUDE_CONFIG_DIR is set.
Login login_of(const Environment& environment);

// A small file beside the studies' run folders, one for each login. What cannot be read or written
// counts as nothing said: a pause is then each worker's own.
class AccountNotice {
 public:
  using Time = std::chrono::system_clock::time_point;

  AccountNotice(const std::filesystem::path& runs, const Login& login);

  // Its rate limit is reached: no worker should start an agent before then. Never shortens a pause.
  void pause_until(Time until) const;
  [[nodiscard]] std::optional<Time> paused_until() const;
  // The API refused it (key, login, credit).
  void refuse(Time when, const std::string& words) const;
  // The words, if it was refused after `since`.
  [[nodiscard]] std::optional<std::string> refused_after(Time since) const;

 private:
  std::filesystem::path file_;
};

}  // namespace studyhall::worker_shim
