// How many requests each client may make.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace studyhall::server {

// A token bucket for each client: `per_s` requests a second in the long run, twice as many at once.
//
// Thread safety: may be called from any thread; clients are spread over several locks.
class RateLimit {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // per_s 0: no limit.
  explicit RateLimit(double per_s) : per_s_(per_s) {}

  [[nodiscard]] bool enabled() const { return per_s_ > 0; }
  // Takes one request of `client` at `now`: zero where it may go on, else how long until it may.
  std::chrono::duration<double> take(std::string_view client, TimePoint now);

 private:
  struct Bucket {
    double tokens = 0;
    TimePoint filled;
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, Bucket, Hash, std::equal_to<>> buckets;
  };

  void forget_full(Shard& shard, TimePoint now) const;

  static constexpr std::size_t kShards = 16;
  double per_s_;
  std::array<Shard, kShards> shards_;
};

}  // namespace studyhall::server
