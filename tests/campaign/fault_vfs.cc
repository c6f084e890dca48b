#include "tests/campaign/fault_vfs.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>

#include "tests/campaign/unsynced_file.h"

namespace studyhall::testing {
namespace {

sqlite3_vfs* real_vfs = nullptr;
FaultSwitches* switches = nullptr;

class SqliteDisk final : public Disk {
 public:
  explicit SqliteDisk(sqlite3_file* file) : file_(file) {}
  std::int64_t size() override {
    sqlite3_int64 size = 0;
    file_->pMethods->xFileSize(file_, &size);
    return size;
  }
  bool read(std::int64_t offset, std::span<std::byte> bytes) override {
    return file_->pMethods->xRead(file_, bytes.data(), static_cast<int>(bytes.size()), offset) ==
           SQLITE_OK;
  }
  bool write(std::int64_t offset, std::span<const std::byte> bytes) override {
    return file_->pMethods->xWrite(file_, bytes.data(), static_cast<int>(bytes.size()), offset) ==
           SQLITE_OK;
  }
  bool truncate(std::int64_t size) override {
    return file_->pMethods->xTruncate(file_, size) == SQLITE_OK;
  }

 private:
  sqlite3_file* file_;
};

// What all connections of the process to one file share.
struct Shared {
  explicit Shared(std::int64_t size) : content(size) {}
  std::mutex mutex;
  UnsyncedFile content;
};
std::mutex open_files_mutex;
std::map<std::string, std::weak_ptr<Shared>> open_files;

struct FaultFile : sqlite3_file {
  std::shared_ptr<Shared> shared;
  sqlite3_file* real = nullptr;  // behind this object, in SQLite's memory
};

FaultFile& self(sqlite3_file* file) { return *static_cast<FaultFile*>(file); }
sqlite3_file* below(sqlite3_file* file) { return self(file).real; }

// Counts one of `left` down; whether there was one.
bool take_one(std::atomic<std::int32_t>& left) {
  std::int32_t now = left;
  while (now > 0 && !left.compare_exchange_weak(now, now - 1)) {
  }
  if (now <= 0) return false;
  ++switches->refused;
  return true;
}

int close_file(sqlite3_file* file) {
  FaultFile& faults = self(file);
  {
    const std::lock_guard registry(open_files_mutex);
    SqliteDisk disk(faults.real);
    if (faults.shared.use_count() == 1) {
      switches->unsynced -= faults.shared->content.unsynced();
      faults.shared->content.flush(disk);
    }
    faults.shared.reset();
  }
  const int result = faults.real->pMethods->xClose(faults.real);
  faults.~FaultFile();
  return result;
}

int read_file(sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset) {
  SqliteDisk disk(below(file));
  const std::lock_guard lock(self(file).shared->mutex);
  const std::int64_t had = self(file).shared->content.read(
      disk, offset, {static_cast<std::byte*>(bytes), static_cast<std::size_t>(count)});
  return had == count ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  if (take_one(switches->fail_writes)) return SQLITE_IOERR_WRITE;
  SqliteDisk disk(below(file));
  const std::lock_guard lock(self(file).shared->mutex);
  UnsyncedFile& content = self(file).shared->content;
  if (switches->full != 0 && offset + count > content.size()) {
    ++switches->refused;
    return SQLITE_FULL;
  }
  const std::int64_t before = content.unsynced();
  content.write(disk, offset,
                {static_cast<const std::byte*>(bytes), static_cast<std::size_t>(count)});
  switches->unsynced += content.unsynced() - before;
  // Every other sector, counted from a place that differs from write to write.
  for (std::int64_t at = offset + offset / 4096 % 2 * UnsyncedFile::kSector; at < offset + count;
       at += 2 * UnsyncedFile::kSector) {
    content.leak(disk, at);
  }
  return SQLITE_OK;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  const std::lock_guard lock(self(file).shared->mutex);
  UnsyncedFile& content = self(file).shared->content;
  const std::int64_t before = content.unsynced();
  content.truncate(size);
  switches->unsynced += content.unsynced() - before;
  return SQLITE_OK;
}

int sync_file(sqlite3_file* file, int flags) {
  SqliteDisk disk(below(file));
  const std::lock_guard lock(self(file).shared->mutex);
  UnsyncedFile& content = self(file).shared->content;
  if (take_one(switches->fail_syncs)) return SQLITE_IOERR_FSYNC;
  switches->unsynced -= content.unsynced();
  if (!content.flush(disk)) return SQLITE_IOERR_FSYNC;
  return below(file)->pMethods->xSync(below(file), flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  const std::lock_guard lock(self(file).shared->mutex);
  *size = self(file).shared->content.size();
  return SQLITE_OK;
}

const sqlite3_io_methods kMethods = {
    .iVersion = 2,  // without memory maps of the file itself
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = [](sqlite3_file* f, int kind) { return below(f)->pMethods->xLock(below(f), kind); },
    .xUnlock = [](sqlite3_file* f,
                  int kind) { return below(f)->pMethods->xUnlock(below(f), kind); },
    .xCheckReservedLock =
        [](sqlite3_file* f, int* out) {
          return below(f)->pMethods->xCheckReservedLock(below(f), out);
        },
    .xFileControl =
        [](sqlite3_file* f, int op, void* arg) {
          // Hints that would let the file below grow or shrink on its own.
          if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE) return SQLITE_OK;
          return below(f)->pMethods->xFileControl(below(f), op, arg);
        },
    .xSectorSize = [](sqlite3_file*) { return static_cast<int>(UnsyncedFile::kSector); },
    .xDeviceCharacteristics = [](sqlite3_file*) { return 0; },  // promises nothing
    .xShmMap =
        [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
          return below(f)->pMethods->xShmMap(below(f), page, size, extend, out);
        },
    .xShmLock = [](sqlite3_file* f, int offset, int n,
                   int flags) { return below(f)->pMethods->xShmLock(below(f), offset, n, flags); },
    .xShmBarrier = [](sqlite3_file* f) { below(f)->pMethods->xShmBarrier(below(f)); },
    .xShmUnmap = [](sqlite3_file* f,
                    int remove) { return below(f)->pMethods->xShmUnmap(below(f), remove); },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* faults = new (file) FaultFile{};
  faults->real = reinterpret_cast<sqlite3_file*>(faults + 1);
  const int result = real_vfs->xOpen(real_vfs, name, faults->real, flags, out_flags);
  if (result != SQLITE_OK) {
    faults->~FaultFile();
    file->pMethods = nullptr;
    return result;
  }
  SqliteDisk disk(faults->real);
  const std::lock_guard registry(open_files_mutex);
  std::weak_ptr<Shared> of_its_own;
  std::weak_ptr<Shared>& known = name != nullptr ? open_files[name] : of_its_own;
  faults->shared = known.lock();
  if (!faults->shared) known = faults->shared = std::make_shared<Shared>(disk.size());
  faults->pMethods = &kMethods;
  return SQLITE_OK;
}

}  // namespace

FaultSwitches& map_switches(const std::filesystem::path& file) {
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  void* memory = MAP_FAILED;
  if (fd >= 0 && ftruncate(fd, sizeof(FaultSwitches)) == 0) {
    memory = mmap(nullptr, sizeof(FaultSwitches), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  }
  if (fd >= 0) close(fd);
  if (memory == MAP_FAILED) throw std::runtime_error("cannot map " + file.string());
  return *static_cast<FaultSwitches*>(memory);
}

void install_fault_vfs(FaultSwitches& faults, bool as_default) {
  switches = &faults;
  switches->unsynced = 0;
  real_vfs = sqlite3_vfs_find(nullptr);
  static sqlite3_vfs vfs = *real_vfs;
  vfs.zName = kFaultVfs;
  vfs.szOsFile = static_cast<int>(sizeof(FaultFile)) + real_vfs->szOsFile;
  vfs.xOpen = open_file;
  if (sqlite3_vfs_register(&vfs, as_default ? 1 : 0) != SQLITE_OK) {
    throw std::runtime_error("no file system made");
  }
}

}  // namespace studyhall::testing
