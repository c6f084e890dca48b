// What becomes of a study's trials when its space is edited while it runs.
//
// A trial keeps the parameters it ran with, by name and external value, for good; its `config` is
// how they read in the space as it is now, so that everything else needs to know one space only.
// Values are matched by name and choices by what they stand for, never by position: an edit may
// add, drop and reorder both.
//   - A trial without a value of an active parameter has its `absent` value, which the edit that
//     added the parameter (or changed its conditions) set, once for the life of the study.
//   - A trial with a value of a parameter that is retired or not active any more is still what it
//     was only where that value is the parameter's `absent` one (Fit::Exact, else Fit::Near).
//   - A trial with a value out of range, off the grid or of a choice that is gone is Fit::Outside.
//   - A waiting trial is held to all of that, and to `require`: one that is not Exact is Outside.
//     Values that it leaves open stay open.
#pragma once

#include <span>

#include "core/study_spec.h"
#include "core/trial.h"

namespace studyhall {

// {"name": value}: what the trial runs, was handed out with, or is to be handed out with.
Json params_of(const SearchSpace& space, const Trial& trial);

// Sets config, ran and fit of `trial` to what `params`, its own in {"name": value} form, are in
// `spec`. Names that the study never had are passed over.
void fit_trial(const StudySpec& spec, const Json& params, Trial& trial);

// The same for a trial whose config is one of `from`.
void refit_trial(const StudySpec& from, const StudySpec& to, Trial& trial);

// Gives a waiting trial the `absent` value of each active parameter that it leaves open.
void fill_absent(const SearchSpace& space, Trial& trial);

// Whether the trial is no configuration of the space: since an edit, or as another program's.
// Values that a waiting trial leaves open count for nothing.
bool is_outside(const SearchSpace& space, const Trial& trial);

// Whether no trial reads differently under the two.
bool same_space(const StudySpec& a, const StudySpec& b);

}  // namespace studyhall
