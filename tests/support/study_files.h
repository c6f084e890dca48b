// Study files that tests share, and what is wrong with a file.
#pragma once

#include <string>
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

Json parse(std::string_view text);
// `file` with one member replaced, or added.
Json with(std::string_view pointer, const Json& value, Json file = smallest_study_file());

struct BadCase {
  std::string pointer;  // what is replaced in the file
  std::string value;    // by what
  std::string path;     // where the problem is to be reported
  std::string message;  // what its message must hold
};
// Expects a problem as stated for each change of `file`.
void expect_refused(const std::vector<BadCase>& cases, const Json& file);

}  // namespace studyhall::testing
