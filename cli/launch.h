// Starting the workers of a study in the background on this machine.
#pragma once

#include <cstdint>
#include <string>

#include "cli/connect.h"
#include "cli/launch_plan.h"
#include "cli/session.h"

namespace studyhall::cli {

struct LaunchArguments {
  std::string study;
  std::string workers;
  std::string roles;
  std::string orchestrator;
  std::string stagger = "30";
  std::string restart_after = "5";
  std::string runs = "runs";
  std::string dir;
  std::int64_t cores = 0;
  std::int64_t reserve = -1;
  bool tmux = false;
  bool dry_run = false;
};

// What would be started, and everything that stands in its way. Throws as plan_launch.
LaunchPlan plan_fleet(const Connection& connection, const LaunchArguments& arguments);

// Starts the plan's supervisor, which starts the workers; they outlive this process. Throws
// Error(Invalid) with every problem of the plan, Error(Unavailable) if the supervisor does not
// start.
void start_fleet(const Session& session, const Connection& connection,
                 const LaunchArguments& arguments, const LaunchPlan& plan);

}  // namespace studyhall::cli
