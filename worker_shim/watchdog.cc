#include "worker_shim/watchdog.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "worker_shim/text.h"

namespace studyhall::worker_shim {
namespace {

constexpr double kMegabyte = 1e6;
constexpr double kGigabyte = 1e9;
constexpr std::chrono::seconds kSoonest{1};  // between two measurements of the folder

std::string time_words(std::chrono::milliseconds time) {
  return duration_text(std::chrono::duration<double>(time).count());
}

}  // namespace

void Watchdog::saw(std::size_t bytes, SteadyClock::time_point now) {
  output_bytes_ += bytes;
  last_seen_ = now;
  if (limits_.output_bytes > 0 && output_bytes_ > limits_.output_bytes) {
    end(Bite::Output, fmt::format("it printed more than {} MB",
                                  static_cast<double>(limits_.output_bytes) / kMegabyte));
  }
}

void Watchdog::used(std::int64_t turns, std::int64_t tokens) {
  if (limits_.turns > 0 && turns > limits_.turns) {
    end(Bite::Turns, fmt::format("it took more than {} turns", limits_.turns));
  }
  if (limits_.tokens > 0 && tokens > limits_.tokens) {
    end(Bite::Tokens, fmt::format("it used {} tokens, more than {}", tokens, limits_.tokens));
  }
}

bool Watchdog::bites(SteadyClock::time_point now) {
  if (!bite_) check_stall(now);
  if (!bite_) check_disk(now);
  return bite_.has_value();
}

void Watchdog::end(Bite bite, std::string words) {
  if (bite_) return;
  bite_ = bite;
  words_ = std::move(words);
}

void Watchdog::check_stall(SteadyClock::time_point now) {
  if (limits_.stall.count() == 0) return;
  const auto silent = now - last_seen_;
  if (tool_.empty() || limits_.tool.count() == 0) {
    if (silent < limits_.stall) return;
    end(Bite::Stall, fmt::format("stalled: nothing was heard for {}", time_words(limits_.stall)));
  } else if (silent >= std::max(limits_.stall, limits_.tool)) {
    end(Bite::Stall, fmt::format("stalled: the tool {} took more than {}", tool_,
                                 time_words(std::max(limits_.stall, limits_.tool))));
  }
}

void Watchdog::check_disk(SteadyClock::time_point now) {
  if (limits_.disk_bytes == 0 || (next_measure_ && now < *next_measure_)) return;
  const auto began = SteadyClock::now();
  const std::uint64_t bytes = folder_bytes(limits_.folder);
  const auto took = SteadyClock::now() - began;
  next_measure_ = now + std::max<SteadyClock::duration>(kSoonest, took * 10);
  if (bytes <= limits_.disk_bytes) return;
  end(Bite::Disk, fmt::format("its workspace holds {:.3g} GB, more than {} GB",
                              static_cast<double>(bytes) / kGigabyte,
                              static_cast<double>(limits_.disk_bytes) / kGigabyte));
}

std::uint64_t folder_bytes(const std::filesystem::path& folder) {
  std::uint64_t sum = 0;
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(
      folder, std::filesystem::directory_options::skip_permission_denied, error);
  for (const std::filesystem::recursive_directory_iterator end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    const auto status = entry->symlink_status(ignored);
    if (!std::filesystem::is_regular_file(status)) continue;
    const std::uintmax_t size = entry->file_size(ignored);
    if (!ignored) sum += size;
  }
  return sum;
}

}  // namespace studyhall::worker_shim
