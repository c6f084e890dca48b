#include "server/embedded.h"
#include "server/routes.h"

namespace studyhall::server {

void add_openapi_route(Router& router) {
  router.add("GET", kOpenApiPath,
             [description = parse_json(kOpenApiJson, "openapi.json")](const Call& call) {
               QueryReader(call).finish();
               return Reply{.body = description};
             });
}

}  // namespace studyhall::server
