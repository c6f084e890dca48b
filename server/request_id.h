// A name for each request, to find it in logs.
#pragma once

#include <string>
#include <string_view>

namespace studyhall::server {

// `given`, the X-Request-Id of the client, where it is 1 to 64 letters, digits and "-_."; else a
// new one, unique to this start of the program. May be called from any thread.
std::string request_id(std::string_view given);

}  // namespace studyhall::server
