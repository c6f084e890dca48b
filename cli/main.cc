#include <iostream>

#include "cli/app.h"

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  return studyhall::cli::run(args, std::cin, std::cout, std::cerr,
                             studyhall::cli::process_environment());
}
