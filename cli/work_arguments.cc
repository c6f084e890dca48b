#include "cli/work_arguments.h"

#include <fmt/format.h>

#include "cli/text.h"
#include "core/error.h"
#include "core/study_spec.h"

namespace studyhall::cli {

void check_worker_name(const std::string& worker) {
  if (is_valid_name(worker)) return;
  throw Error(ErrorCode::Invalid,
              fmt::format("\"{}\" cannot name a worker: 1 to 64 letters, digits, '.', '_' and "
                          "'-', not beginning with '.' or '-'",
                          printable(worker)));
}

void add_run_folders(CLI::App& command, std::string& runs, std::string& dir) {
  command.add_option("--runs", runs, "folder of the runs (default: runs)")->type_name("DIR");
  command.add_option("--dir", dir, "folder of the experiment's files (default: the study file's)")
      ->type_name("DIR");
}

}  // namespace studyhall::cli
