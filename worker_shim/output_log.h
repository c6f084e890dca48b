// What a program printed, kept in a file of bounded size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "worker_shim/files.h"

namespace studyhall::worker_shim {

struct LogLimits {
  std::size_t head = std::size_t{64} << 20;  // bytes kept from the beginning
  std::size_t tail = std::size_t{1} << 20;   // bytes kept from the end of a longer output
};

// The file grows as output comes; from `head` bytes on only the tail is kept, in memory, and
// written by close() after a line that says how many bytes are left out.
class OutputLog {
 public:
  // Appends to the file. Throws Error(Unavailable) if it cannot be opened.
  explicit OutputLog(const std::filesystem::path& file, LogLimits limits = {});
  ~OutputLog() { close(); }
  OutputLog(const OutputLog&) = delete;
  OutputLog& operator=(const OutputLog&) = delete;

  // Never throws: what cannot be written is gone, and write_error() says why.
  void write(std::string_view bytes);
  void close();

  // errno of the first write that failed; 0: none.
  [[nodiscard]] int write_error() const { return write_error_; }
  // Up to `lines` last lines in at most `bytes` bytes, valid UTF-8 without control characters.
  [[nodiscard]] std::string last_lines(std::size_t lines, std::size_t bytes) const;

 private:
  void write_to_file(std::string_view bytes);

  LogLimits limits_;
  Descriptor out_;
  std::uint64_t head_written_ = 0;
  std::uint64_t dropped_ = 0;
  std::string tail_;    // since the head was full; trimmed to limits_.tail now and then
  std::string recent_;  // the last few kilobytes, whatever the file holds
  int write_error_ = 0;
};

}  // namespace studyhall::worker_shim
