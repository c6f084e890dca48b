// A study file edited while its study runs: what may change, and what the change brings with it.
#pragma once

#include <memory>

#include "core/study_spec.h"

namespace studyhall {

// `spec` with `patch` (RFC 7396: members with their new values, null to remove one) applied. It
// takes every member of the study file; name, direction and seed only with the value that they
// have.
//   - A parameter keeps its type. One that is added, or whose conditions (its own or those of a
//     parameter it depends on) change, needs a "default": it becomes its "absent" value, which
//     never changes again. null retires a parameter, at its "absent" value, else its default.
//   - A limit of failures that followed that of the trials goes on doing so.
//
// Throws Error(Invalid) with every problem of the patch and of the file as it would be, each with
// path, value found and what was expected.
std::shared_ptr<const StudySpec> edit_study_spec(const StudySpec& spec, const Json& patch);

}  // namespace studyhall
