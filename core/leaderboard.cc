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

void Leaderboard::add(const Run& run) {
  const auto [it, fresh] = position_.emplace(run.group, groups_.size());
  if (fresh) groups_.emplace_back();
  Group& group = groups_[it->second];
  if (run.failed) {
    ++group.failed;
    update_firsts(it->second);
    return;
  }
  group.runs.insert(std::upper_bound(group.runs.begin(), group.runs.end(), run.number), run.number);
  const double value = sign_ * run.value;
  group.best = group.values.empty() ? value : std::max(group.best, value);
  group.values.push_back(value);
  group.has_worst = group.has_worst || value == -kInfinity;
  group.has_best = group.has_best || value == kInfinity;
  group.feasible_runs += run.feasible ? 1 : 0;
  if (group.n() > 1) ++repeats_;
  largest_ = std::max(largest_, group.n());
  add_constraints(group, run);
  rescale(group, value);

  if (group.n() > 1 && !confirmed(group) && feasible(group)) {
    const std::optional<LeaderRow> before = leader();
    group.clear = before && probability_better(row(group), *before) >= rule_.clear;
  }
  if (group.confirmed_by < 0 && confirmed(group)) group.confirmed_by = run.number;
  update_firsts(it->second);
}

void Leaderboard::rescale(Group& group, double value) {
  int exponent = kNoExponent;
  if (std::isfinite(value) && value != 0) std::frexp(value, &exponent);
  if (exponent <= exponent_) return summarise(group);
  exponent_ = exponent;
  for (Group& other : groups_) summarise(other);
  fitted_ = {};
}

// Scaling by a power of two is exact, and squares are safe then.
void Leaderboard::summarise(Group& group) const {
  if (group.values.empty() || !group.in_model()) return;
  const int exponent = exponent_ == kNoExponent ? 0 : exponent_;
  const auto scaled = [exponent](double value) { return std::ldexp(value, -exponent); };
  GroupSummary& summary = group.summary;
  summary = {0, group.n(), 0};
  const double first = scaled(group.values.front());
  double shift = 0;
  for (const double value : group.values) shift += scaled(value) - first;
  summary.mean = first + shift / summary.n;
  for (const double value : group.values) {
    summary.squares += (scaled(value) - summary.mean) * (scaled(value) - summary.mean);
  }
}

void Leaderboard::add_constraints(Group& group, const Run& run) {
  if (run.constraints.empty()) return;
  constraint_squares_.resize(run.constraints.size());
  group.constraints.resize(run.constraints.size());
  ++group.known;
  for (std::size_t k = 0; k < run.constraints.size(); ++k) {
    double& mean = group.constraints[k];
    const double off = run.constraints[k] - mean;
    mean += off / group.known;
    constraint_squares_[k] += off * (run.constraints[k] - mean);
  }
  if (group.known > 1) ++constraint_df_;
}

bool Leaderboard::feasible(const Group& group) const {
  if (group.failed >= group.n()) return false;
  if (group.known < group.n()) return 2 * group.feasible_runs > group.n() + group.failed;
  return std::all_of(group.constraints.begin(), group.constraints.end(),
                     [](double mean) { return mean <= 0; });
}

std::optional<double> Leaderboard::p_feasible(const Group& group) const {
  double p = static_cast<double>(group.n()) / (group.n() + group.failed);
  if (constraint_squares_.empty()) return p;
  if (group.known == 0 || constraint_df_ == 0) return std::nullopt;
  for (std::size_t k = 0; k < group.constraints.size(); ++k) {
    const double sd = std::sqrt(constraint_squares_[k] / constraint_df_ / group.known);
    if (sd > 0) {
      p *= student_t_cdf(-group.constraints[k] / sd, constraint_df_);
    } else if (!(group.constraints[k] <= 0)) {
      p = 0;
    }
  }
  return p;
}

bool Leaderboard::confirmed(const Group& group) const {
  return group.clear || group.n() > rule_.replicates;
}

bool Leaderboard::is_stale() const {
  constexpr double kGrowth = 1.01;
  return fitted_.repeats < 0 || largest_ > fitted_.largest ||
         static_cast<double>(groups_.size()) > kGrowth * static_cast<double>(fitted_.groups) ||
         repeats_ > kGrowth * fitted_.repeats;
}

const HierarchicalFit* Leaderboard::fit() const {
  if (is_stale()) {
    std::vector<GroupSummary> summaries;
    summaries.reserve(groups_.size());
    for (const Group& group : groups_) {
      if (group.n() > 0 && group.in_model()) summaries.push_back(group.summary);
    }
    fit_ = fit_hierarchical(summaries);
    fitted_ = {groups_.size(), repeats_, largest_};
    firsts_.reset();
  }
  return fit_ ? &*fit_ : nullptr;
}

double Leaderboard::key(const Group& group) const {
  if (group.has_worst) return -kInfinity;
  if (group.has_best) return kInfinity;
  const HierarchicalFit* model = fit();
  return model == nullptr ? group.best : model->posterior(group.summary).mean;
}

bool Leaderboard::may_lead(const Group& group) const { return group.n() > 0 && feasible(group); }

void Leaderboard::consider(std::size_t position, First& first) const {
  const double its = key(groups_[position]);
  const bool better =
      first.position == kAll || its > first.key ||
      (its == first.key && groups_[position].runs.front() < groups_[first.position].runs.front());
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
  return row_of(first([&](const Group& group) { return accept(group.runs.front()); }));
}

std::optional<LeaderRow> Leaderboard::leader() const { return row_of(firsts().confirmed); }

std::vector<LeaderRow> Leaderboard::unconfirmed(std::size_t most) const {
  std::vector<std::tuple<double, std::int64_t, const Group*>> open;
  for (const Group& group : groups_) {
    if (group.n() == 0 || confirmed(group) || !feasible(group)) continue;
    open.emplace_back(-key(group), group.runs.front(), &group);
  }
  const std::size_t count = std::min(most, open.size());
  std::partial_sort(open.begin(), open.begin() + static_cast<std::ptrdiff_t>(count), open.end());
  std::vector<LeaderRow> rows;
  for (std::size_t i = 0; i < count; ++i) rows.push_back(row(*std::get<2>(open[i])));
  return rows;
}

std::optional<LeaderRow> Leaderboard::find(const std::string& group) const {
  const auto found = position_.find(group);
  if (found == position_.end() || groups_[found->second].n() == 0) return std::nullopt;
  return row(groups_[found->second]);
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
  row.number = group.runs.front();
  row.runs = group.runs;
  row.value = sign_ * group.best;
  row.n = group.n();
  row.feasible = feasible(group);
  row.p_feasible = p_feasible(group);
  row.confirmed = confirmed(group);
  row.confirmed_by = group.confirmed_by;
  const HierarchicalFit* model = group.in_model() ? fit() : nullptr;
  if (model == nullptr) return row;
  const Posterior posterior = model->posterior(group.summary);
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
  for (const Group& group : groups_) {
    if (group.n() == 0) continue;
    order.push_back({&group, !feasible(group) ? 2 : confirmed(group) ? 0 : 1, key(group)});
  }
  std::sort(order.begin(), order.end(), [](const Ranked& a, const Ranked& b) {
    if (a.rank_class != b.rank_class) return a.rank_class < b.rank_class;
    if (a.key != b.key) return a.key > b.key;
    return a.group->runs.front() < b.group->runs.front();
  });

  const HierarchicalFit* model = fit();
  std::vector<Posterior> contenders;
  std::vector<std::size_t> at;
  for (std::size_t i = 0; i < order.size() && model != nullptr; ++i) {
    if (order[i].rank_class == 2 || !order[i].group->in_model()) continue;
    contenders.push_back(model->posterior(order[i].group->summary));
    at.push_back(i);
  }
  const std::vector<double> p_best = probability_of_largest(contenders);

  const auto raw = std::min_element(order.begin(), order.end(), [](const auto& a, const auto& b) {
    if ((a.rank_class == 2) != (b.rank_class == 2)) return b.rank_class == 2;
    return a.group->best > b.group->best;
  });
  std::unordered_map<std::size_t, double> p_of;
  for (std::size_t i = 0; i < at.size(); ++i) p_of.emplace(at[i], p_best[i]);

  std::vector<LeaderRow> rows;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool is_raw = raw == order.begin() + static_cast<std::ptrdiff_t>(i);
    if (i >= top && !is_raw) continue;
    const Group& group = *order[i].group;
    rows.push_back(row(group));
    rows.back().rank = static_cast<int>(i) + 1;
    rows.back().raw_best = is_raw && order[i].rank_class != 2;
    if (const auto p = p_of.find(i); p != p_of.end()) rows.back().p_best = p->second;
    if (!rows.back().mean) continue;
    const auto [low, high] = model->interval(group.summary);
    rows.back().interval = std::minmax(unscaled(low), unscaled(high));
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
