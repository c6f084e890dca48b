#include "cli/wait.h"

#include <algorithm>
#include <thread>

namespace studyhall::cli {

bool pause_for(std::chrono::milliseconds duration, const std::atomic<bool>& interrupted) {
  constexpr std::chrono::milliseconds kLook{50};
  const auto end = std::chrono::steady_clock::now() + duration;
  while (!interrupted.load()) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= left.zero()) return true;
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, kLook));
  }
  return false;
}

}  // namespace studyhall::cli
