// Studies and trials as people read them.
#pragma once

#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/table.h"
#include "core/study_api.h"

namespace studyhall::cli {

// The colour of a trial in that state.
Colour state_colour(TrialState state);

// "sampler tpe".
std::string sampler_words(const Json& spec);
// The study's first worker by name, else "W1".
std::string example_worker(const Json& spec);
// "maximize", "minimize, maximize".
std::string direction_words(const Json& spec);

// A study a row.
Table study_table(const std::vector<StudyInfo>& studies);
// A trial a row: each parameter in a column of its own where that fits `width`, else all in one.
Table trial_table(const std::vector<TrialView>& trials, const Json& spec, std::size_t width);
// A configuration a row, best first; with several objectives the Pareto front.
Table best_table(const std::vector<BestRow>& rows, const Json& spec, std::size_t width);

void show_study(const Session& session, const StudyInfo& info);
void show_trial(const Session& session, const std::string& study, const TrialView& trial);

}  // namespace studyhall::cli
