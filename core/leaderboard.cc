#include "core/leaderboard.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "core/hierarchical_model.h"
#include "core/statistics.h"

namespace studyhall {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The runs of one configuration.
struct Group {
  LeaderRow row;
  std::vector<double> values;  // as the model sees them: larger is better
  bool has_worst = false;      // an infinite value of the bad sign
  bool has_best = false;
  int feasible_runs = 0;
  double key = 0;  // ranks: larger is better

  [[nodiscard]] bool in_model() const { return !has_worst && !has_best; }
};

std::vector<Group> gather(Direction direction, std::span<const Run> runs) {
  const double sign = direction == Direction::Maximize ? 1 : -1;
  std::vector<const Run*> ordered;
  for (const Run& run : runs) ordered.push_back(&run);
  std::sort(ordered.begin(), ordered.end(),
            [](const Run* a, const Run* b) { return a->number < b->number; });

  std::vector<Group> groups;
  std::unordered_map<std::string, std::size_t> position;
  for (const Run* run : ordered) {
    const auto [it, fresh] = position.emplace(run->group, groups.size());
    if (fresh) groups.emplace_back();
    Group& group = groups[it->second];
    const double value = sign * run->value;
    if (fresh) {
      group.row.number = run->number;
      group.row.value = run->value;
    } else if (value > sign * group.row.value) {
      group.row.value = run->value;
    }
    group.row.runs.push_back(run->number);
    group.values.push_back(value);
    group.has_worst = group.has_worst || value == -kInfinity;
    group.has_best = group.has_best || value == kInfinity;
    group.feasible_runs += run->feasible ? 1 : 0;
  }
  for (Group& group : groups) {
    group.row.n = static_cast<int>(group.row.runs.size());
    group.row.feasible = 2 * group.feasible_runs > group.row.n;
    group.key = sign * group.row.value;
    if (group.has_worst) group.key = -kInfinity;
  }
  return groups;
}

// The power of two that brings every value of the model to at most 1; squares are safe then, and
// scaling is exact.
int common_exponent(std::span<const Group> groups) {
  double largest = 0;
  for (const Group& group : groups) {
    if (!group.in_model()) continue;
    for (const double value : group.values) largest = std::max(largest, std::abs(value));
  }
  int exponent = 0;
  if (largest > 0) std::frexp(largest, &exponent);
  return exponent;
}

GroupSummary summarise(const Group& group, int exponent) {
  const auto scaled = [exponent](double value) { return std::ldexp(value, -exponent); };
  GroupSummary summary;
  summary.n = static_cast<int>(group.values.size());
  const double first = scaled(group.values.front());
  double shift = 0;
  for (const double value : group.values) shift += scaled(value) - first;
  summary.mean = first + shift / summary.n;
  for (const double value : group.values) {
    summary.squares += (scaled(value) - summary.mean) * (scaled(value) - summary.mean);
  }
  return summary;
}

// Fills in what the model says. Leaves the groups as they are where s^2 is unknown.
void apply_model(Direction direction, std::vector<Group>& groups) {
  const int exponent = common_exponent(groups);
  std::vector<Group*> modelled;
  std::vector<GroupSummary> summaries;
  for (Group& group : groups) {
    if (!group.in_model()) continue;
    modelled.push_back(&group);
    summaries.push_back(summarise(group, exponent));
  }
  const auto fit = fit_hierarchical(summaries);
  if (!fit) return;

  const double sign = direction == Direction::Maximize ? 1 : -1;
  const double t = student_t_quantile(0.975, fit->df);
  std::vector<Posterior> feasible;
  std::vector<Group*> contenders;
  for (std::size_t i = 0; i < modelled.size(); ++i) {
    Group& group = *modelled[i];
    const Posterior& posterior = fit->mus[i];
    group.key = posterior.mean;
    const double mean = sign * std::ldexp(posterior.mean, exponent);
    const double sd = std::ldexp(posterior.sd, exponent);
    group.row.mean = mean;
    group.row.stderr_ = sd;
    group.row.interval = {mean - t * sd, mean + t * sd};
    if (group.row.feasible) {
      feasible.push_back(posterior);
      contenders.push_back(&group);
    }
  }
  const std::vector<double> p_best = probability_of_largest(feasible);
  for (std::size_t i = 0; i < contenders.size(); ++i) contenders[i]->row.p_best = p_best[i];
}

// Whether `a` comes before `b`.
bool precedes(const Group& a, const Group& b) {
  if (a.row.feasible != b.row.feasible) return a.row.feasible;
  if (a.key != b.key) return a.key > b.key;
  return a.row.number < b.row.number;
}

}  // namespace

std::vector<LeaderRow> leaderboard(Direction direction, std::span<const Run> runs) {
  std::vector<Group> groups = gather(direction, runs);
  apply_model(direction, groups);
  std::sort(groups.begin(), groups.end(), precedes);
  std::vector<LeaderRow> rows;
  rows.reserve(groups.size());
  for (Group& group : groups) {
    group.row.rank = static_cast<int>(rows.size()) + 1;
    rows.push_back(std::move(group.row));
  }
  return rows;
}

}  // namespace studyhall
