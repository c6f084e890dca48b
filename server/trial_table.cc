#include "server/trial_table.h"

#include <algorithm>
#include <utility>

#include "server/trial_packing.h"

namespace studyhall::server {

void TrialTable::put(Trial trial) {
  const auto number = static_cast<std::size_t>(trial.number);
  size_ = std::max(size_, number + 1);
  rare_.erase(number);
  if (!is_finished(trial.state)) {
    ended_.erase(number);
    open_.insert_or_assign(number, std::move(trial));
    return;
  }
  const bool common = is_common(trial.record);
  packer_.clear();
  pack(trial, common, texts_, packer_);
  ended_.put(number, packer_.bytes());
  if (!common) rare_.emplace(number, std::move(trial.record));
  open_.erase(number);
}

const Trial* TrialTable::open(std::size_t number) const {
  const auto found = open_.find(number);
  return found == open_.end() ? nullptr : &found->second;
}

Trial TrialTable::operator[](std::size_t number) const {
  if (const Trial* whole = open(number)) return *whole;
  Trial trial;
  trial.number = static_cast<std::int64_t>(number);
  if (!unpack(ended_.get(number), texts_, trial)) trial.record = rare_.at(number);
  return trial;
}

TrialState TrialTable::state(std::size_t number) const {
  const Trial* const whole = open(number);
  return whole != nullptr ? whole->state : unpack_state(ended_.get(number));
}

Config TrialTable::config(std::size_t number) const {
  if (const Trial* whole = open(number)) return whole->config;
  TrialOutline outline;
  unpack(ended_.get(number), outline);
  return std::move(outline.config);
}

void TrialTable::read(std::size_t number, TrialOutline& outline) const {
  const Trial* const whole = open(number);
  if (whole == nullptr) return unpack(ended_.get(number), outline);
  outline.state = whole->state;
  outline.fit = whole->fit;
  outline.reason = whole->record.reason;
  outline.told = whole->record.told;
  outline.values = whole->values;
  outline.constraints = whole->constraints;
  outline.config = whole->config;
}

}  // namespace studyhall::server
