// cli/completion/study.bash, built into the program.
#pragma once

namespace studyhall::cli {

extern const char* const kBashCompletion;

}  // namespace studyhall::cli
