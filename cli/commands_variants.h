// The commands about work side by side: run it, compare it, land it, and bring in what ran
// elsewhere.
#pragma once

#include "cli/commands.h"

namespace studyhall::cli {

void add_variants_command(CLI::App& root, Session& session);
void add_compare_command(CLI::App& root, Session& session);
void add_merge_command(CLI::App& root, Session& session);
void add_import_command(CLI::App& root, Session& session);

}  // namespace studyhall::cli
