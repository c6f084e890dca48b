// Starting the workers of a study in the background on this machine.
#pragma once

#include <string>

#include "cli/connect.h"
#include "cli/fleet_options.h"
#include "cli/launch_plan.h"
#include "cli/session.h"

namespace studyhall::cli {

struct LaunchArguments : FleetOptions {
  std::string stagger = "30";
  std::string restart_after = "5";
  std::string runs = "runs";
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
