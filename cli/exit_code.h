// The one place where an ErrorCode becomes an exit status.
#pragma once

#include "core/error.h"

namespace studyhall::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUse = 2;
inline constexpr int kNothingToHandOut = 3;  // finished or exhausted
inline constexpr int kCannotReachServer = 4;

int exit_code(ErrorCode code);

}  // namespace studyhall::cli
