// study questions, study respond: what agents ask people, and the answers.
#pragma once

#include <CLI/App.hpp>

#include "cli/session.h"

namespace studyhall::cli {

void add_question_commands(CLI::App& root, Session& session);

}  // namespace studyhall::cli
