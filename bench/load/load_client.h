// Many keep-alive connections driven by one thread, so that the load costs little beside the
// server.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace studyhall::load {

struct LoadOptions {
  int port = 0;  // on the loopback
  std::string study;
  int connections = 64;
  std::int64_t cycles = 0;  // ask + tell, over all connections
};

struct LoadResult {
  std::int64_t cycles = 0;
  double seconds = 0;
  std::vector<double> ask_ms;   // from the request's first byte sent to the answer's last, sorted
  std::vector<double> tell_ms;  // likewise
};

// Each connection asks, tells what it got at once, and asks again. Throws std::runtime_error with
// the answer when a verb is refused or the server goes away.
LoadResult ask_and_tell(const LoadOptions& options);

// One trial for each connection, then a heartbeat of each every `interval`, evenly spread, for
// `duration`. Returns how many heartbeats were answered.
std::int64_t heartbeats(const LoadOptions& options, std::chrono::milliseconds interval,
                        std::chrono::milliseconds duration);

// The value that a share `q` of the sorted `values` does not exceed.
double quantile(const std::vector<double>& sorted, double q);

}  // namespace studyhall::load
