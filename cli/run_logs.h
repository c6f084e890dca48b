// The logs that workers leave in runs/STUDY/WORKER-NUMBER/run.log.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace studyhall::cli {

struct RunLog {
  std::int64_t number = -1;  // of the trial or task
  bool is_task = false;
  std::filesystem::path file;
  std::filesystem::file_time_type written;
};

// The log that `worker` wrote last for `study` below the folder `runs`; nullopt for none.
std::optional<RunLog> newest_log(const std::filesystem::path& runs, const std::string& study,
                                 const std::string& worker);

// The last `lines` lines of `file` (0: all), and where they end.
struct LogTail {
  std::string text;
  std::uintmax_t end = 0;  // offset in bytes
};
LogTail read_tail(const std::filesystem::path& file, std::int64_t lines);

// What follows `offset` in `file`.
LogTail read_from(const std::filesystem::path& file, std::uintmax_t offset);

}  // namespace studyhall::cli
