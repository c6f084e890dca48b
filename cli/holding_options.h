// How commands wait for something to do, and park what they hold: of trials and of tasks.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "core/study_api.h"

namespace studyhall::cli {

// --wait S.
void add_wait(CLI::App& command, std::string& target);
// Seconds; 0 for an empty text. Throws Error(Invalid).
double wait_seconds(const std::string& text);
// Asks until there is something, the study is over or `wait_s` has passed.
AskAnswer ask_waiting(StudyApi& api, const std::string& study, AskRequest request, double wait_s);

struct ParkArguments {
  std::string lease;
  std::string until;
  std::string for_s;
  std::string reason;
};
// --lease, --until, --for-s, --reason.
void add_park_options(CLI::App& command, ParkArguments& target);
// Throws Error(Invalid) unless one of --until and --for-s was given.
ParkRequest park_request(const ParkArguments& arguments);

}  // namespace studyhall::cli
