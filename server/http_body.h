// The body of a request.
#pragma once

#include <cstddef>
#include <string>

#include "server/http_stream.h"

namespace studyhall::server {

// The body of `request`, which has its headers, read from `stream`: none, by Content-Length or in
// chunks; a client that waits for "100 Continue" gets it.
//
// Throws Error(TooLarge) above `max_bytes`, Error(Malformed) for contradicting or wrong framing and
// a body that ends early or comes too slowly, Error(Unsupported) for an encoding of the body. The
// connection cannot be used for another request then.
std::string read_body(SocketStream& stream, const httplib::Request& request, std::size_t max_bytes);

}  // namespace studyhall::server
