#include "storage/network_mount.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace studyhall::storage {
namespace {

TEST(NetworkMount, NamesFilesystemsOfOtherMachines) {
  struct Row {
    Mount mount;
    std::string name;
  };
  // Magic numbers of linux/magic.h and statfs(2); a 32-bit f_type may come sign-extended.
  const std::vector<Row> table{
      {{.magic = 0x6969, .type = ""}, "NFS"},
      {{.magic = 0xFE534D42, .type = ""}, "SMB2"},
      {{.magic = static_cast<int>(0xFF534D42), .type = ""}, "CIFS"},
      {{.magic = 0x65735546, .type = "fuse.sshfs"}, "fuse.sshfs"},
      {{.magic = 0x0BD00BD0, .type = ""}, "Lustre"},
  };

  for (const Row& row : table) {
    EXPECT_EQ(network_filesystem(row.mount), row.name);
  }
}

TEST(NetworkMount, LetsLocalFilesystemsPass) {
  // ext4, tmpfs, overlayfs, btrfs, 9p (sandboxes, WSL), and FUSE that is no network.
  const std::vector<Mount> local{{.magic = 0xEF53, .type = ""},
                                 {.magic = 0x01021994, .type = ""},
                                 {.magic = 0x794C7630, .type = ""},
                                 {.magic = 0x9123683E, .type = ""},
                                 {.magic = 0x01021997, .type = ""},
                                 {.magic = 0x65735546, .type = "fuse.fuse-overlayfs"},
                                 {.magic = 0x65735546, .type = "fuseblk"},
                                 {.magic = 0x65735546, .type = ""}};

  for (const Mount& mount : local) {
    EXPECT_EQ(network_filesystem(mount), std::nullopt) << mount.magic << " " << mount.type;
  }
}

TEST(NetworkMount, FindsTheMountOfAFileThatDoesNotExistYet) {
  // proc(5): the magic number of /proc is PROC_SUPER_MAGIC.
  EXPECT_EQ(mount_of("/proc/studies.db").magic, 0x9FA0);
}

TEST(NetworkMount, FollowsALinkToTheRealFolder) {
  const studyhall::testing::TempDir folder;
  const auto link = folder.path() / "link";
  std::filesystem::create_directory_symlink("/proc", link);

  EXPECT_EQ(mount_of(link / "studies.db").magic, 0x9FA0);
}

}  // namespace
}  // namespace studyhall::storage
