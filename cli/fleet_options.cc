#include "cli/fleet_options.h"

#include "cli/commands.h"

namespace studyhall::cli {

void add_fleet_options(CLI::App& command, FleetOptions& options) {
  add_study_name(command, options.study);
  command
      .add_option("--workers", options.workers,
                  "how many, or their names (default: those of the study file)")
      ->type_name("N|W,W");
  command
      .add_option("--roles", options.roles,
                  "workers besides, in roles of the study file, and how many: docs=1,executor=2")
      ->type_name("R=N,R=N");
  command
      .add_option("--orchestrator", options.orchestrator,
                  "one more that does research so often (15m): doc/research.md")
      ->type_name("TIME");
  add_integer(command, "--cores", options.cores, 1,
              "processors for each worker alone (default: the study file's)");
  add_integer(command, "--reserve", options.reserve, 0,
              "processors left to the system with --cores (default: one in eight)");
  command
      .add_option("--dir", options.dir,
                  "folder of the experiment's files (default: the study file's)")
      ->type_name("DIR");
}

}  // namespace studyhall::cli
