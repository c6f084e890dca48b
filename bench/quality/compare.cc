#include "bench/quality/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "bench/quality/problems.h"
#include "cli/gnuplot.h"
#include "cli/table.h"
#include "core/error.h"
#include "core/signed_rank.h"

namespace studyhall::bench {
namespace {

// Regrets of the labels, in their order, for one problem and seed.
using Paired = std::vector<double>;
// By problem, in the order of the results.
using Runs = std::vector<std::pair<std::string, std::vector<Paired>>>;

template <typename T>
void add_once(std::vector<T>& list, const T& item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

// The rank of `run[label]` in `run`, from 1 for the least; equal ones share the mean of their
// ranks.
double rank_of(const Paired& run, std::size_t label) {
  std::size_t below = 0;
  std::size_t equal = 0;
  for (const double regret : run) {
    below += regret < run[label] ? 1U : 0U;
    equal += regret == run[label] ? 1U : 0U;
  }
  return static_cast<double>(below) + (static_cast<double>(equal) + 1) / 2;
}

class Comparison {
 public:
  Comparison(const std::vector<Result>& results, const CompareOptions& options)
      : options_(options) {
    for (const Result& r : results) {
      add_once(labels_, r.label);
      add_once(groups_, r.group);
      add_once(problems_, r.problem);
      group_of_[r.problem] = r.group;
      budgets_.insert(r.trials);
      reached_.insert({r.trials, r.label});
      const double regret = std::max(options.floor, r.regret);
      if (!regrets_.try_emplace({r.trials, r.problem, r.seed, r.label}, regret).second)
        throw Error(ErrorCode::Invalid,
                    fmt::format("label {}, problem {}, seed {}, {} trials: there twice", r.label,
                                r.problem, r.seed, r.trials));
    }
    for (const TestProblem& problem : bench::problems()) holdout_[problem.name] = problem.holdout;
  }

  std::vector<Standing> all() {
    if (options_.by_problem) {
      for (const std::string& problem : problems_)
        add(problem, [&](const std::string& name) { return name == problem; });
    } else {
      for (const std::string& group : groups_)
        add(group, [&](const std::string& name) { return group_of_.at(name) == group; });
    }
    for (const bool holdout : {false, true})
      add(holdout ? "hold-out" : "tuning", [&](const std::string& name) {
        const auto found = holdout_.find(name);
        return found != holdout_.end() && found->second == holdout;
      });
    add("all", [](const std::string&) { return true; });
    if (standings_.empty())
      throw Error(ErrorCode::Invalid, "the labels have no problem, seed and budget in common");
    return std::move(standings_);
  }

 private:
  template <typename Member>
  void add(const std::string& group, const Member& is_member) {
    for (const std::int64_t budget : budgets_) {
      Runs runs;
      for (const std::string& problem : problems_) {
        if (!is_member(problem)) continue;
        std::vector<Paired> paired = runs_of(budget, problem);
        if (!paired.empty()) runs.emplace_back(problem, std::move(paired));
      }
      if (runs.empty()) continue;
      const std::vector<std::string> labels = labels_at(budget);
      for (std::size_t l = 0; l < labels.size(); ++l) {
        Standing& added = standings_.emplace_back(standing(group, budget, l, runs));
        added.label = labels[l];
      }
    }
  }

  // Those with a result at this budget, in their order.
  [[nodiscard]] std::vector<std::string> labels_at(std::int64_t budget) const {
    std::vector<std::string> out;
    for (const std::string& label : labels_)
      if (reached_.count({budget, label}) > 0) out.push_back(label);
    return out;
  }

  [[nodiscard]] std::vector<Paired> runs_of(std::int64_t budget, const std::string& problem) const {
    std::map<std::int64_t, std::map<std::string, double>> by_seed;
    constexpr auto kFirst = std::numeric_limits<std::int64_t>::min();
    for (auto it = regrets_.lower_bound({budget, problem, kFirst, ""}); it != regrets_.end();
         ++it) {
      const auto& [trials, name, seed, label] = it->first;
      if (trials != budget || name != problem) break;
      by_seed[seed][label] = it->second;
    }
    const std::vector<std::string> labels = labels_at(budget);
    std::vector<Paired> out;
    for (const auto& [seed, regrets] : by_seed) {
      if (regrets.size() != labels.size()) continue;
      Paired& paired = out.emplace_back();
      for (const std::string& label : labels) paired.push_back(regrets.at(label));
    }
    return out;
  }

  [[nodiscard]] Standing standing(const std::string& group, std::int64_t budget, std::size_t label,
                                  const Runs& runs) const {
    Standing out;
    out.group = group;
    out.trials = budget;
    out.problems = runs.size();
    std::vector<double> logs;
    std::vector<double> log_means;
    std::vector<double> differences;
    std::vector<double> mean_differences;
    std::vector<double> ranks;
    for (const auto& [problem, paired] : runs) {
      std::vector<double> its_logs;
      std::vector<double> its_regrets;
      std::vector<double> its_differences;
      for (const Paired& run : paired) {
        its_logs.push_back(std::log(run[label]));
        its_regrets.push_back(run[label]);
        its_differences.push_back(std::log(run[label] / run[0]));
        ranks.push_back(rank_of(run, label));
        out.wins += run[0] < run[label] ? 1U : 0U;
        out.ties += run[0] == run[label] ? 1U : 0U;
        out.losses += run[0] > run[label] ? 1U : 0U;
      }
      out.runs += paired.size();
      logs.push_back(mean(its_logs));
      log_means.push_back(std::log(mean(its_regrets)));
      mean_differences.push_back(mean(its_differences));
      differences.insert(differences.end(), its_differences.begin(), its_differences.end());
    }
    out.geometric = std::exp(mean(logs));
    out.arithmetic = std::exp(mean(log_means));
    out.rank = mean(ranks);
    const bool first = label == 0;
    if (first) out.wins = out.ties = out.losses = 0;
    const double absent = std::numeric_limits<double>::quiet_NaN();
    out.p_runs = first ? absent : signed_rank_p_two_sided(differences);
    out.p_problems = first ? absent : signed_rank_p_two_sided(mean_differences);
    return out;
  }

  CompareOptions options_;
  std::vector<std::string> labels_;
  std::vector<std::string> groups_;
  std::vector<std::string> problems_;
  std::map<std::string, std::string> group_of_;
  std::map<std::string, bool> holdout_;
  std::set<std::int64_t> budgets_;
  std::set<std::pair<std::int64_t, std::string>> reached_;  // budgets that a label has
  std::map<std::tuple<std::int64_t, std::string, std::int64_t, std::string>, double> regrets_;
  std::vector<Standing> standings_;
};

std::string probability(double p) {
  if (std::isnan(p)) return "";
  return p < 0.001 ? fmt::format("{:.0e}", p) : fmt::format("{:.3f}", p);
}

std::vector<std::string> cells(const Standing& s) {
  const bool first = std::isnan(s.p_runs);
  return {s.group,
          fmt::format("{}", s.trials),
          s.label,
          fmt::format("{}", s.problems),
          fmt::format("{}", s.runs),
          fmt::format("{:.3g}", s.geometric),
          fmt::format("{:.3g}", s.arithmetic),
          fmt::format("{:.2f}", s.rank),
          first ? "" : fmt::format("{}/{}/{}", s.wins, s.ties, s.losses),
          probability(s.p_runs),
          probability(s.p_problems)};
}

const std::vector<cli::Column>& columns() {
  using cli::Align;
  static const std::vector<cli::Column> all{
      {"group"},
      {"trials", Align::Right},
      {"label", Align::Left, true},
      {"problems", Align::Right},
      {"runs", Align::Right},
      {"regret", Align::Right},
      {"mean", Align::Right},
      {"rank", Align::Right},
      {"win/tie/loss", Align::Right},
      {"p runs", Align::Right},
      {"p problems", Align::Right},
  };
  return all;
}

void print_table(std::ostream& out, const std::vector<cli::Column>& titles,
                 const std::vector<std::vector<std::string>>& rows, bool markdown) {
  if (!markdown) {
    cli::Table table(titles);
    for (const auto& row : rows) table.add({row.begin(), row.end()});
    table.print(out, 120, false);
    return;
  }
  std::string head = "|";
  std::string rule = "|";
  for (const cli::Column& column : titles) {
    head += " " + column.title + " |";
    rule += column.align == cli::Align::Right ? "---:|" : "---|";
  }
  out << head << '\n' << rule << '\n';
  for (const auto& row : rows) out << fmt::format("| {} |\n", fmt::join(row, " | "));
}

// Of the first of the standings, which are those of one group and budget.
std::string verdict(const std::vector<const Standing*>& cell) {
  constexpr double kLevel = 0.05;
  const Standing& own = *cell[0];
  const Standing* other = nullptr;
  for (std::size_t l = 1; l < cell.size(); ++l)
    if (other == nullptr || cell[l]->rank < other->rank) other = cell[l];
  if (other == nullptr || own.rank <= other->rank) return "best";
  return fmt::format("{} {}, p {}", other->p_runs < kLevel ? "behind" : "tied with", other->label,
                     probability(other->p_runs));
}

}  // namespace

std::vector<Standing> compare(const std::vector<Result>& results, const CompareOptions& options) {
  return Comparison(results, options).all();
}

void print_standings(std::ostream& out, const std::vector<Standing>& standings, bool markdown) {
  std::vector<std::vector<std::string>> rows;
  rows.reserve(standings.size());
  for (const Standing& s : standings) rows.push_back(cells(s));
  print_table(out, columns(), rows, markdown);
}

void print_ranks(std::ostream& out, const std::vector<Standing>& standings, bool markdown) {
  using cli::Align;
  std::vector<cli::Column> titles{
      {"group"}, {"trials", Align::Right}, {"problems", Align::Right}, {"runs", Align::Right}};
  std::vector<std::string> labels;
  for (const Standing& s : standings) add_once(labels, s.label);
  for (const std::string& label : labels) titles.push_back({label, Align::Right});
  titles.push_back({labels.front() + " is"});
  std::vector<std::vector<std::string>> rows;
  for (auto first = standings.begin(); first != standings.end();) {
    const auto last = std::find_if(first, standings.end(), [&](const Standing& s) {
      return s.group != first->group || s.trials != first->trials;
    });
    std::vector<const Standing*> cell;
    for (auto s = first; s != last; ++s) cell.push_back(&*s);
    std::vector<std::string>& row = rows.emplace_back();
    row = {first->group, fmt::format("{}", first->trials), fmt::format("{}", first->problems),
           fmt::format("{}", first->runs)};
    for (const std::string& label : labels) {
      const auto of_label = std::find_if(cell.begin(), cell.end(),
                                         [&](const Standing* s) { return s->label == label; });
      row.push_back(of_label == cell.end() ? "" : fmt::format("{:.2f}", (*of_label)->rank));
    }
    row.push_back(first->label == labels.front() ? verdict(cell) : "");
    first = last;
  }
  print_table(out, titles, rows, markdown);
}

std::string regret_script(const std::vector<Standing>& standings, const std::string& terminal) {
  std::vector<std::string> labels;
  std::map<std::string, std::string> lines;
  for (const Standing& s : standings) {
    if (s.group != "all") continue;
    add_once(labels, s.label);
    lines[s.label] += fmt::format("{} {}\n", s.trials, s.geometric);
  }
  std::string script = terminal +
                       "set logscale xy\n"
                       "set xlabel 'trials'\n"
                       "set ylabel 'geometric mean of the normalised regret'\n"
                       "set xtics (10, 20, 50, 100, 200, 400, 1000)\n"
                       "set border 3 lc rgb '#888888'\n"
                       "set tics nomirror out scale 0.6\n"
                       "set grid xtics ytics lt 1 lw 0.6 lc rgb '#e8e8e8'\n"
                       "set key outside right top vertical Left reverse\n";
  for (std::size_t i = 0; i < labels.size(); ++i)
    script += fmt::format("$label{} << STUDYHALL_END\n{}STUDYHALL_END\n", i, lines[labels[i]]);
  script += "plot ";
  for (std::size_t i = 0; i < labels.size(); ++i)
    script += fmt::format("{}$label{} using 1:2 with linespoints lw 2 pt 7 title {}",
                          i == 0 ? "" : ", ", i, cli::gnuplot_string(labels[i]));
  return script + "\n";
}

}  // namespace studyhall::bench
