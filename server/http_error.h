// The one table from what went wrong to an HTTP status.
#pragma once

#include "core/error.h"

namespace studyhall::server {

// 400 malformed, 401 unauthorized, 403 forbidden, 404 not found, 409 conflict, 413 too large, 422
// invalid, 429 rate limited, 501 unsupported, 503
// unavailable; 500 for what is no fault of the caller.
int http_status(ErrorCode code);

}  // namespace studyhall::server
