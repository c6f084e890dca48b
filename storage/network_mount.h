// Whether a file lies on another machine's disk, where a write-ahead log cannot work: its readers
// share memory, so that all of them must run on one machine (https://sqlite.org/wal.html).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace studyhall::storage {

struct Mount {
  long magic = 0;      // f_type of statfs(2)
  std::string type{};  // of /proc/self/mountinfo, "fuse.sshfs"; only looked up for FUSE
};

// The mount that the folder of `file` lies on. Throws Error(Unavailable) for a folder that does not
// exist.
Mount mount_of(const std::filesystem::path& file);

// The name of the network filesystem that `mount` is; nullopt for a local one.
//
// FUSE is judged by its type: sshfs, rclone and their like are network mounts, ntfs-3g or
// fuse-overlayfs (the root of rootless containers) are not. 9p counts as local: sandboxes and WSL
// show the machine's own disks as 9p. Where it cannot share memory, SQLite itself refuses the
// write-ahead log, and opening reports that.
std::optional<std::string> network_filesystem(const Mount& mount);

// Throws Error(Unsupported) with advice if `mount`, on which `file` lies, is a network filesystem.
void refuse_network_mount(const std::filesystem::path& file, const Mount& mount);

}  // namespace studyhall::storage
