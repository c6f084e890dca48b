// What runs of a suite leave behind: one row for each problem, seed and budget.
#pragma once

#include <cstdint>
#include <istream>
#include <ostream>
#include <string>
#include <vector>

namespace studyhall::bench {

struct Result {
  std::string problem;
  std::string group;
  std::int64_t seed = 0;
  std::string label;        // of the sampler
  std::int64_t trials = 0;  // results that were in
  double regret = 0;        // normalised, of the incumbent's true value
  double ask_seconds = 0;   // processor time of the asks up to then
};

// CSV: problem,group,seed,label,trials,regret,ask_seconds; regret with six significant digits.
void write_results(std::ostream& out, const std::vector<Result>& results);

// Reads what write_results or the opponent wrote; `name` is for messages. Throws Error(Malformed)
// for a missing column or a cell that is not a number.
std::vector<Result> read_results(std::istream& in, const std::string& name);

}  // namespace studyhall::bench
