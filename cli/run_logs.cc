#include "cli/run_logs.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <tuple>

#include "core/error.h"
#include "worker_shim/job.h"

namespace studyhall::cli {

namespace {

constexpr std::uintmax_t kBlock = 65'536;

std::string read_range(std::ifstream& in, std::uintmax_t begin, std::uintmax_t end) {
  std::string text(end - begin, '\0');
  in.seekg(static_cast<std::streamoff>(begin));
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  in.clear();
  return text;
}

// Where the last `lines` lines of `text` begin; nullopt when it has no more than that. What follows
// the last line end is a line too.
std::optional<std::size_t> start_of_last(std::string_view text, std::int64_t lines) {
  if (lines == 0 || text.size() < 2) return std::nullopt;
  std::size_t at = text.size() - 1;
  while (at > 0) {
    at = text.rfind('\n', at - 1);
    if (at == std::string_view::npos) return std::nullopt;
    if (--lines == 0) return at + 1;
  }
  return std::nullopt;
}

std::ifstream open_log(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    throw Error(ErrorCode::Unavailable, fmt::format("cannot read the log {}", file.string()));
  return in;
}

std::uintmax_t size_of(std::ifstream& in) {
  in.seekg(0, std::ios::end);
  return static_cast<std::uintmax_t>(std::max<std::streamoff>(0, in.tellg()));
}

}  // namespace

std::optional<RunLog> newest_log(const std::filesystem::path& runs, const std::string& study,
                                 const std::string& worker) {
  std::optional<RunLog> newest;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(runs / study, none)) {
    worker_shim::RunName name;
    if (!worker_shim::read_run_name(entry.path().filename().string(), name)) continue;
    if (name.worker != worker) continue;
    const std::filesystem::path log = entry.path() / "run.log";
    const auto written = std::filesystem::last_write_time(log, none);
    if (none) continue;
    if (!newest || std::tie(written, name.number) > std::tie(newest->written, newest->number))
      newest = RunLog{name.number, name.is_task, log, written};
  }
  return newest;
}

LogTail read_tail(const std::filesystem::path& file, std::int64_t lines) {
  std::ifstream in = open_log(file);
  const std::uintmax_t end = size_of(in);
  for (std::uintmax_t block = lines == 0 ? end : kBlock;; block *= 4) {
    const std::uintmax_t begin = end > block ? end - block : 0;
    const std::string text = read_range(in, begin, end);
    const std::optional<std::size_t> start = start_of_last(text, lines);
    if (start) return {text.substr(*start), end};
    if (begin == 0) return {text, end};
  }
}

LogTail read_from(const std::filesystem::path& file, std::uintmax_t offset) {
  std::ifstream in = open_log(file);
  const std::uintmax_t end = size_of(in);
  if (end <= offset) return {"", std::min(end, offset)};
  return {read_range(in, offset, end), end};
}

}  // namespace studyhall::cli
