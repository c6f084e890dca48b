// The program on a disk that loses what was not synced and fails when told to:
// STUDYHALL_TEST_FAULTS names the file of its switches.

#include <cstdlib>
#include <iostream>

#include "cli/app.h"
#include "tests/campaign/fault_vfs.h"

int main(int argc, char** argv) {
  const char* switches = std::getenv("STUDYHALL_TEST_FAULTS");
  if (switches == nullptr) {
    std::cerr << "STUDYHALL_TEST_FAULTS is not set: expected the file of the switches\n";
    return 2;
  }
  studyhall::testing::install_fault_vfs(studyhall::testing::map_switches(switches), true);
  const std::vector<std::string> args(argv + 1, argv + argc);
  return studyhall::cli::run(args, std::cin, std::cout, std::cerr,
                             studyhall::cli::process_environment());
}
