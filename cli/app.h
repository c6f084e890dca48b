// The program `study`, but for the process around it.
#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <vector>

#include "cli/environment.h"

namespace studyhall::cli {

// Runs one command line (without the program's name) and returns its exit status, as in
// cli/exit_code.h. With --json `out` gets JSON alone, for an error {"error": {...}}; `err` has the
// message for people either way. Never throws.
int run(const std::vector<std::string>& args, std::istream& in, std::ostream& out,
        std::ostream& err, const Environment& env);

}  // namespace studyhall::cli
