#include "server/rate_limit.h"

#include <algorithm>

namespace studyhall::server {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kBurst = 2;  // in seconds' worth of requests
// Clients remembered in one shard before those with a full bucket, who are as good as new, go.
constexpr std::size_t kMaxClients = 4096;

}  // namespace

Seconds RateLimit::take(std::string_view client, TimePoint now) {
  if (!enabled()) return Seconds(0);
  const double full = std::max(1.0, kBurst * per_s_);
  Shard& shard = shards_[Hash{}(client) % kShards];
  const std::lock_guard lock(shard.mutex);
  auto found = shard.buckets.find(client);
  if (found == shard.buckets.end()) {
    if (shard.buckets.size() >= kMaxClients) forget_full(shard, now);
    found = shard.buckets.emplace(std::string(client), Bucket{full, now}).first;
  }
  Bucket& bucket = found->second;
  const double passed = std::max(0.0, Seconds(now - bucket.filled).count());
  bucket.tokens = std::min(full, bucket.tokens + passed * per_s_);
  bucket.filled = now;
  if (bucket.tokens < 1) return Seconds((1 - bucket.tokens) / per_s_);
  bucket.tokens -= 1;
  return Seconds(0);
}

// Where all are busy none is forgotten: then everyone starts anew.
void RateLimit::forget_full(Shard& shard, TimePoint now) const {
  std::erase_if(shard.buckets, [&](const auto& entry) {
    return Seconds(now - entry.second.filled).count() >= kBurst;
  });
  if (shard.buckets.size() >= kMaxClients) shard.buckets.clear();
}

}  // namespace studyhall::server
