#include "core/history.h"

#include <algorithm>
#include <atomic>

namespace studyhall {

namespace {

constexpr std::ptrdiff_t kRemembered = 65'536;

bool is_before(const Observation& observation, std::int64_t number) {
  return observation.number < number;
}

// Searched from the back: what is taken out has mostly just come in.
void erase_last(std::vector<std::int64_t>& numbers, std::int64_t number) {
  const auto it = std::find(numbers.rbegin(), numbers.rend(), number);
  if (it != numbers.rend()) numbers.erase(std::next(it).base());
}

}  // namespace

double Observation::violation() const {
  double sum = 0;
  for (const double c : constraints) {
    if (c > 0) sum += c;
  }
  return sum;
}

void History::apply(Observation observation) {
  const std::int64_t number = observation.number;
  note_change(number);
  const bool finished = is_finished(observation.state);

  const bool is_last = observations_.empty() || observations_.back().number < number;
  const auto it =
      is_last ? observations_.end()
              : std::lower_bound(observations_.begin(), observations_.end(), number, is_before);
  bool was_finished = false;
  if (it != observations_.end() && it->number == number) {
    was_finished = is_finished(it->state);
    *it = std::move(observation);
  } else {
    observations_.insert(it, std::move(observation));
  }

  if (finished && !was_finished) finish_order_.push_back(number);
  if (!finished && was_finished) erase_last(finish_order_, number);
}

void History::remove(std::int64_t number) {
  note_change(number);
  const auto it = std::lower_bound(observations_.begin(), observations_.end(), number, is_before);
  if (it == observations_.end() || it->number != number) return;
  if (is_finished(it->state)) erase_last(finish_order_, number);
  observations_.erase(it);
}

const Observation* History::find(std::int64_t number) const {
  const auto it = std::lower_bound(observations_.begin(), observations_.end(), number, is_before);
  return it != observations_.end() && it->number == number ? &*it : nullptr;
}

std::optional<std::span<const std::int64_t>> History::changed_since(const Mark& mark) const {
  if (mark.life != life_.id || change_ - mark.change > changes_.size()) return std::nullopt;
  return std::span(changes_).last(static_cast<std::size_t>(change_ - mark.change));
}

History::Life::Life() {
  static std::atomic<std::uint64_t> lives = 0;
  id = ++lives;
}

void History::note_change(std::int64_t number) {
  ++change_;
  if (std::ssize(changes_) == 2 * kRemembered) {
    changes_.erase(changes_.begin(), changes_.begin() + kRemembered);
  }
  changes_.push_back(number);
}

}  // namespace studyhall
