// The socket of a server, and why it cannot be had.
#pragma once

#include <string>

namespace studyhall::server {

struct ListeningSocket {
  int fd = -1;  // the caller closes it
  int port = 0;
};

// Takes `port` (0: any free one) on an address or name of this machine, without SO_REUSEPORT.
// Throws Error(Unavailable) naming host, port, cause and what to do.
ListeningSocket listen_on(const std::string& host, int port);

}  // namespace studyhall::server
