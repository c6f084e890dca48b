#include "core/history.h"

#include <algorithm>

namespace studyhall {

namespace {

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
  ++revision_;
  const std::int64_t number = observation.number;
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
  ++revision_;
  const auto it = std::lower_bound(observations_.begin(), observations_.end(), number, is_before);
  if (it == observations_.end() || it->number != number) return;
  if (is_finished(it->state)) erase_last(finish_order_, number);
  observations_.erase(it);
}

const Observation* History::find(std::int64_t number) const {
  const auto it = std::lower_bound(observations_.begin(), observations_.end(), number, is_before);
  return it != observations_.end() && it->number == number ? &*it : nullptr;
}

}  // namespace studyhall
