#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "core/leaderboard.h"
#include "core/pareto.h"

namespace studyhall {

namespace {

struct Contender {
  LeaderRow row;
  Losses key;  // what it is ranked by
};

// The largest of its runs' losses in objective `k` where one of them is infinite, so that the model
// leaves it out, or where it has one run.
Losses worst(const LeaderRow& row, std::span<const Direction> directions,
             const std::unordered_map<std::int64_t, const Run*>& runs) {
  Losses result = losses(row.values, directions);
  for (const std::int64_t number : row.runs) {
    const Losses loss = losses(runs.at(number)->values, directions);
    for (std::size_t k = 0; k < loss.size(); ++k) result[k] = std::max(result[k], loss[k]);
  }
  return result;
}

std::vector<Contender> contenders(std::span<const Direction> directions,
                                  std::span<const Run> runs) {
  std::unordered_map<std::int64_t, const Run*> by_number;
  for (const Run& run : runs) by_number.emplace(run.number, &run);

  std::vector<Contender> result;
  std::unordered_map<std::int64_t, std::size_t> position;
  std::vector<Run> single(runs.begin(), runs.end());
  for (std::size_t k = 0; k < directions.size(); ++k) {
    for (Run& run : single) run.value = by_number.at(run.number)->values[k];
    for (LeaderRow& row : leaderboard(directions[k], single)) {
      if (k == 0) {
        position.emplace(row.number, result.size());
        row.values = by_number.at(row.number)->values;
        row.value = row.values.front();
        row.p_best.reset();
        Losses key = worst(row, directions, by_number);
        result.push_back({row, std::move(key)});
      }
      if (!row.mean) continue;
      Contender& contender = result[position.at(row.number)];
      contender.key[k] = directions[k] == Direction::Maximize ? -*row.mean : *row.mean;
      contender.row.means.push_back(*row.mean);
    }
  }
  for (Contender& contender : result) {
    if (contender.row.means.size() < directions.size()) contender.row.means.clear();
  }
  return result;
}

// Gives `group` its ranks, from `first` on; returns the next free one.
int rank(std::span<Contender*> group, int first) {
  std::vector<Losses> keys;
  for (const Contender* contender : group) keys.push_back(contender->key);
  const std::vector<std::size_t> ranks = non_domination_ranks(keys);
  int next = first;
  for (std::size_t i = 0; i < group.size(); ++i) {
    group[i]->row.rank = first + static_cast<int>(ranks[i]);
    next = std::max(next, group[i]->row.rank + 1);
  }
  return next;
}

bool precedes(const Contender& a, const Contender& b) {
  if (a.row.rank != b.row.rank) return a.row.rank < b.row.rank;
  if (a.key.front() != b.key.front()) return a.key.front() < b.key.front();
  return a.row.number < b.row.number;
}

}  // namespace

std::vector<LeaderRow> pareto_leaderboard(std::span<const Direction> directions,
                                          std::span<const Run> runs) {
  std::vector<Contender> all = contenders(directions, runs);
  std::vector<Contender*> feasible;
  std::vector<Contender*> infeasible;
  for (Contender& contender : all) {
    (contender.row.feasible ? feasible : infeasible).push_back(&contender);
  }
  rank(infeasible, rank(feasible, 1));
  std::sort(all.begin(), all.end(), precedes);
  std::vector<LeaderRow> rows;
  rows.reserve(all.size());
  for (Contender& contender : all) rows.push_back(std::move(contender.row));
  return rows;
}

}  // namespace studyhall
