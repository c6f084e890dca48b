// What another program wrote of a trial, as the event that takes it in tells it.
#pragma once

#include <string>

#include "core/json.h"
#include "core/study_spec.h"
#include "core/trial.h"

namespace studyhall::server {

// Everything that other programs keep of a trial: state, params, values, constraints, metrics,
// intermediate values and times.
Json foreign_body(const SearchSpace& space, const Trial& trial);
// Tells apart contents, so that the same is not taken in twice. 16 hexadecimal digits.
std::string foreign_digest(const SearchSpace& space, const Trial& trial);
// Puts what foreign_body() told into `trial`. Throws Error(Corrupt) for another body.
void read_foreign_body(const StudySpec& spec, const Json& body, Trial& trial);

}  // namespace studyhall::server
