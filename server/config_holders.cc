#include "server/config_holders.h"

#include <algorithm>

namespace studyhall::server {

void ConfigHolders::insert(const Digest& config, std::int64_t number) {
  const auto at = static_cast<std::size_t>(number);
  if (at >= digests_.size()) {
    digests_.resize(at + 1);
    holds_.resize(at + 1, false);
  }
  digests_[at] = config;
  holds_[at] = true;
  index_.insert(at, digest_at());
}

void ConfigHolders::erase(std::int64_t number) {
  if (!held_by(number)) return;
  const auto at = static_cast<std::size_t>(number);
  index_.erase(at, digest_at());
  holds_[at] = false;
}

std::optional<std::int64_t> ConfigHolders::first(const Digest& config) const {
  std::optional<std::int64_t> first;
  index_.find(config, digest_at(), [&](std::size_t number) {
    const auto its = static_cast<std::int64_t>(number);
    if (!first || its < *first) first = its;
    return false;
  });
  return first;
}

std::vector<std::int64_t> ConfigHolders::all(const Digest& config) const {
  std::vector<std::int64_t> numbers;
  index_.find(config, digest_at(), [&](std::size_t number) {
    numbers.push_back(static_cast<std::int64_t>(number));
    return false;
  });
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::optional<Digest> ConfigHolders::held_by(std::int64_t number) const {
  const auto at = static_cast<std::size_t>(number);
  if (at >= holds_.size() || !holds_[at]) return std::nullopt;
  return digests_[at];
}

}  // namespace studyhall::server
