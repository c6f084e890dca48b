#include "server/stored_trials.h"

#include <algorithm>
#include <string>
#include <utility>

namespace studyhall::server {

namespace {

constexpr std::int64_t kTrialsPerRead = 5'000;
constexpr std::size_t kReadsAhead = 2;

}  // namespace

StoredTrials::StoredTrials(storage::Storage& storage, storage::StudyId study)
    : storage_(storage), study_(study) {
  const std::vector<std::int64_t> blocks = storage.trial_blocks(study);
  blocks_.assign(blocks.begin(), blocks.end());
}

StoredTrials::Range StoredTrials::plan() {
  Range range{planned_, kTrialsPerRead, false};
  if (!blocks_.empty() && blocks_.front() == planned_) {
    blocks_.pop_front();
    range = {planned_, storage::kTrialsPerBlock, true};
  } else if (!blocks_.empty()) {
    range.count = std::min(range.count, blocks_.front() - planned_);
  }
  planned_ += range.count;
  return range;
}

StoredTrials::Piece StoredTrials::next() {
  while (ahead_.size() <= kReadsAhead) {
    ahead_.push_back(
        std::async(std::launch::async, [this, range = plan()] { return read(range); }));
  }
  Piece piece = ahead_.front().get();
  ahead_.pop_front();
  return piece;
}

StoredTrials::Piece StoredTrials::read(const Range& range) const {
  if (range.is_block) {
    const std::optional<std::string> bytes = storage_.trial_block(study_, range.first);
    auto trials = bytes ? read_trial_block(*bytes, range.first) : std::nullopt;
    if (trials && std::ssize(*trials) == range.count) return {std::move(*trials), true};
  }
  storage::TrialFilter filter;
  filter.after = range.first - 1;
  filter.limit = static_cast<int>(range.count);
  Piece piece;
  for (Trial& trial : storage_.trials(study_, filter)) {
    piece.trials.push_back({std::move(trial), std::nullopt});
  }
  return piece;
}

}  // namespace studyhall::server
