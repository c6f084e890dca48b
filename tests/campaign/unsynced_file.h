// What a process has written to a file and not synced, in sectors over what the disk has.
//
// Thread safety: one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>

namespace studyhall::testing {

// The file below: what a power failure leaves.
class Disk {
 public:
  virtual ~Disk() = default;
  [[nodiscard]] virtual std::int64_t size() = 0;
  // REQUIRES: within size(). All return whether that worked.
  virtual bool read(std::int64_t offset, std::span<std::byte> bytes) = 0;
  virtual bool write(std::int64_t offset, std::span<const std::byte> bytes) = 0;
  virtual bool truncate(std::int64_t size) = 0;
};

class UnsyncedFile {
 public:
  static constexpr std::int64_t kSector = 512;
  using Sector = std::array<std::byte, kSector>;

  explicit UnsyncedFile(std::int64_t size) : size_(size), on_disk_(size) {}

  [[nodiscard]] std::int64_t size() const { return size_; }
  [[nodiscard]] std::int64_t unsynced() const { return std::ssize(sectors_) * kSector; }

  // As far as the file goes; the rest becomes zeros. Returns how many bytes the file had.
  std::int64_t read(Disk& disk, std::int64_t offset, std::span<std::byte> bytes);
  void write(Disk& disk, std::int64_t offset, std::span<const std::byte> bytes);
  void truncate(std::int64_t size);
  // Writes everything to the disk.
  bool flush(Disk& disk);
  // Writes the sector that holds `offset` as it is now; nothing where it is synced.
  void leak(Disk& disk, std::int64_t offset);

 private:
  Sector sector(Disk& disk, std::int64_t index);

  std::int64_t size_;
  std::int64_t on_disk_;  // of the disk's bytes, those before it are the file's
  std::map<std::int64_t, Sector> sectors_;
};

}  // namespace studyhall::testing
