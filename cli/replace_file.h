// Writing a file so that whoever reads it sees the old content or the whole new one.
#pragma once

#include <filesystem>
#include <string_view>

namespace studyhall::cli {

// Errors of the disk are thrown as Error(Unavailable), naming the file. A device or a pipe
// (/dev/stdout) is written directly.
class ReplaceFile {
 public:
  explicit ReplaceFile(std::filesystem::path file);
  // Without commit() the file stays as it was.
  ~ReplaceFile();
  ReplaceFile(const ReplaceFile&) = delete;
  ReplaceFile& operator=(const ReplaceFile&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::size_t size() const;
  void write(std::string_view text);
  // The new content takes the file's place.
  void commit();

 private:
  [[noreturn]] void fail(const char* verb) const;

  std::filesystem::path file_;
  std::filesystem::path draft_;  // empty when `file_` is written directly
  int fd_ = -1;
};

}  // namespace studyhall::cli
