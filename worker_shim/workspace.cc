#include "worker_shim/workspace.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "core/error.h"
#include "worker_shim/files.h"

namespace studyhall::worker_shim {

Workspace make_workspace(const std::filesystem::path& study_folder, const std::string& name,
                         const Json& config) {
  Workspace workspace{study_folder / name, {}};
  for (int run = 2; mkdir(workspace.dir.c_str(), 0777) != 0; ++run) {
    if (errno != EEXIST) {
      throw Error(ErrorCode::Unavailable, fmt::format("{}: cannot make the folder: {}",
                                                      workspace.dir.string(), system_words(errno)));
    }
    workspace.dir = study_folder / fmt::format("{}.{}", name, run);
  }
  write_file(workspace.config(), config.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  return workspace;
}

}  // namespace studyhall::worker_shim
