// The routes of the HTTP API. Each only parses, calls a verb, and prints.
#pragma once

#include "core/study_api.h"
#include "server/router.h"

namespace studyhall::server {

// In each, `api` must outlive the router.
void add_study_routes(Router& router, StudyApi& api);
void add_trial_routes(Router& router, StudyApi& api);
// What people do besides: edit, park, void, workers, insights.
void add_people_routes(Router& router, StudyApi& api);
void add_export_routes(Router& router, StudyApi& api);
// Paths of the API that this build does not have: refused by name.
void add_unsupported_routes(Router& router);

}  // namespace studyhall::server
