#include "storage/network_mount.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "core/error.h"

namespace studyhall::storage {
namespace {

constexpr std::uint32_t kFuseMagic = 0x65735546;

// linux/magic.h and statfs(2).
constexpr std::array<std::pair<std::uint32_t, std::string_view>, 13> kNetworkMagics{{
    {0x6969, "NFS"},
    {0x517B, "SMB"},
    {0xFE534D42, "SMB2"},
    {0xFF534D42, "CIFS"},
    {0x5346414F, "AFS"},
    {0x6B414653, "AFS"},
    {0x73757245, "Coda"},
    {0x564C, "NCP"},
    {0x00C36400, "Ceph"},
    {0x0BD00BD0, "Lustre"},
    {0x01161970, "GFS2"},
    {0x7461636F, "OCFS2"},
    {0x19830326, "BeeGFS"},
}};

constexpr std::array<std::string_view, 14> kNetworkFuseTypes{
    "fuse.sshfs",    "fuse.rclone",    "fuse.s3fs",      "fuse.goofys",  "fuse.gcsfuse",
    "fuse.davfs",    "fuse.curlftpfs", "fuse.glusterfs", "fuse.ceph",    "fuse.ceph-fuse",
    "fuse.blobfuse", "fuse.juicefs",   "fuse.mfs",       "fuse.smbnetfs"};

std::filesystem::path folder_of(const std::filesystem::path& file) {
  std::error_code ignored;
  const std::filesystem::path real = std::filesystem::weakly_canonical(file, ignored);
  return (real.empty() ? std::filesystem::absolute(file) : real).parent_path();
}

// The type of the mount whose device is `device`; empty where it is not listed.
std::string mount_type(dev_t device) {
  const std::string wanted = fmt::format("{}:{}", major(device), minor(device));
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string id;
    std::string parent;
    std::string numbers;
    fields >> id >> parent >> numbers;
    const std::size_t separator = line.find(" - ");
    if (numbers == wanted && separator != std::string::npos) {
      const std::string rest = line.substr(separator + 3);
      return rest.substr(0, rest.find(' '));
    }
  }
  return {};
}

}  // namespace

Mount mount_of(const std::filesystem::path& file) {
  const std::filesystem::path folder = folder_of(file);
  struct statfs filesystem {};
  struct stat status {};
  if (::statfs(folder.c_str(), &filesystem) != 0 || ::stat(folder.c_str(), &status) != 0) {
    throw Error(ErrorCode::Unavailable,
                fmt::format("{}: the folder {} cannot be used: {}", file.string(), folder.string(),
                            std::strerror(errno)));
  }
  Mount mount{.magic = static_cast<long>(filesystem.f_type), .type = {}};
  if (static_cast<std::uint32_t>(mount.magic) == kFuseMagic) {
    mount.type = mount_type(status.st_dev);
  }
  return mount;
}

std::optional<std::string> network_filesystem(const Mount& mount) {
  const auto magic = static_cast<std::uint32_t>(mount.magic);
  if (magic == kFuseMagic) {
    const bool network =
        std::ranges::find(kNetworkFuseTypes, mount.type) != kNetworkFuseTypes.end();
    return network ? std::optional(mount.type) : std::nullopt;
  }
  const auto* found =
      std::ranges::find(kNetworkMagics, magic, &std::pair<std::uint32_t, std::string_view>::first);
  if (found == kNetworkMagics.end()) {
    return std::nullopt;
  }
  return std::string(found->second);
}

void refuse_network_mount(const std::filesystem::path& file, const Mount& mount) {
  const std::optional<std::string> network = network_filesystem(mount);
  if (!network) {
    return;
  }
  throw Error(
      ErrorCode::Unsupported,
      fmt::format("{}: the file is on a network mount ({}), where a database that several programs "
                  "write cannot be kept safely. Keep it on a local disk: run `study serve` on the "
                  "machine that has the disk and set STUDY_SERVER to its address here",
                  file.string(), *network));
}

}  // namespace studyhall::storage
