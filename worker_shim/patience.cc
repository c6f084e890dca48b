#include "worker_shim/patience.h"

#include <algorithm>
#include <system_error>
#include <thread>

#include "worker_shim/text.h"

namespace studyhall::worker_shim {
namespace {

constexpr double kLongestSilence = 30;  // units between two calls to a server that does not answer
constexpr int kRepeatEvery = 20;        // unanswered calls between two lines about it

double doubled(double first, int earlier, double longest) {
  for (; earlier > 0 && first < longest; --earlier) first *= 2;
  return std::min(first, longest);
}

}  // namespace

std::optional<std::filesystem::path> Patience::stop_file() const {
  for (const std::filesystem::path& file : stop_files_) {
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored)) return file;
  }
  return std::nullopt;
}

void Patience::wait(std::chrono::duration<double> time, Heed heed) const {
  using SteadyClock = std::chrono::steady_clock;
  constexpr std::chrono::duration<double> kSlice{0.02};
  const auto until = SteadyClock::now() + time;
  while (!interrupted_ && !(heed == Heed::StopFile && stop_file())) {
    const std::chrono::duration<double> left = until - SteadyClock::now();
    if (left.count() <= 0) return;
    std::this_thread::sleep_for(std::min(left, kSlice));
  }
}

void Patience::back_off(double first, int earlier, double longest, const std::string& why) const {
  const std::chrono::duration<double> time = unit_ * doubled(first, earlier, longest);
  say_(fmt::format("{}: waiting {}", why, duration_text(time.count())));
  wait(time, Heed::StopFile);
}

bool Patience::keep_trying(std::string_view verb, Heed heed, int failures,
                           const Error& error) const {
  if (error.code() != ErrorCode::Unreachable && error.code() != ErrorCode::Unavailable) throw error;
  if (interrupted_) return false;
  if (failures % kRepeatEvery == 0) {
    say_(fmt::format("{}: no answer ({}); trying on", verb, error.what()));
  }
  wait(unit_ * doubled(1, failures, kLongestSilence), heed);
  return !interrupted_ && !(heed == Heed::StopFile && stop_file());
}

}  // namespace studyhall::worker_shim
