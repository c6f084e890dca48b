// The parts of an "experiment", each read by its own function. Used by experiment_spec.cc alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/experiment_spec.h"
#include "core/json_field.h"

namespace studyhall {

inline bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

// A program and its arguments, whose placeholders are parameters of `space` or names that every
// trial has.
std::vector<std::string> read_argv(const JsonField& field, const SearchSpace& space);

// Minutes from 0 (none) to a year.
std::optional<double> read_minutes(const JsonField& field);

ClaudeSpec read_claude(const JsonField& field);
ContextSpec read_context(const JsonField& field);
// As given: what a stage leaves out is for the caller to fill in.
std::vector<StageSpec> read_stages(const JsonField& field, AgentKind agent,
                                   const SearchSpace& space);

}  // namespace studyhall
