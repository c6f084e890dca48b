// The results that an edit of the space has put out of it, for the leaderboard.
#pragma once

#include <vector>

#include "core/study_api.h"
#include "server/study_model.h"

namespace studyhall::server {

// One row for each complete trial of a study with one objective that is no configuration of the
// space as it is now, best first: they may be had no more, so that none has a rank, a mean or a
// chance of being the best, but what was found is not hidden.
std::vector<BestRow> outside_rows(const StudyModel& study);

}  // namespace studyhall::server
