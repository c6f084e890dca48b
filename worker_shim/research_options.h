// How a worker does research: worker_shim/research.h.
#pragma once

#include <chrono>

#include "core/json.h"

namespace studyhall::worker_shim {

struct ResearchOptions {
  std::chrono::milliseconds every{15 * 60'000};  // from the end of a round to the next one
  // A round begins earlier once so many trials have ended without a new leader; 0: none does.
  int stale = 20;
  int quota = 4;  // trials and tasks that a round may propose, before it is adapted
  // How to start the program that serves the tools, as the CLI's MCP configuration has it;
  // "--propose-as ROLE --quota N" is added to its "args".
  Json tools_server = Json::object();
};

}  // namespace studyhall::worker_shim
