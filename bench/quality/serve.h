// The suite for opponents in any language: requests and answers are JSON, one a line.
//
//   {"verb": "problems", "regex", "group", "holdout"}      each of the three may be left out
//     -> {"problems": [{"name", "group", "holdout", "params", "require", "constraints", "workers",
//         "noise_sd", "optimum", "no_feasible_regret"}]}
//   {"verb": "evaluate", "problem", "seed", "number", "params"}
//     -> {"value", "violations", "feasible", "regret", "duration"}, the value with the noise that
//        every sampler meets in this trial of this run, the regret of the true value;
//     -> {"refused": true} for a configuration that breaks "require"
//   {"verb": "study_seed", "problem", "seed"} -> {"seed"}  for the sampler
//   anything wrong -> {"error": {"code", "message"}}
#pragma once

#include <istream>
#include <ostream>
#include <string>

namespace studyhall::bench {

// The answer to one line.
std::string serve_line(const std::string& line);

// Until `in` ends; flushes after each answer.
void serve(std::istream& in, std::ostream& out);

}  // namespace studyhall::bench
