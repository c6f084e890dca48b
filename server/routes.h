// The routes of the HTTP API. Each only parses, calls a verb, and prints.
#pragma once

#include "core/artifact_api.h"
#include "core/study_api.h"
#include "server/event_stream.h"
#include "server/router.h"

namespace studyhall::server {

inline constexpr std::string_view kOpenApiPath = "/api/v1/openapi.json";
inline constexpr std::string_view kMcpPath = "/mcp";

// In each, `api` must outlive the router.
void add_study_routes(Router& router, StudyApi& api);
void add_trial_routes(Router& router, StudyApi& api);
// What people do besides: edit, park, void, workers, insights.
void add_people_routes(Router& router, StudyApi& api);
void add_task_routes(Router& router, StudyApi& api);
// The queue, topics, questions, results from elsewhere.
void add_queue_routes(Router& router, StudyApi& api);
// Events, as pages and, where there is a watch, as a stream.
void add_event_routes(Router& router, StudyApi& api, StudyWatch watch = nullptr);
// Null: they answer that there are none.
void add_artifact_routes(Router& router, StudyApi& api, ArtifactApi* artifacts);
void add_export_routes(Router& router, StudyApi& api);
// The OpenAPI description of all routes: server/openapi.json.
void add_openapi_route(Router& router);
// The web page, where it is built in: server/dashboard_files.h.
void add_dashboard_routes(Router& router);
// The Model Context Protocol over HTTP, one message a request: server/mcp.h.
void add_mcp_route(Router& router, StudyApi& api);

}  // namespace studyhall::server
