#include "core/leaderboard.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "core/statistics.h"

namespace studyhall {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kNoExponent = std::numeric_limits<int>::min();

}  // namespace

Leaderboard::Leaderboard(Direction direction, ConfirmRule rule)
    : sign_(direction == Direction::Maximize ? 1 : -1), rule_(rule), exponent_(kNoExponent) {}

std::size_t Leaderboard::position_of(const std::string& group) {
  const Digest key = digest_of(group);
  const auto key_at = [this](std::size_t position) { return groups_[position].key; };
  std::size_t found = kAll;
  positions_.find(key, key_at, [&](std::size_t position) {
    found = position;
    return true;
  });
  if (found != kAll) return found;
  groups_.push_back({.key = key});
  positions_.insert(groups_.size() - 1, key_at);
  return groups_.size() - 1;
}

bool Leaderboard::is_single(const Run& run) {
  return !run.failed && run.constraints.empty() && std::isfinite(run.value);
}

void Leaderboard::unfold(Group& group) const {
  if (group.runs) return;
  auto runs = std::make_unique<Runs>();
  if (group.number >= 0) {
    runs->numbers = {group.number};
    runs->values = {group.value};
    runs->best = group.value;
    runs->feasible = group.single_feasible ? 1 : 0;
    runs->confirmed_by = confirmed(group) ? group.number : -1;
    summarise(*runs);
  }
  group.runs = std::move(runs);
}

void Leaderboard::add(const Run& run) {
  const std::size_t position = position_of(run.group);
  Group& group = groups_[position];
  const double value = sign_ * run.value;
  const bool is_new = !group.runs && group.number < 0;
  if (is_new && is_single(run)) {
    group.number = run.number;
    group.value = value;
    group.single_feasible = run.feasible;
    largest_ = std::max(largest_, 1);
    rescale(group, value);
    update_firsts(position);
    return;
  }
  unfold(group);
  Runs& runs = *group.runs;
  if (run.failed) {
    ++runs.failed;
    update_firsts(position);
    return;
  }
  runs.numbers.insert(std::upper_bound(runs.numbers.begin(), runs.numbers.end(), run.number),
                      run.number);
  runs.best = runs.values.empty() ? value : std::max(runs.best, value);
  runs.values.push_back(value);
  runs.has_worst = runs.has_worst || value == -kInfinity;
  runs.has_best = runs.has_best || value == kInfinity;
  runs.feasible += run.feasible ? 1 : 0;
  if (group.n() > 1) ++repeats_;
  largest_ = std::max(largest_, group.n());
  add_constraints(runs, run);
  rescale(group, value);

  if (group.n() > 1 && !confirmed(group) && feasible(group)) {
    const std::optional<LeaderRow> before = leader();
    runs.clear = before && probability_better(row(group), *before) >= rule_.clear;
  }
  if (runs.confirmed_by < 0 && confirmed(group)) runs.confirmed_by = run.number;
  update_firsts(position);
}

void Leaderboard::rescale(Group& group, double value) {
  int exponent = kNoExponent;
  if (std::isfinite(value) && value != 0) std::frexp(value, &exponent);
  if (exponent <= exponent_) {
    if (group.runs) summarise(*group.runs);
    return;
  }
  exponent_ = exponent;
  for (Group& other : groups_) {
    if (other.runs) summarise(*other.runs);
  }
  fitted_ = {};
}

// Scaling by a power of two is exact, and squares are safe then.
double Leaderboard::scaled(double value) const {
  return std::ldexp(value, -(exponent_ == kNoExponent ? 0 : exponent_));
}

void Leaderboard::summarise(Runs& runs) const {
  if (runs.values.empty() || runs.has_worst || runs.has_best) return;
  GroupSummary& summary = runs.summary;
  summary = {0, static_cast<int>(runs.values.size()), 0};
  const double first = scaled(runs.values.front());
  double shift = 0;
  for (const double value : runs.values) shift += scaled(value) - first;
  summary.mean = first + shift / summary.n;
  for (const double value : runs.values) {
    summary.squares += (scaled(value) - summary.mean) * (scaled(value) - summary.mean);
  }
}

GroupSummary Leaderboard::summary(const Group& group) const {
  return group.runs ? group.runs->summary : GroupSummary{scaled(group.value), 1, 0};
}

void Leaderboard::add_constraints(Runs& runs, const Run& run) {
  if (run.constraints.empty()) return;
  constraint_squares_.resize(run.constraints.size());
  runs.constraints.resize(run.constraints.size());
  ++runs.known;
  for (std::size_t k = 0; k < run.constraints.size(); ++k) {
    double& mean = runs.constraints[k];
    const double off = run.constraints[k] - mean;
    mean += off / runs.known;
    constraint_squares_[k] += off * (run.constraints[k] - mean);
  }
  if (runs.known > 1) ++constraint_df_;
}

bool Leaderboard::feasible(const Group& group) const {
  if (!group.runs) return group.single_feasible;
  const Runs& runs = *group.runs;
  if (runs.failed >= group.n()) return false;
  if (runs.known < group.n()) return 2 * runs.feasible > group.n() + runs.failed;
  return std::all_of(runs.constraints.begin(), runs.constraints.end(),
                     [](double mean) { return mean <= 0; });
}

std::optional<double> Leaderboard::p_feasible(const Group& group) const {
  double p = static_cast<double>(group.n()) / (group.n() + group.failed());
  if (constraint_squares_.empty()) return p;
  if (!group.runs || group.runs->known == 0 || constraint_df_ == 0) return std::nullopt;
  const Runs& runs = *group.runs;
  for (std::size_t k = 0; k < runs.constraints.size(); ++k) {
    const double sd = std::sqrt(constraint_squares_[k] / constraint_df_ / runs.known);
    if (sd > 0) {
      p *= student_t_cdf(-runs.constraints[k] / sd, constraint_df_);
    } else if (!(runs.constraints[k] <= 0)) {
      p = 0;
    }
  }
  return p;
}

bool Leaderboard::confirmed(const Group& group) const {
  return (group.runs && group.runs->clear) || group.n() > rule_.replicates;
}

bool Leaderboard::is_stale() const {
  constexpr double kGrowth = 1.01;
  if (repeats_ == 0) return false;  // there is no model
  return fitted_.repeats < 0 || largest_ > fitted_.largest ||
         static_cast<double>(groups_.size()) > kGrowth * static_cast<double>(fitted_.groups) ||
         repeats_ > kGrowth * fitted_.repeats;
}

const HierarchicalFit* Leaderboard::fit() const {
  if (is_stale()) {
    std::vector<GroupSummary> summaries;
    summaries.reserve(groups_.size());
    for (const Group& group : groups_) {
      if (group.n() > 0 && group.in_model()) summaries.push_back(summary(group));
    }
    fit_ = fit_hierarchical(summaries);
    fitted_ = {groups_.size(), repeats_, largest_};
    firsts_.reset();
  }
  return fit_ ? &*fit_ : nullptr;
}

double Leaderboard::key(const Group& group) const {
  if (group.has_worst()) return -kInfinity;
  if (group.has_best()) return kInfinity;
  const HierarchicalFit* model = fit();
  return model == nullptr ? group.best() : model->posterior(summary(group)).mean;
}

bool Leaderboard::may_lead(const Group& group) const { return group.n() > 0 && feasible(group); }

void Leaderboard::consider(std::size_t position, First& first) const {
  const double its = key(groups_[position]);
  const bool better =
      first.position == kAll || its > first.key ||
      (its == first.key && groups_[position].first() < groups_[first.position].first());
  if (better) first = {position, its};
}

template <typename Accept>
Leaderboard::First Leaderboard::first(Accept accept) const {
  First first;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (may_lead(groups_[i]) && accept(groups_[i])) consider(i, first);
  }
  return first;
}

const Leaderboard::Firsts& Leaderboard::firsts() const {
  static_cast<void>(fit());
  if (!firsts_) {
    firsts_ = {first([](const Group&) { return true; }),
               first([this](const Group& group) { return confirmed(group); })};
  }
  return *firsts_;
}

void Leaderboard::update_firsts(std::size_t position) {
  if (is_stale()) firsts_.reset();
  if (!firsts_) return;
  const Group& group = groups_[position];
  for (First* first : {&firsts_->feasible, &firsts_->confirmed}) {
    const bool takes_part = may_lead(group) && (first == &firsts_->feasible || confirmed(group));
    if (first->position == position && !(takes_part && key(group) >= first->key)) {
      firsts_.reset();
      return;
    }
    if (takes_part) consider(position, *first);
  }
}

std::optional<LeaderRow> Leaderboard::row_of(const First& first) const {
  if (first.position == kAll) return std::nullopt;
  return row(groups_[first.position]);
}

std::optional<LeaderRow> Leaderboard::best(const std::function<bool(std::int64_t)>& accept) const {
  if (!accept) return row_of(firsts().feasible);
  return row_of(first([&](const Group& group) { return accept(group.first()); }));
}

std::optional<LeaderRow> Leaderboard::leader() const { return row_of(firsts().confirmed); }

std::vector<LeaderRow> Leaderboard::unconfirmed(std::size_t most) const {
  std::vector<std::tuple<double, std::int64_t, const Group*>> open;
  for (const Group& group : groups_) {
    if (group.n() == 0 || confirmed(group) || !feasible(group)) continue;
    open.emplace_back(-key(group), group.first(), &group);
  }
  const std::size_t count = std::min(most, open.size());
  std::partial_sort(open.begin(), open.begin() + static_cast<std::ptrdiff_t>(count), open.end());
  std::vector<LeaderRow> rows;
  for (std::size_t i = 0; i < count; ++i) rows.push_back(row(*std::get<2>(open[i])));
  return rows;
}

std::optional<LeaderRow> Leaderboard::find(const std::string& group) const {
  std::optional<LeaderRow> found;
  const auto key_at = [this](std::size_t position) { return groups_[position].key; };
  positions_.find(digest_of(group), key_at, [&](std::size_t position) {
    if (groups_[position].n() > 0) found = row(groups_[position]);
    return true;
  });
  return found;
}

double Leaderboard::probability_better(const LeaderRow& first, const LeaderRow& second) const {
  if (!first.mean || !second.mean) return 0.5;
  const double sd = std::hypot(*first.stderr_, *second.stderr_);
  const double off = sign_ * (*first.mean - *second.mean);
  if (!(sd > 0)) return off > 0 ? 1 : off < 0 ? 0 : 0.5;
  return normal_cdf(off / sd);
}

LeaderRow Leaderboard::row(const Group& group) const {
  LeaderRow row;
  row.number = group.first();
  row.runs = group.runs ? group.runs->numbers : std::vector{group.number};
  row.value = sign_ * group.best();
  row.n = group.n();
  row.feasible = feasible(group);
  row.p_feasible = p_feasible(group);
  row.confirmed = confirmed(group);
  row.confirmed_by = group.runs ? group.runs->confirmed_by : row.confirmed ? group.number : -1;
  const HierarchicalFit* model = group.in_model() ? fit() : nullptr;
  if (model == nullptr) return row;
  const Posterior posterior = model->posterior(summary(group));
  row.mean = unscaled(posterior.mean);
  row.stderr_ = std::abs(unscaled(posterior.sd));
  return row;
}

double Leaderboard::unscaled(double value) const {
  return sign_ * std::ldexp(value, exponent_ == kNoExponent ? 0 : exponent_);
}

std::vector<LeaderRow> Leaderboard::rows(std::size_t top) const {
  struct Ranked {
    const Group* group = nullptr;
    int rank_class = 0;  // feasible and confirmed, feasible, not feasible
    double key = 0;
  };
  std::vector<Ranked> order;
  order.reserve(groups_.size());
  for (const Group& group : groups_) {
    if (group.n() == 0) continue;
    order.push_back({&group, !feasible(group) ? 2 : confirmed(group) ? 0 : 1, key(group)});
  }
  const auto before = [](const Ranked& a, const Ranked& b) {
    if (a.rank_class != b.rank_class) return a.rank_class < b.rank_class;
    if (a.key != b.key) return a.key > b.key;
    return a.group->first() < b.group->first();
  };
  const HierarchicalFit* model = fit();
  // Without a model nothing below looks at what is not shown, apart from the raw best.
  const std::size_t shown = std::min(top, order.size());
  if (model == nullptr && shown < order.size()) {
    const auto end_of_shown = order.begin() + static_cast<std::ptrdiff_t>(shown);
    std::partial_sort(order.begin(), end_of_shown, order.end(), before);
  } else {
    std::sort(order.begin(), order.end(), before);
  }

  std::vector<Posterior> contenders;
  std::vector<std::size_t> at;
  for (std::size_t i = 0; i < order.size() && model != nullptr; ++i) {
    if (order[i].rank_class == 2 || !order[i].group->in_model()) continue;
    contenders.push_back(model->posterior(summary(*order[i].group)));
    at.push_back(i);
  }
  const std::vector<double> p_best = probability_of_largest(contenders);

  const auto raw = std::min_element(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    if ((a.rank_class == 2) != (b.rank_class == 2)) return b.rank_class == 2;
    if (a.group->best() != b.group->best()) return a.group->best() > b.group->best();
    return before(a, b);
  });
  std::unordered_map<std::size_t, double> p_of;
  for (std::size_t i = 0; i < at.size(); ++i) p_of.emplace(at[i], p_best[i]);

  std::vector<LeaderRow> rows;
  const auto add = [&](const Ranked& ranked, std::size_t place) {
    const Group& group = *ranked.group;
    LeaderRow& added = rows.emplace_back(row(group));
    added.rank = static_cast<int>(place) + 1;
    added.raw_best = &ranked == &*raw && ranked.rank_class != 2;
    if (const auto p = p_of.find(place); p != p_of.end()) added.p_best = p->second;
    if (!added.mean) return;
    const auto [low, high] = model->interval(summary(group));
    added.interval = std::minmax(unscaled(low), unscaled(high));
  };
  for (std::size_t i = 0; i < shown; ++i) add(order[i], i);
  if (raw - order.begin() >= static_cast<std::ptrdiff_t>(shown) && raw != order.end()) {
    const auto above = std::count_if(order.begin(), order.end(),
                                     [&](const Ranked& one) { return before(one, *raw); });
    add(*raw, static_cast<std::size_t>(above));
  }
  return rows;
}

std::vector<LeaderRow> leaderboard(Direction direction, std::span<const Run> runs) {
  std::vector<const Run*> ordered;
  for (const Run& run : runs) ordered.push_back(&run);
  std::sort(ordered.begin(), ordered.end(),
            [](const Run* a, const Run* b) { return a->number < b->number; });
  Leaderboard board(direction);
  for (const Run* run : ordered) board.add(*run);
  return board.rows();
}

}  // namespace studyhall
