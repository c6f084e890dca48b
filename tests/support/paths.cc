#include "tests/support/paths.h"

namespace studyhall {

std::string source_path(const std::string& relative) { return STUDYHALL_SOURCE_DIR "/" + relative; }

std::string build_path(const std::string& relative) { return STUDYHALL_BINARY_DIR "/" + relative; }

}  // namespace studyhall
