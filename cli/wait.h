// Waiting that an interrupt ends.
#pragma once

#include <atomic>
#include <chrono>

namespace studyhall::cli {

// Returns after `duration`, or within 50 ms once `interrupted` is set; whether it was not.
bool pause_for(std::chrono::milliseconds duration, const std::atomic<bool>& interrupted);

}  // namespace studyhall::cli
