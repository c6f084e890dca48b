// Keeping a database well: copies, checks, versions. All work beside a server that has it open.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace studyhall::storage {

struct Backup {
  std::int64_t bytes = 0;
  std::int64_t studies = 0;
  std::int64_t trials = 0;
  std::int64_t events = 0;
};

// What is wrong with `file`, a sentence each; empty: nothing. SQLite's integrity and foreign keys,
// then what Studyhall relies on: trial numbers and event sequences without gaps, values of complete
// trials, no rows of studies that are gone. `study replay` goes deeper, study by study.
//
// Throws Error(Corrupt) for a file that is no database of Studyhall's, Error(Unavailable) where it
// cannot be read.
std::vector<std::string> check_database(const std::filesystem::path& file);

// Copies `file` as it is at one moment, while others may write it, to `copy`: one file, checked as
// check_database() does before it takes its name.
//
// Throws Error(Conflict) where `copy` exists, Error(Unavailable) where it cannot be written,
// Error(Corrupt) where the copy does not pass.
Backup back_up(const std::filesystem::path& file, const std::filesystem::path& copy);

// Version of the studyhall tables in `file`, which nothing changes; nullopt where it has none yet.
std::optional<std::int64_t> studyhall_version(const std::filesystem::path& file);

}  // namespace studyhall::storage
