// The tables of a study file: Optuna's, schema 12 at alembic version v3.2.0.a, and ours beside
// them (names beginning with studyhall_).
#pragma once

#include <filesystem>

#include "storage/connection.h"
#include "storage/optuna_time.h"

namespace studyhall::storage {

// Makes an empty file a study file, and adds our tables, indices and triggers to one that Optuna
// made; brings our tables of an earlier version up to this one. Other programs may do the same at
// the same time.
//
// Throws Error(Corrupt) naming what was found and what was expected, and leaves the file as it was,
// for a database that is neither or that has another schema version.
void prepare_schema(Connection& connection, const std::filesystem::path& file);

// How the file's datetimes are to be read and written. REQUIRES: prepare_schema().
NaiveTime stored_naive_time(Connection& connection);

}  // namespace studyhall::storage
