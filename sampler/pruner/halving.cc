#include "sampler/pruner/halving.h"

#include <algorithm>
#include <array>
#include <boost/crc.hpp>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

namespace studyhall::sampler::pruner {
namespace {

constexpr double kAllDigests = 4294967296.0;  // 2^32

// What reached a rung: its step and value.
std::optional<std::pair<std::int64_t, double>> arrival(const std::map<std::int64_t, double>& values,
                                                       double rung_step) {
  auto it =
      rung_step < 0x1p63 ? values.lower_bound(static_cast<std::int64_t>(rung_step)) : values.end();
  while (it != values.end() && std::isnan(it->second)) ++it;
  if (it == values.end()) return std::nullopt;
  return *it;
}

bool goes_on(Direction direction, double value, std::vector<double>& competing,
             std::int64_t reduction_factor) {
  const auto kept = std::max<std::ptrdiff_t>(std::ssize(competing) / reduction_factor, 1);
  const auto last_kept = competing.begin() + kept - 1;
  if (direction == Direction::Maximize) {
    std::nth_element(competing.begin(), last_kept, competing.end(), std::greater<>());
    return value >= *last_kept;
  }
  std::nth_element(competing.begin(), last_kept, competing.end());
  return value <= *last_kept;
}

// Successive halving among the trials that `competes`.
template <typename Competes>
bool halve(const HalvingOptions& options, std::int64_t min_resource, const Task& task,
           const Competes& competes) {
  const auto [step, value] = *task.trial.intermediate.rbegin();
  const auto factor = static_cast<double>(options.reduction_factor);
  double rung_step = static_cast<double>(min_resource) *
                     std::pow(factor, static_cast<double>(options.min_early_stopping_rate));
  for (; rung_step <= static_cast<double>(step); rung_step *= factor) {
    const auto own = arrival(task.trial.intermediate, rung_step);
    if (!own) return true;  // the last value is NaN
    if (own->first < step) continue;
    std::vector<double> competing{value};
    for (const Trial& trial : task.trials) {
      if (trial.intermediate.empty() || trial.number == task.trial.number) continue;
      const auto other = arrival(trial.intermediate, rung_step);
      if (other && competes(trial)) competing.push_back(other->second);
    }
    if (std::ssize(competing) <= options.bootstrap_count) return true;
    if (!goes_on(task.direction, value, competing, options.reduction_factor)) return true;
  }
  return false;
}

}  // namespace

bool is_halved(const HalvingOptions& options, const Task& task) {
  std::int64_t min_resource = 1;
  if (options.min_resource) {
    min_resource = *options.min_resource;
  } else {
    const Trial* first = first_complete(task.trials);
    if (first == nullptr) return false;
    min_resource = std::max<std::int64_t>(first->intermediate.rbegin()->first / 100, 1);
  }
  return halve(options, min_resource, task, [](const Trial&) { return true; });
}

Brackets::Brackets(double min_resource, double max_resource, std::int64_t reduction_factor) {
  const auto factor = static_cast<double>(reduction_factor);
  const double count = std::floor(std::log(max_resource / min_resource) / std::log(factor)) + 1;
  for (double s = count - 1; s >= 0; --s) {
    const double budget = std::ceil(count * std::pow(factor, s) / (s + 1));
    budgets_.push_back(std::min(budget, kAllDigests));
    total_ += static_cast<std::uint64_t>(budgets_.back());
  }
}

std::size_t Brackets::of(std::string_view study, std::int64_t number) const {
  std::array<char, 21> digits{'_'};
  const auto end = std::to_chars(digits.data() + 1, digits.data() + digits.size(), number).ptr;
  boost::crc_32_type crc;
  crc.process_bytes(study.data(), study.size());
  crc.process_block(digits.data(), end);
  auto left = static_cast<double>(crc.checksum() % total_);
  std::size_t bracket = 0;
  while (left >= budgets_[bracket]) left -= budgets_[bracket++];
  return bracket;
}

bool is_out_of_band(const HyperbandOptions& options, const Task& task) {
  double max_resource = 0;
  if (options.max_resource) {
    max_resource = static_cast<double>(*options.max_resource);
  } else {
    const Trial* first = first_complete(task.trials);
    if (first == nullptr) return false;
    max_resource = static_cast<double>(first->intermediate.rbegin()->first) + 1;
  }
  const Brackets brackets(static_cast<double>(options.min_resource), max_resource,
                          options.reduction_factor);
  if (brackets.budgets().empty()) return false;
  const std::size_t bracket = brackets.of(task.study, task.trial.number);
  HalvingOptions halving;
  halving.reduction_factor = options.reduction_factor;
  halving.min_early_stopping_rate = static_cast<std::int64_t>(bracket);
  halving.bootstrap_count = options.bootstrap_count;
  return halve(halving, options.min_resource, task, [&](const Trial& trial) {
    return brackets.of(task.study, trial.number) == bracket;
  });
}

}  // namespace studyhall::sampler::pruner
