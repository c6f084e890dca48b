// Trials from the rows of Optuna's tables: one pass over each table, however many trials.
#pragma once

#include <vector>

#include "core/trial.h"
#include "storage/connection.h"
#include "storage/optuna_time.h"
#include "storage/storage.h"
#include "storage/stored_spec.h"

namespace studyhall::storage {

// The trials of `study` that `filter` lets through, ascending by number. A trial that another
// program added has a default record, with the worker that its user attribute "worker" names;
// parameters that the study does not have, and values that it does not allow, are left out.
// REQUIRES: called within a Transaction, so that all tables are seen as of one commit.
std::vector<Trial> read_trials(Connection& connection, StudyId study, const StoredSpec& spec,
                               const TrialFilter& filter, NaiveTime zone);

}  // namespace studyhall::storage
