// Where two readings of one study depart from each other.
#pragma once

#include <vector>

#include "server/replayed_study.h"

namespace studyhall::server {

// `again` as it was made again from the events, `stored` as the tables have it. Trials that another
// program has written to, without an event so far, are passed over.
std::vector<Difference> model_differences(const StudyModel& again, const StudyModel& stored);

}  // namespace studyhall::server
