#include "tests/campaign/unsynced_file.h"

#include <algorithm>

namespace studyhall::testing {

UnsyncedFile::Sector UnsyncedFile::sector(Disk& disk, std::int64_t index) {
  if (const auto found = sectors_.find(index); found != sectors_.end()) return found->second;
  Sector content{};
  const std::int64_t begin = index * kSector;
  const std::int64_t have = std::min(kSector, std::min(on_disk_, disk.size()) - begin);
  if (have > 0) disk.read(begin, std::span(content).first(static_cast<std::size_t>(have)));
  return content;
}

std::int64_t UnsyncedFile::read(Disk& disk, std::int64_t offset, std::span<std::byte> bytes) {
  const std::int64_t have = std::clamp<std::int64_t>(size_ - offset, 0, std::ssize(bytes));
  std::ranges::fill(bytes.subspan(static_cast<std::size_t>(have)), std::byte{0});
  for (std::int64_t done = 0; done < have;) {
    const std::int64_t within = (offset + done) % kSector;
    const std::int64_t count = std::min(kSector - within, have - done);
    const Sector content = sector(disk, (offset + done) / kSector);
    std::copy_n(content.begin() + within, count, bytes.begin() + done);
    done += count;
  }
  return have;
}

void UnsyncedFile::write(Disk& disk, std::int64_t offset, std::span<const std::byte> bytes) {
  for (std::int64_t done = 0; done < std::ssize(bytes);) {
    const std::int64_t index = (offset + done) / kSector;
    const std::int64_t within = (offset + done) % kSector;
    const std::int64_t count = std::min(kSector - within, std::ssize(bytes) - done);
    Sector content = sector(disk, index);
    std::copy_n(bytes.begin() + done, count, content.begin() + within);
    sectors_[index] = content;
    done += count;
  }
  size_ = std::max(size_, offset + std::ssize(bytes));
}

void UnsyncedFile::truncate(std::int64_t size) {
  sectors_.erase(sectors_.lower_bound((size + kSector - 1) / kSector), sectors_.end());
  if (const auto last = sectors_.find(size / kSector); last != sectors_.end()) {
    std::fill(last->second.begin() + size % kSector, last->second.end(), std::byte{0});
  }
  size_ = size;
  on_disk_ = std::min(on_disk_, size);
}

bool UnsyncedFile::flush(Disk& disk) {
  bool works = disk.size() <= on_disk_ || disk.truncate(on_disk_);
  for (const auto& [index, content] : sectors_) {
    const std::int64_t begin = index * kSector;
    const std::int64_t count = std::min(kSector, size_ - begin);
    works = works && disk.write(begin, std::span(content).first(static_cast<std::size_t>(count)));
  }
  works = works && (disk.size() == size_ || disk.truncate(size_));
  sectors_.clear();
  on_disk_ = size_;
  return works;
}

void UnsyncedFile::leak(Disk& disk, std::int64_t offset) {
  const auto found = sectors_.find(offset / kSector);
  if (found == sectors_.end()) return;
  const std::int64_t begin = found->first * kSector;
  const std::int64_t count = std::min(kSector, size_ - begin);
  disk.write(begin, std::span(found->second).first(static_cast<std::size_t>(count)));
}

}  // namespace studyhall::testing
