// Which processors of this machine a worker's runs are pinned to, so that no two workers get the
// same.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "worker_shim/files.h"

namespace studyhall::worker_shim {

// TMPDIR/studyhall-UID: what the workers of one user on one machine know of each other. Workers of
// other users, or in other containers, are not seen.
std::filesystem::path machine_folder();

// Holds the processors until it goes, or its process dies.
class CpuClaim {
 public:
  CpuClaim() = default;
  // `who` says for people which worker this is. Throws Error(Conflict) naming both workers and the
  // processors that a living one holds already, Error(Invalid) for processors that this process
  // may not use itself, Error(Unavailable) if `folder` cannot be written.
  CpuClaim(const std::filesystem::path& folder, const std::string& who,
           const std::vector<int>& cpus);
  ~CpuClaim();
  CpuClaim(CpuClaim&& other) noexcept = default;
  CpuClaim& operator=(CpuClaim&& other) noexcept;

 private:
  void release();

  std::filesystem::path file_;
  Descriptor lock_;
};

}  // namespace studyhall::worker_shim
