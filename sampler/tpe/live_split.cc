#include "sampler/tpe/live_split.h"

#include <algorithm>
#include <iterator>

#include "core/rng.h"

namespace studyhall::sampler::tpe {
namespace {

// More than the 25 that can be good, so that some may be taken back before all must be read again.
constexpr std::size_t kShortlist = 64;

std::uint32_t hash_of(std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number);
  return philox4x32(
      {static_cast<std::uint32_t>(bits), static_cast<std::uint32_t>(bits >> 32), 0, 0}, {0, 0})[0];
}

}  // namespace

LiveSplit::LiveSplit(std::function<bool(const Observation&)> inside, Direction direction,
                     std::size_t most_others)
    : inside_(std::move(inside)), direction_(direction), most_others_(most_others) {}

LiveSplit::Role LiveSplit::role(std::int64_t number) const {
  const auto at = static_cast<std::size_t>(number);
  return at < roles_.size() ? roles_[at] : Role::Out;
}

bool LiveSplit::is_good(std::int64_t number) const {
  return std::binary_search(good_.begin(), good_.end(), number);
}

bool LiveSplit::is_other(std::int64_t number) const {
  const Role role = this->role(number);
  if ((role != Role::Told && role != Role::Failed) || is_good(number)) return false;
  return told_ + failed_ <= most_others_ ||
         Hashed{hash_of(number), number} <= sample_[most_others_ - 1];
}

bool LiveSplit::is_running(std::int64_t number) const { return role(number) == Role::Running; }

double LiveSplit::weight_of_other() const {
  const std::size_t all = told_ + failed_;
  const std::size_t listed = std::min(sample_.size(), most_others_);
  if (listed == all) return 1;
  const auto good_listed =
      static_cast<std::size_t>(std::count_if(good_.begin(), good_.end(), [&](std::int64_t number) {
        return Hashed{hash_of(number), number} <= sample_[most_others_ - 1];
      }));
  return static_cast<double>(all - good_count_) / static_cast<double>(listed - good_listed);
}

std::optional<std::vector<std::int64_t>> LiveSplit::take_touched() {
  std::vector<std::int64_t> touched = std::exchange(touched_, {});
  if (std::exchange(touched_all_, false)) return std::nullopt;
  return touched;
}

void LiveSplit::update(const History& history) {
  const auto changes = history.changed_since(mark_);
  mark_ = history.mark();
  if (!changes || changes->size() > history.observations().size()) {
    read_all(history);
    return;
  }
  for (const std::int64_t number : *changes) {
    leave(number);
    if (const Observation* trial = history.find(number)) join(*trial);
  }
  if (!settle()) read_all(history);
}

void LiveSplit::read_all(const History& history) {
  roles_.clear();
  told_outside_.clear();
  told_anywhere_ = told_ = failed_ = 0;
  best_.clear();
  good_.clear();
  sample_.clear();
  for (const Observation& trial : history.observations()) join(trial);
  settle();
  touched_.clear();
  touched_all_ = true;
}

void LiveSplit::leave(std::int64_t number) {
  const auto at = static_cast<std::size_t>(number);
  if (at >= roles_.size()) return;
  touch(number);
  const Role role = std::exchange(roles_[at], Role::Out);
  if (told_outside_[at]) {
    told_outside_[at] = false;
    --told_anywhere_;
  }
  if (role == Role::Told) {
    --told_anywhere_;
    --told_;
    std::erase_if(best_, [&](const Rank& rank) { return rank.number == number; });
  }
  if (role == Role::Failed) --failed_;
  if (role == Role::Told || role == Role::Failed) remove_from_sample(number);
}

void LiveSplit::join(const Observation& trial) {
  const auto at = static_cast<std::size_t>(trial.number);
  if (at >= roles_.size()) {
    roles_.resize(at + 1, Role::Out);
    told_outside_.resize(at + 1, false);
  }
  const bool told = trial.state == TrialState::Complete || trial.state == TrialState::Pruned;
  told_anywhere_ += told;
  if (!inside_(trial)) {
    told_outside_[at] = told;
    return;
  }
  touch(trial.number);
  if (told) {
    roles_[at] = Role::Told;
    const Rank rank = rank_of(trial, direction_);
    const bool listed_all = best_.size() == told_;
    ++told_;
    if (listed_all || (!best_.empty() && rank < best_.back())) {
      best_.insert(std::upper_bound(best_.begin(), best_.end(), rank), rank);
      if (best_.size() > kShortlist) best_.pop_back();
    }
    add_to_sample(trial.number);
  } else if (trial.infeasible_config) {
    roles_[at] = Role::Failed;
    ++failed_;
    add_to_sample(trial.number);
  } else if (trial.state == TrialState::Running) {
    roles_[at] = Role::Running;
  }
}

void LiveSplit::add_to_sample(std::int64_t number) {
  const Hashed hashed{hash_of(number), number};
  const bool listed_all = sample_.size() + 1 == told_ + failed_;
  if (!listed_all && (sample_.empty() || !(hashed < sample_.back()))) return;
  const auto at = sample_.insert(std::upper_bound(sample_.begin(), sample_.end(), hashed), hashed);
  const bool counts = at - sample_.begin() < static_cast<std::ptrdiff_t>(most_others_);
  if (counts && sample_.size() > most_others_) touch(sample_[most_others_].second);
  if (sample_.size() > 2 * most_others_) sample_.pop_back();
}

void LiveSplit::remove_from_sample(std::int64_t number) {
  const Hashed hashed{hash_of(number), number};
  const auto found = std::lower_bound(sample_.begin(), sample_.end(), hashed);
  if (found == sample_.end() || *found != hashed) return;
  const bool counts = found - sample_.begin() < static_cast<std::ptrdiff_t>(most_others_);
  sample_.erase(found);
  if (counts && sample_.size() >= most_others_) touch(sample_[most_others_ - 1].second);
}

bool LiveSplit::settle() {
  const std::size_t good = gamma(told_);
  if (best_.size() < good) return false;
  if (sample_.size() < std::min(most_others_, told_ + failed_)) return false;
  good_count_ = good;
  std::vector<std::int64_t> numbers;
  for (const Rank& rank : this->good()) numbers.push_back(rank.number);
  std::sort(numbers.begin(), numbers.end());
  std::set_symmetric_difference(good_.begin(), good_.end(), numbers.begin(), numbers.end(),
                                std::back_inserter(touched_));
  good_ = std::move(numbers);
  return true;
}

}  // namespace studyhall::sampler::tpe
