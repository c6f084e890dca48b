// bench_evolution: how many results CMA-ES needs with many workers, and in many dimensions.
// doc/samplers.md has the tables.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/evolution/workers.h"
#include "core/error.h"

namespace studyhall::bench {
namespace {

double geometric_mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += std::log(value);
  return std::exp(sum / static_cast<double>(values.size()));
}

struct Contender {
  std::string name;
  Rule rule;
  Json options;
};

// "every", "generation", or either with options of the sampler: every{"popsize": 32}.
Contender contender(const std::string& text) {
  const std::size_t brace = std::min(text.find('{'), text.size());
  const std::string rule = text.substr(0, brace);
  if (rule != "every" && rule != "generation") {
    throw Error(ErrorCode::Invalid, fmt::format("{}: expected every or generation", text));
  }
  return {text, rule == "every" ? Rule::Every : Rule::Generation,
          brace == text.size() ? Json::object() : parse_json(text.substr(brace), text)};
}

void add_workers(CLI::App& app) {
  struct Given {
    std::vector<std::string> functions{"sphere", "rotated_ellipsoid", "rosenbrock",
                                       "rotated_rastrigin"};
    std::size_t d = 10;
    std::vector<int> workers{4, 32, 256};
    std::vector<std::string> rules{"generation", "every"};
    std::vector<double> targets{1e-1, 1e-2, 1e-4};
    std::int64_t most = 20'000;
    double spread = 0.5;
    int seeds = 5;
    bool by_function = false;
  };
  auto given = std::make_shared<Given>();
  CLI::App* verb = app.add_subcommand(
      "workers", "print how many results are needed for shares of the value at the start");
  verb->add_option("--functions", given->functions)->capture_default_str();
  verb->add_option("-d,--dimensions", given->d)->capture_default_str();
  verb->add_option("--workers", given->workers)->capture_default_str();
  verb->add_option("--rules", given->rules, "every, generation, or with options: every{...}")
      ->capture_default_str();
  verb->add_option("--targets", given->targets)->capture_default_str();
  verb->add_option("--most", given->most, "results")->capture_default_str();
  verb->add_option("--spread", given->spread, "sd of the logarithm of a duration")
      ->capture_default_str();
  verb->add_option("--seeds", given->seeds, "0, 1, ..., this many")->capture_default_str();
  verb->add_flag("--by-function", given->by_function);
  verb->callback([given] {
    std::vector<std::vector<std::string>> groups;
    if (given->by_function) {
      for (const std::string& name : given->functions) groups.push_back({name});
    } else {
      groups.push_back(given->functions);
    }
    for (const auto& group : groups) {
      fmt::print("\n{}, d = {}, seeds 0 to {}\n\n| workers | rule |", fmt::join(group, ", "),
                 given->d, given->seeds - 1);
      for (const double target : given->targets) fmt::print(" {:g} |", target);
      fmt::print("\n|---:|---|");
      for (std::size_t i = 0; i < given->targets.size(); ++i) fmt::print("---:|");
      fmt::print("\n");
      for (const int workers : given->workers) {
        for (const std::string& rule : given->rules) {
          const Contender who = contender(rule);
          const Race race{who.rule, who.options, workers, given->spread, given->most};
          std::vector<std::vector<double>> needed(given->targets.size());
          for (const std::string& name : group) {
            const Function function = function_named(name, given->d);
            for (int seed = 0; seed < given->seeds; ++seed) {
              const auto results =
                  results_needed(function, race, given->targets, static_cast<std::uint64_t>(seed));
              for (std::size_t i = 0; i < results.size(); ++i) {
                needed[i].push_back(static_cast<double>(results[i]));
              }
            }
          }
          fmt::print("| {} | {} |", workers, who.name);
          for (const auto& counts : needed) fmt::print(" {:.0f} |", geometric_mean(counts));
          fmt::print("\n");
          std::fflush(stdout);
        }
      }
    }
  });
}

void add_dimensions(CLI::App& app) {
  struct Given {
    std::vector<std::string> functions{"sphere",     "ellipsoid",          "rotated_ellipsoid",
                                       "rosenbrock", "rotated_rosenbrock", "rotated_rastrigin"};
    std::vector<std::size_t> dimensions{10, 20, 40, 80, 160};
    std::vector<std::int64_t> budgets{300, 1000, 3000, 10'000};
    int seeds = 5;
  };
  auto given = std::make_shared<Given>();
  CLI::App* verb = app.add_subcommand(
      "dimensions", "print what a full and a diagonal covariance reach, as shares of the start");
  verb->add_option("--functions", given->functions)->capture_default_str();
  verb->add_option("--dimensions", given->dimensions)->capture_default_str();
  verb->add_option("--budgets", given->budgets, "results, ascending")->capture_default_str();
  verb->add_option("--seeds", given->seeds, "0, 1, ..., this many")->capture_default_str();
  verb->callback([given] {
    fmt::print("| function | d | covariance | {} |\n|---|---:|---|",
               fmt::join(given->budgets, " | "));
    for (std::size_t i = 0; i < given->budgets.size(); ++i) fmt::print("---:|");
    fmt::print("\n");
    for (const std::size_t d : given->dimensions) {
      std::map<std::string, std::vector<double>> logs;  // over all functions
      for (const std::string& name : given->functions) {
        const Function function = function_named(name, d);
        for (const char* covariance : {"full", "diagonal"}) {
          const Race race{.options = {{"covariance", covariance}}, .most = given->budgets.back()};
          std::vector<std::vector<double>> reached(given->budgets.size());
          for (int seed = 0; seed < given->seeds; ++seed) {
            const auto values =
                values_reached(function, race, given->budgets, static_cast<std::uint64_t>(seed));
            for (std::size_t i = 0; i < values.size(); ++i) {
              reached[i].push_back(std::max(1e-12, values[i]));
            }
          }
          auto& sum = logs[covariance];
          sum.resize(reached.size());
          fmt::print("| {} | {} | {} |", name, d, covariance);
          for (std::size_t i = 0; i < reached.size(); ++i) {
            const double mean = geometric_mean(reached[i]);
            sum[i] += std::log(mean) / static_cast<double>(given->functions.size());
            fmt::print(" {:.3g} |", mean);
          }
          fmt::print("\n");
          std::fflush(stdout);
        }
      }
      for (const auto& [covariance, sum] : logs) {
        fmt::print("| all | {} | {} |", d, covariance);
        for (const double value : sum) fmt::print(" {:.3g} |", std::exp(value));
        fmt::print("\n");
      }
    }
  });
}

}  // namespace
}  // namespace studyhall::bench

int main(int argc, char** argv) {
  CLI::App app("CMA-ES with many workers and in many dimensions", "bench_evolution");
  app.require_subcommand(1);
  studyhall::bench::add_workers(app);
  studyhall::bench::add_dimensions(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const studyhall::Error& error) {
    fmt::print(stderr, "bench_evolution: {}\n", error.what());
    return 1;
  }
  return 0;
}
