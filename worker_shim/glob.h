// Names of files with wildcards, as "protect" in a study file has them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace studyhall::worker_shim {

// '*' and '?' stand for characters of one name, a part "**" for any number of folders (none
// included; at the end for everything below). Everything else is itself. Paths are relative, with
// '/' between the parts.
bool glob_matches(std::string_view glob, std::string_view path);
bool any_glob_matches(const std::vector<std::string>& globs, std::string_view path);

// Files below `folder` that one of the globs matches, relative to it, sorted; symbolic links to
// folders are not followed, links themselves count as files, and ".git" is left out.
std::vector<std::string> files_matching(const std::filesystem::path& folder,
                                        const std::vector<std::string>& globs);

}  // namespace studyhall::worker_shim
