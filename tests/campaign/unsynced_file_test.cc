#include "tests/campaign/unsynced_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/rng.h"

namespace studyhall::testing {
namespace {

class MemoryDisk final : public Disk {
 public:
  std::vector<std::byte> bytes;

  std::int64_t size() override { return std::ssize(bytes); }
  bool read(std::int64_t offset, std::span<std::byte> out) override {
    std::copy_n(bytes.begin() + offset, out.size(), out.begin());
    return true;
  }
  bool write(std::int64_t offset, std::span<const std::byte> in) override {
    bytes.resize(std::max(bytes.size(), static_cast<std::size_t>(offset) + in.size()));
    std::copy(in.begin(), in.end(), bytes.begin() + offset);
    return true;
  }
  bool truncate(std::int64_t size) override {
    bytes.resize(static_cast<std::size_t>(size));
    return true;
  }
};

std::vector<std::byte> drawn(Rng& rng, std::size_t count) {
  std::vector<std::byte> bytes(count);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(rng.index(256));
  return bytes;
}

// Against a plain vector of bytes.
TEST(UnsyncedFile, ReadsWhatWasWrittenAndTheDiskHasItAfterTheFlush) {
  Rng rng = Rng::for_trial(3, 0);
  MemoryDisk disk;
  disk.bytes = drawn(rng, 700);
  std::vector<std::byte> expected = disk.bytes;
  UnsyncedFile file(disk.size());
  for (int step = 0; step < 2000; ++step) {
    const std::size_t offset = rng.index(5000);
    switch (rng.index(5)) {
      case 0: {
        const std::size_t size = rng.index(5000);
        file.truncate(static_cast<std::int64_t>(std::min(size, expected.size())));
        expected.resize(std::min(size, expected.size()));
        break;
      }
      case 1:
        file.leak(disk, static_cast<std::int64_t>(offset));
        break;
      case 2:
        if (rng.index(10) == 0) {
          ASSERT_TRUE(file.flush(disk));
          ASSERT_EQ(disk.bytes, expected);
        }
        break;
      default: {
        const std::vector<std::byte> bytes = drawn(rng, 1 + rng.index(1500));
        file.write(disk, static_cast<std::int64_t>(offset), bytes);
        expected.resize(std::max(expected.size(), offset + bytes.size()));
        std::copy(bytes.begin(), bytes.end(),
                  expected.begin() + static_cast<std::ptrdiff_t>(offset));
      }
    }
    std::vector<std::byte> found(expected.size());
    ASSERT_EQ(file.size(), std::ssize(expected));
    ASSERT_EQ(file.read(disk, 0, found), std::ssize(expected));
    ASSERT_EQ(found, expected) << "step " << step;
  }
}

TEST(UnsyncedFile, LeavesTheDiskAloneUntilTheFlush) {
  MemoryDisk disk;
  UnsyncedFile file(0);
  file.write(disk, 100, std::vector<std::byte>(2000, std::byte{7}));
  EXPECT_EQ(disk.size(), 0);
  EXPECT_EQ(file.unsynced(), 5 * UnsyncedFile::kSector);
  file.leak(disk, 600);
  EXPECT_EQ(disk.size(), 1024);
  EXPECT_EQ(disk.bytes[100], std::byte{0});
  EXPECT_EQ(disk.bytes[600], std::byte{7});
}

}  // namespace
}  // namespace studyhall::testing
