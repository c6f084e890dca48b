// Which workers a fleet has and what of the machine is theirs: options that `study launch` and
// `study compose` share.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>

namespace studyhall::cli {

struct FleetOptions {
  std::string study;
  std::string workers;        // empty: those of the study file
  std::string roles;          // workers besides: "docs=1,executor=2"
  std::string orchestrator;   // how often it does research; empty: there is none
  std::string dir;            // empty: the study file's
  std::int64_t cores = 0;     // of each worker; 0: the study file's
  std::int64_t reserve = -1;  // cores left to the system; -1: one in eight
};

// STUDY and the options for the rest. `options` must outlive the command.
void add_fleet_options(CLI::App& command, FleetOptions& options);

}  // namespace studyhall::cli
