// Where the checkout under test and what was built from it are.
#pragma once

#include <string>

namespace studyhall {

// `relative` below the checkout.
std::string source_path(const std::string& relative);
// `relative` below the build directory.
std::string build_path(const std::string& relative);

}  // namespace studyhall
