// Options and words about the queue that several commands share.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/session.h"
#include "core/queue.h"

namespace studyhall::cli {

// What --hold, --wave, --for, --needs and --on-complete were given.
class QueueOptions {
 public:
  // Adds the options to `command`, which must not outlive this.
  void add_to(CLI::App& command);
  [[nodiscard]] QueueTerms terms() const;

 private:
  bool hold_ = false;
  std::int64_t wave_ = -1;
  std::string worker_;
  std::vector<std::string> needs_;
  std::vector<std::string> on_complete_;
};

// "12" and "trial:12" are trials, "task:3" a task. Throws Error(Invalid) naming the text.
WorkRef parse_work(const std::string& text);

// --author, by default $USER.
void add_author(CLI::App& command, std::string& author);
std::string author_of(const Session& session, const std::string& given);

}  // namespace studyhall::cli
