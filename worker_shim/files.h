// Small files that must be whole or absent.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace studyhall::worker_shim {

// Owns a file descriptor; closes it.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { reset(); }

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

enum class Durable {
  No,   // survives the death of this process
  Yes,  // and a power loss
};

// Replaces the file by `bytes`: a reader, or a start after a crash, finds the old content or the
// new. Throws Error(Unavailable) naming the file and the system's words.
void write_file(const std::filesystem::path& file, std::string_view bytes, mode_t mode = 0644,
                Durable durable = Durable::No);

// nullopt if there is no such file. Throws Error(Unavailable) if it cannot be read, is not a
// regular file, or is longer than `longest` bytes.
std::optional<std::string> read_file(const std::filesystem::path& file, std::size_t longest);

// "No space left on device", from errno.
std::string system_words(int error);

}  // namespace studyhall::worker_shim
