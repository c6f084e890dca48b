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
#include "client/study_client.h"
#include "core/json.h"
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

void print_cycles(const std::string& title, const LoadResult& result, const Usage& before,
                  const Usage& after) {
  const auto cycles = static_cast<double>(result.cycles);
  fmt::print("{:<34} {:>8.0f} {:>10.2f} {:>8.2f} {:>10.2f} {:>8.2f} {:>10.0f} {:>8.0f}\n", title,
             cycles / result.seconds, quantile(result.ask_ms, 0.5), quantile(result.ask_ms, 0.99),
             quantile(result.tell_ms, 0.5), quantile(result.tell_ms, 0.99),
             (after.cpu_seconds - before.cpu_seconds) / cycles * 1e6, after.resident_mb);
  std::fflush(stdout);
}

void run_cycles(const std::string& program, const std::string& sampler, int connections,
                std::int64_t before, std::int64_t cycles) {
  const Server server(program, sampler);
  if (before > 0) ask_and_tell(server.options(connections, before));
  const Usage begin = server.usage();
  const LoadResult result = ask_and_tell(server.options(connections, cycles));
  const std::string trials = before > 0 ? fmt::format(" after {} trials", before) : "";
  print_cycles(fmt::format("{}{}, {} connections", sampler, trials, connections), result, begin,
               server.usage());
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

}  // namespace
}  // namespace studyhall::load

int main(int argc, char** argv) {
  using namespace studyhall::load;
  CLI::App app("Ask and tell over HTTP, fully durable, nine parameters");
  int connections = 64;
  std::int64_t cycles = 40'000;
  std::int64_t before = 0;
  std::string sampler = "random";
  int idle = 0;
  std::string program = "bin/study";
  app.add_option("--connections", connections);
  app.add_option("--cycles", cycles);
  app.add_option("--before", before, "trials in the study already");
  app.add_option("--sampler", sampler);
  app.add_option("--idle", idle, "only this many workers that hold a trial each");
  app.add_option("--program", program, "below the build folder");
  CLI11_PARSE(app, argc, argv);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  if (idle > 0) {
    run_idle(program, idle, std::chrono::seconds(30));
    return 0;
  }
  fmt::print("{:<34} {:>8} {:>10} {:>8} {:>10} {:>8} {:>10} {:>8}\n", "", "cycles/s", "ask p50 ms",
             "p99", "tell p50", "p99", "server us", "MB");
  run_cycles(program, sampler, connections, before, cycles);
  return 0;
}
