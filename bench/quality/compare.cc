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
      for (std::size_t l = 0; l < labels_.size(); ++l)
        standings_.push_back(standing(group, budget, l, runs));
    }
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
    std::vector<Paired> out;
    for (const auto& [seed, regrets] : by_seed) {
      if (regrets.size() != labels_.size()) continue;
      Paired& paired = out.emplace_back();
      for (const std::string& label : labels_) paired.push_back(regrets.at(label));
    }
    return out;
  }

  [[nodiscard]] Standing standing(const std::string& group, std::int64_t budget, std::size_t label,
                                  const Runs& runs) const {
    Standing out;
    out.group = group;
    out.trials = budget;
    out.label = labels_[label];
    out.problems = runs.size();
    std::vector<double> logs;
    std::vector<double> log_means;
    std::vector<double> differences;
    std::vector<double> mean_differences;
    for (const auto& [problem, paired] : runs) {
      std::vector<double> its_logs;
      std::vector<double> its_regrets;
      std::vector<double> its_differences;
      for (const Paired& run : paired) {
        its_logs.push_back(std::log(run[label]));
        its_regrets.push_back(run[label]);
        its_differences.push_back(std::log(run[label] / run[0]));
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
      {"win/tie/loss", Align::Right},
      {"p runs", Align::Right},
      {"p problems", Align::Right},
  };
  return all;
}

}  // namespace

std::vector<Standing> compare(const std::vector<Result>& results, const CompareOptions& options) {
  return Comparison(results, options).all();
}

void print_standings(std::ostream& out, const std::vector<Standing>& standings, bool markdown) {
  if (!markdown) {
    cli::Table table(columns());
    for (const Standing& s : standings) {
      const std::vector<std::string> row = cells(s);
      table.add({row.begin(), row.end()});
    }
    table.print(out, 120, false);
    return;
  }
  std::string titles = "|";
  std::string rule = "|";
  for (const cli::Column& column : columns()) {
    titles += " " + column.title + " |";
    rule += column.align == cli::Align::Right ? "---:|" : "---|";
  }
  out << titles << '\n' << rule << '\n';
  for (const Standing& s : standings) out << fmt::format("| {} |\n", fmt::join(cells(s), " | "));
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
                       "set xtics (10, 25, 50, 100, 200, 400, 1000)\n"
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
