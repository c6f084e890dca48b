// {name} inside an argument.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace studyhall::worker_shim {

// `text` with each {name} that `values` knows replaced, in one pass: what a value brings is not
// looked at again. Every other brace stays as it is.
std::string fill_placeholders(std::string_view text,
                              const std::map<std::string, std::string>& values);

}  // namespace studyhall::worker_shim
