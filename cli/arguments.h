// Words of the command line as values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"

namespace studyhall::cli {

// All throw Error(Invalid) naming `what`, the text found and what was expected.

// A finite number, blanks around it allowed.
double parse_number(const std::string& text, const std::string& what);
// A decimal integer, at least `least`.
std::int64_t parse_integer(const std::string& text, const std::string& what, std::int64_t least);
// "90s", "15m", "2h": more than nothing, at most a year.
std::chrono::milliseconds parse_span(const std::string& text, const std::string& what);
// A number, or the name of one (core/priority.h); `text` is what --priority was given.
double parse_priority(const std::string& text);
// "name=rest" at the first '='; the name is not empty.
std::pair<std::string, std::string> split_assignment(const std::string& text,
                                                     const std::string& what);

// What "name=text" means for a parameter of `spec` (a resolved study file): the choice of that
// spelling for a categorical, else a number; what fits nothing stays a string, for the study to
// refuse.
Json parse_parameter(const Json& spec, const std::string& name, const std::string& text);

// Puts a blank before each word after `command` that begins like a negative number, or like -inf
// and -nan, so that it is no option. Words after "--" stay as they are.
std::vector<std::string> protect_negative_numbers(std::vector<std::string> args,
                                                  const std::string& command);

}  // namespace studyhall::cli
