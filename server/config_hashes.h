// Hashes of the configurations of late: each is wanted several times between ask and tell.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/space.h"

namespace studyhall::server {

// config_hash() of one space, remembered for the configurations that were asked for last.
class ConfigHashes {
 public:
  const std::string& of(const SearchSpace& space, const Config& config) {
    const auto found = known_.find(config);
    if (found != known_.end()) return found->second;
    if (known_.size() >= kMost) known_.clear();
    return known_.emplace(config, config_hash(space, config)).first->second;
  }
  // To be called when the space changes.
  void clear() { known_.clear(); }

 private:
  static constexpr std::size_t kMost = 4096;

  // By their bits, as inactive parameters are NaN.
  static std::string_view bytes(const Config& config) {
    return {reinterpret_cast<const char*>(config.data()), config.size() * sizeof(double)};
  }
  struct Hash {
    std::size_t operator()(const Config& config) const {
      return std::hash<std::string_view>()(bytes(config));
    }
  };
  struct Equal {
    bool operator()(const Config& a, const Config& b) const { return bytes(a) == bytes(b); }
  };

  std::unordered_map<Config, std::string, Hash, Equal> known_;
};

}  // namespace studyhall::server
