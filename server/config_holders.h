// Which trials hold a configuration: by its hash, in some thirty bytes a trial.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/digest.h"

namespace studyhall::server {

class ConfigHolders {
 public:
  // REQUIRES: the trial holds nothing.
  void insert(const Digest& config, std::int64_t number);
  // Nothing where the trial holds nothing.
  void erase(std::int64_t number);
  void clear() { *this = {}; }

  // The lowest number; nullopt: none holds it.
  [[nodiscard]] std::optional<std::int64_t> first(const Digest& config) const;
  // Ascending.
  [[nodiscard]] std::vector<std::int64_t> all(const Digest& config) const;
  // Of what the trial holds; nullopt: nothing.
  [[nodiscard]] std::optional<Digest> held_by(std::int64_t number) const;

 private:
  [[nodiscard]] auto digest_at() const {
    return [this](std::size_t number) -> const Digest& { return digests_[number]; };
  }

  std::vector<Digest> digests_;  // by trial number
  std::vector<bool> holds_;      // by trial number
  DigestIndex index_;
};

}  // namespace studyhall::server
