// study plot.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/session.h"

namespace studyhall::cli {

void add_plot_command(CLI::App& root, Session& session);

}  // namespace studyhall::cli
