// A condition on how a study stands, as `study wait --until` takes it.
#pragma once

#include <optional>
#include <string>

#include "core/study_api.h"

namespace studyhall::cli {

enum class Figure { Finished, Best, Trials, Complete, Pruned, Failed, Running, Waiting, Tasks };
enum class Comparison { Above, AtLeast, Below, AtMost, Equal };

struct Condition {
  Figure figure = Figure::Finished;  // Finished: nothing is handed out any more, nothing runs
  Comparison comparison = Comparison::Equal;
  double bound = 0;
};

// "finished", or NAME OP NUMBER: best>1.2, trials>=40, running=0, tasks=0 (open ones). Throws
// Error(Invalid).
Condition parse_condition(const std::string& text);

bool holds(const Condition& condition, const StudyInfo& info);
// Nothing is handed out any more and nothing runs: what does not hold now never will by itself.
bool is_over(const StudyInfo& info);

}  // namespace studyhall::cli
