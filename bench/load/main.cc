// The server under load: `study serve` with SQLite on a fresh database, as users start it, and a
// load client that share this machine's cores.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <string>

#include "bench/load/load_client.h"
#include "bench/load/reader.h"
#include "client/study_client.h"
#include "core/json.h"
#include "tests/support/paths.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace studyhall::load {
namespace {

constexpr const char* kParams = R"({
    "threshold_1src":  {"type": "float", "low": 0.28, "high": 0.42},
    "threshold_2src":  {"type": "float", "low": 0.38, "high": 0.55},
    "fallback_sigma":  {"type": "float", "low": 0.05, "high": 0.5, "log": true},
    "init_strategy":   {"type": "categorical", "choices": ["smart", "random", "triangulation", "grid"]},
    "refine_iters":    {"type": "int", "low": 2, "high": 5},
    "refine_top":      {"type": "int", "low": 1, "high": 3},
    "fallback_fevals": {"type": "int", "low": 14, "high": 24},
    "fevals_1src":     {"type": "int", "low": 8, "high": 24},
    "fevals_2src":     {"type": "int", "low": 32, "high": 44}})";

// What the operating system says of the server's process.
struct Usage {
  double cpu_seconds = 0;
  double resident_mb = 0;
};

Usage usage_of(pid_t pid) {
  std::ifstream stat_file(fmt::format("/proc/{}/stat", pid));
  std::string text((std::istreambuf_iterator<char>(stat_file)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  std::ifstream statm(fmt::format("/proc/{}/statm", pid));
  double size = 0;
  double resident = 0;
  statm >> size >> resident;
  return {(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK)),
          resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6};
}

// A server with one study.
class Server {
 public:
  Server(const std::string& program, const std::string& sampler)
      : process_(dir_.path() / "studies.db", program) {
    client::connect(process_.url())
        ->create_study({{"name", "load"},
                        {"direction", "maximize"},
                        {"seed", 7},
                        {"sampler", {{"name", sampler}}},
                        {"params", parse_json(kParams, "params")}});
  }
  [[nodiscard]] LoadOptions options(int connections, std::int64_t cycles) const {
    return {process_.port(), "load", connections, cycles};
  }
  [[nodiscard]] Usage usage() const { return usage_of(process_.pid()); }

 private:
  studyhall::testing::TempDir dir_;
  studyhall::testing::ServerProcess process_;
};

// What one run is.
struct Load {
  std::string program = "bin/study";  // below the build folder
  std::string sampler = "random";
  int connections = 64;
  std::int64_t cycles = 40'000;
  std::int64_t before = 0;  // trials in the study already
};

void print_head() {
  fmt::print("{:<42} {:>8} {:>10} {:>8} {:>10} {:>8} {:>10} {:>6}\n", "", "cycles/s", "ask p50 ms",
             "p99", "tell p50", "p99", "server us", "MB");
}

// Returns cycles a second.
double run_cycles(const Load& load) {
  const Server server(load.program, load.sampler);
  if (load.before > 0) ask_and_tell(server.options(load.connections, load.before));
  const Usage begin = server.usage();
  const LoadResult result = ask_and_tell(server.options(load.connections, load.cycles));
  const Usage end = server.usage();
  const auto cycles = static_cast<double>(result.cycles);
  const double rate = cycles / result.seconds;
  const std::string trials = load.before > 0 ? fmt::format(" after {} trials", load.before) : "";
  fmt::print("{:<42} {:>8.0f} {:>10.2f} {:>8.2f} {:>10.2f} {:>8.2f} {:>10.0f} {:>6.0f}\n",
             fmt::format("{}{}, {} connections", load.sampler, trials, load.connections), rate,
             quantile(result.ask_ms, 0.5), quantile(result.ask_ms, 0.99),
             quantile(result.tell_ms, 0.5), quantile(result.tell_ms, 0.99),
             (end.cpu_seconds - begin.cpu_seconds) / cycles * 1e6, end.resident_mb);
  std::fflush(stdout);
  return rate;
}

struct Read {
  const char* name;
  const char* path;
  const char* accept;
};

constexpr Read kReads[] = {
    {"export (CSV)", "/api/v1/studies/load/export?format=csv", "*/*"},
    {"export (JSON lines)", "/api/v1/studies/load/export?format=jsonl", "*/*"},
    {"best", "/api/v1/studies/load/best?top=10", "application/json"},
    {"events, all from the first", "/api/v1/studies/load/events", "text/event-stream"}};

// Asks while nobody reads, and beside one client that reads without a pause: each read is measured
// between two runs without it.
void run_reads(const Load& load) {
  const Server server(load.program, load.sampler);
  ask_and_tell(server.options(64, load.before));
  const LoadOptions options = server.options(load.connections, load.cycles);
  const auto row = [](const std::string& name, const LoadResult& result, const std::string& more) {
    fmt::print("{:<42} {:>8.0f} {:>10.2f} {:>8.2f} {:>8.2f}  {}\n", name,
               static_cast<double>(result.cycles) / result.seconds, quantile(result.ask_ms, 0.5),
               quantile(result.ask_ms, 0.99), result.ask_ms.back(), more);
    std::fflush(stdout);
  };
  fmt::print("{:<42} {:>8} {:>10} {:>8} {:>8}\n",
             fmt::format("after {} trials, {} connections", load.before, load.connections),
             "cycles/s", "ask p50 ms", "p99", "most");
  LoadResult quiet = ask_and_tell(options);
  row("nobody reads", quiet, "");
  for (const Read& read : kReads) {
    std::string more;
    LoadResult beside;
    {
      const Reader reader(options.port, read.path, read.accept);
      beside = ask_and_tell(options);
      if (!reader.is_well()) throw std::runtime_error(fmt::format("{}: refused", read.path));
      more =
          fmt::format("{:.0f} MB/s, {} whole",
                      static_cast<double>(reader.bytes()) / 1e6 / beside.seconds, reader.answers());
    }
    row(read.name, beside, more);
    const LoadResult after = ask_and_tell(options);
    const auto ratio = [&](double q) {
      return 2 * quantile(beside.ask_ms, q) /
             (quantile(quiet.ask_ms, q) + quantile(after.ask_ms, q));
    };
    row("nobody reads", after,
        fmt::format("asks beside {}: p50 x {:.1f}, p99 x {:.1f}", read.name, ratio(0.5),
                    ratio(0.99)));
    quiet = after;
  }
}

// The same of Optuna, as the Python given runs it; `ours` is what it is compared with.
void run_optuna(const std::string& python, const std::string& storage, int processes, double ours) {
  const std::string script = source_path("bench/load/optuna_cycles.py");
  const std::string command =
      fmt::format("{} -W ignore {} {} {} 8", python, script, storage, processes);
  FILE* const pipe = ::popen(command.c_str(), "r");
  std::string text;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  if (::pclose(pipe) != 0) {
    fmt::print("Optuna with {}: not measured: {} failed\n", storage, command);
    return;
  }
  const Json said = parse_json(text, script);
  const double rate = said["cycles_per_s"].get<double>();
  fmt::print("{:<42} {:>8.0f}   (server: {:.0f} times as many)\n",
             fmt::format("Optuna {}, {}, {} processes", said["optuna"].get<std::string>(), storage,
                         processes),
             rate, ours / rate);
  std::fflush(stdout);
}

void run_idle(const std::string& program, int workers, std::chrono::seconds duration) {
  const Server server(program, "random");
  const double empty_mb = server.usage().resident_mb;
  const Usage begin = server.usage();
  const std::int64_t beats =
      heartbeats(server.options(workers, 0), std::chrono::seconds(30), duration);
  const Usage end = server.usage();
  fmt::print(
      "{} workers that beat every 30 s: {:.2f} % of a core, {:.0f} MB ({:.0f} MB before "
      "them), {} beats in {} s\n",
      workers, 100 * (end.cpu_seconds - begin.cpu_seconds) / static_cast<double>(duration.count()),
      end.resident_mb, empty_mb, beats, duration.count());
}

void run(Load load, bool all, const std::string& python) {
  print_head();
  const double rate = run_cycles(load);
  if (!all) return;
  load.sampler = "tpe";
  load.before = 10'000;
  load.cycles = 10'000;
  run_cycles(load);
  for (const int processes : {1, 4}) {
    for (const char* storage : {"sqlite", "journal"}) run_optuna(python, storage, processes, rate);
  }
  run_idle(load.program, 2000, std::chrono::seconds(30));
}

}  // namespace
}  // namespace studyhall::load

int main(int argc, char** argv) {
  using namespace studyhall::load;
  CLI::App app("Ask and tell over HTTP, fully durable, nine parameters");
  Load load;
  int idle = 0;
  bool all = false;
  bool reads = false;
  std::string python = "python3";
  app.add_option("--connections", load.connections)->check(CLI::Range(1, 1'000'000'000));
  app.add_option("--cycles", load.cycles)->check(CLI::Range(1, 1'000'000'000));
  app.add_option("--before", load.before, "trials in the study already")
      ->check(CLI::Range(0, 1'000'000'000));
  app.add_option("--sampler", load.sampler);
  app.add_option("--program", load.program, "below the build folder");
  app.add_option("--idle", idle, "only this many workers that hold a trial each")
      ->check(CLI::Range(1, 1'000'000'000));
  app.add_flag("--reads", reads, "asks beside export, leaderboard and events");
  app.add_flag("--all", all, "the table of bench/README.md, Optuna included");
  app.add_option("--python", python, "one that has Optuna");
  CLI11_PARSE(app, argc, argv);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  try {
    if (idle > 0) {
      run_idle(load.program, idle, std::chrono::seconds(30));
    } else if (reads) {
      run_reads(load);
    } else {
      run(load, all, python);
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_load: {}\n", error.what());
    return 1;
  }
  return 0;
}
