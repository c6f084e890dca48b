// bench_quality: how good samplers are, as README.md beside this file explains.

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "bench/quality/compare.h"
#include "bench/quality/problems.h"
#include "bench/quality/runner.h"
#include "bench/quality/search.h"
#include "bench/quality/serve.h"
#include "cli/gnuplot.h"
#include "core/error.h"

namespace studyhall::bench {
namespace {

struct Which {
  std::string regex;
  std::string group;
  bool holdout = false;
  bool tuning = false;

  void add_to(CLI::App& verb) {
    verb.add_option("--problems", regex, "only those whose name this regular expression finds");
    verb.add_option("--group", group, "only those of this group");
    auto* const hold = verb.add_flag("--holdout", holdout, "only those of the hold-out set");
    verb.add_flag("--tuning", tuning, "only those outside the hold-out set")->excludes(hold);
  }
  [[nodiscard]] std::vector<const TestProblem*> selected() const {
    Selection selection;
    if (!regex.empty()) selection.regex = regex;
    if (!group.empty()) selection.group = group;
    if (holdout || tuning) selection.holdout = holdout;
    return select(selection);
  }
};

// "3" or "0-15".
void read_seeds(const std::string& text, RunOptions& options) {
  const std::size_t dash = text.find('-');
  const auto number = [&](std::string_view part) {
    std::int64_t value = -1;
    const auto [stop, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || stop != part.data() + part.size() || value < 0)
      throw Error(ErrorCode::Invalid,
                  fmt::format("--seeds {}: expected a number, or two as in 0-15", text));
    return value;
  };
  options.first_seed = number(std::string_view(text).substr(0, dash));
  options.last_seed = dash == std::string::npos ? options.first_seed
                                                : number(std::string_view(text).substr(dash + 1));
  if (options.last_seed < options.first_seed)
    throw Error(ErrorCode::Invalid, fmt::format("--seeds {}: ends before it begins", text));
}

void add_run(CLI::App& app) {
  struct Given {
    Which which;
    std::string sampler = R"({"name": "tpe"})";
    std::string seeds = "0-15";
    std::string start = "sampler";
    std::string file;
    RunOptions options;
  };
  auto given = std::make_shared<Given>();
  given->options.trials = 200;
  given->options.threads = 2;
  CLI::App* verb = app.add_subcommand("run", "run a sampler of ours and write a CSV");
  given->which.add_to(*verb);
  verb->add_option("--sampler", given->sampler, "as a study file's \"sampler\"")
      ->capture_default_str();
  verb->add_option("--label", given->options.label, "what to call it")->required();
  verb->add_option("--seeds", given->seeds, "one, or the first and last")->capture_default_str();
  verb->add_option("--trials", given->options.trials, "of a run")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  verb->add_option("--start", given->start, "default: trial 0 is the middle of the space")
      ->check(CLI::IsMember({"sampler", "default"}))
      ->capture_default_str();
  verb->add_option("--blocks", given->options.blocks,
                   "deal the parameters to so many workers, each of which moves its own alone")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  verb->add_option("--workers", given->options.workers,
                   "trials that run at once; without it as each problem has it")
      ->check(CLI::Range(1, 10'000));
  verb->add_option("--threads", given->options.threads)
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  verb->add_option("-o,--output", given->file, "the CSV")->required();
  verb->callback([given] {
    RunOptions& options = given->options;
    options.sampler = parse_json(given->sampler, "--sampler");
    if (options.sampler.is_string()) options.sampler = {{"name", options.sampler}};
    if (options.label.find_first_of(",\"\n") != std::string::npos)
      throw Error(ErrorCode::Invalid, "--label: without commas and quotes, please");
    options.start_at_default = given->start == "default";
    read_seeds(given->seeds, options);
    const auto results = run_suite(given->which.selected(), options, std::cerr);
    std::ofstream out(given->file);
    write_results(out, results);
    if (!out.flush())
      throw Error(ErrorCode::Unavailable, fmt::format("cannot write {}", given->file));
  });
}

void add_compare(CLI::App& app) {
  struct Given {
    std::vector<std::string> files;
    bool markdown = false;
    bool ranks = false;
    std::string plot;
    CompareOptions options;
  };
  auto given = std::make_shared<Given>();
  CLI::App* verb = app.add_subcommand("compare", "print who is better, and how sure that is");
  verb->add_option("files", given->files, "CSVs; the first label is compared with the others")
      ->required();
  verb->add_option("--floor", given->options.floor, "regrets below count as this")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_flag("--by-problem", given->options.by_problem, "each problem by itself");
  verb->add_flag("--ranks", given->ranks, "the mean rank of every label, a line for each group");
  verb->add_flag("--markdown", given->markdown);
  verb->add_option("--plot", given->plot, "draw the regret over trials: FILE.svg or FILE.png");
  verb->callback([given] {
    std::vector<Result> results;
    for (const std::string& file : given->files) {
      std::ifstream in(file);
      if (!in) throw Error(ErrorCode::NotFound, fmt::format("cannot read {}", file));
      std::vector<Result> more = read_results(in, file);
      results.insert(results.end(), more.begin(), more.end());
    }
    const std::vector<Standing> standings = compare(results, given->options);
    (given->ranks ? print_ranks : print_standings)(std::cout, standings, given->markdown);
    if (given->plot.empty()) return;
    const char* path = std::getenv("PATH");
    const std::string terminal = cli::terminal_line(cli::picture_kind(given->plot));
    cli::draw(regret_script(standings, terminal), given->plot, path == nullptr ? "" : path);
  });
}

void add_problems(CLI::App& app) {
  auto which = std::make_shared<Which>();
  CLI::App* verb = app.add_subcommand("problems", "list the problems");
  which->add_to(*verb);
  verb->callback([which] {
    fmt::print("{:<26} {:<12} {:<8} {:>3} {:>3} {:>12} {:>12} {:>12} {:>12} {:>10}\n", "name",
               "group", "set", "d", "q", "optimum", "best of 50", "median", "worst of 50",
               "noise sd");
    for (const TestProblem* p : which->selected()) {
      const Yardstick& y = yardstick(*p);
      fmt::print(
          "{:<26} {:<12} {:<8} {:>3} {:>3} {:>12.6g} {:>12.6g} {:>12.6g} {:>12.6g} {:>10.3g}\n",
          p->name, p->group, p->holdout ? "hold-out" : "tuning", p->spec->space.size(), p->workers,
          p->optimum, y.best, y.middle, y.worst, noise_sd(*p));
    }
  });
}

void add_optimum(CLI::App& app) {
  struct Given {
    Which which;
    int starts = 32;
    std::int64_t evaluations = 100'000;
  };
  auto given = std::make_shared<Given>();
  CLI::App* verb =
      app.add_subcommand("optimum", "search long for each problem's optimum, and print it");
  given->which.add_to(*verb);
  verb->add_option("--starts", given->starts)->capture_default_str();
  verb->add_option("--evaluations", given->evaluations, "of each start")->capture_default_str();
  verb->callback([given] {
    for (const TestProblem* p : given->which.selected()) {
      const Found found = search_optimum(*p, given->starts, given->evaluations);
      fmt::print("{}: found {:.17g}, stored {:.17g}, at {}\n", p->name, found.value, p->optimum,
                 found.config.empty() ? "-" : dump_json(p->spec->space.to_json(found.config)));
      std::fflush(stdout);
    }
  });
}

int run(int argc, char** argv) {
  CLI::App app("How good samplers are", "bench_quality");
  app.require_subcommand(1);
  add_run(app);
  add_compare(app);
  add_problems(app);
  add_optimum(app);
  app.add_subcommand("serve", "answer JSON lines on standard input (serve.h)")->callback([] {
    serve(std::cin, std::cout);
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const Error& error) {
    fmt::print(stderr, "bench_quality: {}\n", error.what());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace studyhall::bench

int main(int argc, char** argv) { return studyhall::bench::run(argc, argv); }
