// Tags: which workers a waiting trial is for.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/json_field.h"

namespace studyhall {

// A list of at most 100 names (core/study_spec.h, is_valid_name), sorted, each once; reports what
// is none.
std::vector<std::string> read_tags(const JsonField& field);

// Whether a worker that accepts `accepted` takes a trial with `tags`: it accepts them all. Both
// sorted.
bool accepts_all(std::span<const std::string> accepted, std::span<const std::string> tags);

}  // namespace studyhall
