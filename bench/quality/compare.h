// Whether one sampler is better than another, from their results on the same problems and seeds.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "bench/quality/results.h"

namespace studyhall::bench {

// One label at one budget over one set of problems. Regrets are raised to a floor first; a *run* is
// a problem with a seed, and counts only where every label that goes as far as this budget has it.
struct Standing {
  std::string group;  // "continuous", ..., "tuning", "hold-out", "all", or a problem's name
  std::int64_t trials = 0;
  std::string label;
  std::size_t problems = 0;
  std::size_t runs = 0;
  double geometric = 0;   // geometric mean regret: over each problem's runs, then over problems
  double arithmetic = 0;  // mean over each problem's runs, then geometric mean over problems
  double rank = 0;  // mean over runs of its rank among the labels: 1 is least regret, ties share
  // Of the first label against this one; absent (0, NaN) for the first label itself.
  std::size_t wins = 0;
  std::size_t ties = 0;
  std::size_t losses = 0;
  double p_runs = 0;      // two-sided signed-rank test of the log regrets, run by run
  double p_problems = 0;  // the same of their means over each problem: seeds are no new evidence
};

struct CompareOptions {
  double floor = 1e-4;
  bool by_problem = false;  // each problem as a group of its own, instead of the groups
};

// Groups in the order of the results, then "tuning" and "hold-out" (as far as problems.h knows the
// problems) and "all"; budgets ascending; labels in the order of the results. Throws Error(Invalid)
// when the labels have no run in common, or one has a run twice.
std::vector<Standing> compare(const std::vector<Result>& results, const CompareOptions& options);

// At most 120 columns wide unless labels or names are long.
void print_standings(std::ostream& out, const std::vector<Standing>& standings, bool markdown);

// One row for each group and budget: the mean rank of every label, and what that says of the first
// one: "best"; "tied" with p of the best other label (signed-rank, by runs), where that p is 0.05
// or more; else "behind" with it.
void print_ranks(std::ostream& out, const std::vector<Standing>& standings, bool markdown);

// A gnuplot script: over all problems, one curve of the geometric mean regret per label.
std::string regret_script(const std::vector<Standing>& standings, const std::string& terminal);

}  // namespace studyhall::bench
