// Study files that tests share, and what is wrong with a file.
#pragma once

#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/json.h"

namespace studyhall::testing {

// One float parameter "x" in [0, 1], to be minimised.
Json smallest_study_file();
// Every field that this build has: the nine parameters of heat_signature, conditions, constraints,
// three workers, and an experiment that is a command.
Json full_study_file();
// The same with a headless Claude Code as the experiment.
Json claude_study_file();

// What parse_study_spec reports; empty for a good file.
std::vector<Problem> study_file_problems(const Json& file);
// Whether some problem stands at `path` and its message holds `text`.
bool has_problem(const std::vector<Problem>& problems, std::string_view path,
                 std::string_view text);
// For messages of failed tests: one problem per line.
std::string list_problems(const std::vector<Problem>& problems);

}  // namespace studyhall::testing
