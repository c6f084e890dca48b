// Many ended trials as one piece of bytes, in which a study's start finds them
// (storage::PutTrialBlock).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/digest.h"
#include "core/trial.h"
#include "server/packing.h"

namespace studyhall::server {

struct BlockTrial {
  Trial trial;
  std::optional<Digest> holds;  // the digest of the configuration that it holds
};

// Adds trials one after the other.
class TrialBlockWriter {
 public:
  // REQUIRES: it has ended.
  void add(const Trial& trial, const std::optional<Digest>& holds);
  [[nodiscard]] std::string bytes() const;

 private:
  std::uint64_t count_ = 0;
  TextPool texts_;
  Packer trials_;
  Packer one_;
};

// The trials of a block, the first of them with number `first`. nullopt for bytes of another form,
// or that were damaged.
std::optional<std::vector<BlockTrial>> read_trial_block(std::string_view bytes, std::int64_t first);

}  // namespace studyhall::server
