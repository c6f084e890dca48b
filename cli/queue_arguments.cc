#include "cli/queue_arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "core/error.h"

namespace studyhall::cli {

void QueueOptions::add_to(CLI::App& command) {
  command.add_flag("--hold", hold_, "hand it out only once it is approved (study queue approve)");
  add_integer(command, "--wave", wave_, 0, "not before everything of a lower wave has ended");
  command.add_option("--for", worker_, "only to this worker")->type_name("W");
  command
      .add_option("--needs", needs_,
                  "an exclusive resource: not while another that needs it runs; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command
      .add_option("--on-complete", on_complete_,
                  "title of a task to add once it has ended well; may be repeated")
      ->type_name("TITLE")
      ->allow_extra_args(false);
}

QueueTerms QueueOptions::terms() const {
  QueueTerms terms;
  terms.hold = hold_;
  if (wave_ >= 0) terms.wave = static_cast<int>(std::min<std::int64_t>(wave_, kMostWaves));
  terms.worker = worker_;
  terms.needs = needs_;
  for (const std::string& title : on_complete_) terms.on_complete.push_back({.title = title});
  return terms;
}

WorkRef parse_work(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string kind = colon == std::string::npos ? "trial" : text.substr(0, colon);
  if (kind != "trial" && kind != "task") {
    throw Error(ErrorCode::Invalid,
                fmt::format("\"{}\": expected the number of a trial, or task:NUMBER", text));
  }
  const std::string number = colon == std::string::npos ? text : text.substr(colon + 1);
  return {kind == "task", parse_integer(number, kind, 0)};
}

void add_author(CLI::App& command, std::string& author) {
  command.add_option("--author", author, "who says so (default: $USER)")->type_name("NAME");
}

std::string author_of(const Session& session, const std::string& given) {
  return given.empty() ? session.env.variable("USER") : given;
}

}  // namespace studyhall::cli
