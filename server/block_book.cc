#include "server/block_book.h"

#include "storage/storage.h"

namespace studyhall::server {

using storage::kTrialsPerBlock;

void BlockBook::note(std::int64_t number, bool had_ended, bool has_ended) {
  const std::int64_t block = number / kTrialsPerBlock;
  const auto at = static_cast<std::size_t>(block);
  if (at >= ended_.size()) ended_.resize(at + 1);
  ended_[at] += (has_ended ? 1 : 0) - (had_ended ? 1 : 0);
  if (ended_[at] == kTrialsPerBlock) {
    due_.insert(block * kTrialsPerBlock);
  } else {
    due_.erase(block * kTrialsPerBlock);
  }
}

void BlockBook::forget_stored() {
  for (std::size_t at = 0; at < ended_.size(); ++at) {
    if (ended_[at] == kTrialsPerBlock) {
      due_.insert(static_cast<std::int64_t>(at) * kTrialsPerBlock);
    }
  }
}

std::optional<std::int64_t> BlockBook::take() {
  if (due_.empty()) return std::nullopt;
  return due_.extract(due_.begin()).value();
}

}  // namespace studyhall::server
