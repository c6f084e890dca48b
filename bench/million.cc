// A study of very many trials: what a server keeps of it in memory, and how long it takes from the
// start to the first answered ask.
//
//   bench_million make FILE [TRIALS] [SAMPLER]   makes the database, by the transitions of a server
//   bench_million open FILE [ASKS]               opens it as a server does, asks once or more often
#include <fmt/format.h>
#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/hash.h"
#include "core/json.h"
#include "core/rng.h"
#include "server/study_model.h"
#include "server/study_service.h"
#include "storage/sqlite_storage.h"

namespace studyhall::server {
namespace {

constexpr const char* kFile = R"({
    "name": "million",
    "direction": "maximize",
    "seed": 7,
    "params": {
      "threshold_1src":  {"type": "float", "low": 0.28, "high": 0.42},
      "threshold_2src":  {"type": "float", "low": 0.38, "high": 0.55},
      "fallback_sigma":  {"type": "float", "low": 0.05, "high": 0.5, "log": true},
      "init_strategy":   {"type": "categorical", "choices": ["smart", "random", "triangulation", "grid"]},
      "refine_iters":    {"type": "int", "low": 2, "high": 5},
      "refine_top":      {"type": "int", "low": 1, "high": 3},
      "fallback_fevals": {"type": "int", "low": 14, "high": 24},
      "fevals_1src":     {"type": "int", "low": 8, "high": 24},
      "fevals_2src":     {"type": "int", "low": 32, "high": 44}}})";
constexpr std::int64_t kGroup = 2000;  // trials of one commit

// A line of /proc/self/status, in MB.
double memory_mb(std::string_view field) {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.rfind(field, 0) == 0) return std::stod(line.substr(field.size() + 1)) * 1024 / 1e6;
  }
  return 0;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Config draw(const SearchSpace& space, std::int64_t number) {
  Rng rng = Rng::for_trial(7, number);
  Config config;
  for (const Parameter& p : space.params()) {
    const double high = p.is_numeric() ? p.high : static_cast<double>(p.choices.size() - 1);
    config.push_back(p.snap(p.low + rng.uniform() * (high - p.low)));
  }
  return config;
}

// Asks for a trial and tells its result.
void run_trial(StudyModel& study, Timestamp now, std::vector<storage::Change>& changes) {
  const std::int64_t number = std::ssize(study.trials());
  HandOut what;
  what.config = draw(study.space(), number);
  what.worker = fmt::format("W{}", number % 16);
  what.sampler = "random";
  what.as_of = study.last_sequence();
  Rng rng = Rng::for_trial(7, number, 3);
  what.pin = study.pin({}, rng);
  what.sampler_version = 1;
  storage::LeaseRecord lease;
  lease.token = random_token();
  lease.length = std::chrono::hours(24);
  lease.worker = what.worker;
  lease.expires_at = now + lease.length;
  changes.push_back(study.hand_out(number, std::move(what), lease, now));
  Trial told = study.trial(number);
  told.state = TrialState::Complete;
  told.values = {-told.config[0] * told.config[1] + 1e-3 * told.config[8]};
  for (auto& change :
       study.finish(std::move(told), "W", now + std::chrono::milliseconds(number % 977))) {
    changes.push_back(std::move(change));
  }
  for (storage::Write& write : study.take_lease_writes()) {
    changes.back().writes.push_back(std::move(write));
  }
}

int make(const std::string& file, std::int64_t trials, const std::string& sampler) {
  const auto storage = storage::open_sqlite_storage(file, {});
  const SystemClock clock;
  Json study_file = parse_json(kFile, "the study file");
  study_file["sampler"] = sampler;
  StudyService(*storage, clock).create_study(study_file);
  StudyModel study = StudyModel::load(*storage, *storage->find_study("million"));
  const auto start = std::chrono::steady_clock::now();
  while (std::ssize(study.trials()) < trials) {
    std::vector<storage::Change> changes;
    for (std::int64_t i = 0; i < kGroup && std::ssize(study.trials()) < trials; ++i) {
      run_trial(study, clock.now(), changes);
      static_cast<void>(study.take_history_changes());
    }
    while (auto block = study.take_block_write()) changes.back().writes.push_back(*block);
    static_cast<void>(storage->commit(changes));
  }
  fmt::print("{} trials made in {:.1f} s\n", trials, seconds_since(start));
  return 0;
}

int open(const std::string& file, std::int64_t asks) {
  const auto start = std::chrono::steady_clock::now();
  const auto storage = storage::open_sqlite_storage(file, {});
  const SystemClock clock;
  StudyService service(*storage, clock);
  const double loaded_s = seconds_since(start);
  const double loaded_mb = memory_mb("VmRSS:");
  AskRequest request;
  request.worker = "W1";
  const AskAnswer answer = service.ask("million", request);
  if (answer.trials.size() != 1) return 1;
  const double asked_s = seconds_since(start);
  const double asked_mb = memory_mb("VmRSS:");
  fmt::print(
      "{} trials: read in {:.2f} s, {:.0f} MB; first ask answered after {:.2f} s, {:.0f} MB, "
      "{:.0f} MB at most; ",
      answer.trials.front().number, loaded_s, loaded_mb, asked_s, asked_mb, memory_mb("VmHWM:"));
  for (std::int64_t i = 1; i < asks; ++i) static_cast<void>(service.ask("million", request));
  ::malloc_trim(0);
  fmt::print("{:.0f} MB in use\n", memory_mb("VmRSS:"));
  return 0;
}

}  // namespace
}  // namespace studyhall::server

int main(int argc, char** argv) {
  const std::string verb = argc > 2 ? argv[1] : "";
  try {
    if (verb == "make") {
      return studyhall::server::make(argv[2], argc > 3 ? std::atoll(argv[3]) : 1'000'000,
                                     argc > 4 ? argv[4] : "random");
    }
    if (verb == "open") return studyhall::server::open(argv[2], argc > 3 ? std::atoll(argv[3]) : 1);
  } catch (const std::exception& fault) {
    fmt::print(stderr, "bench_million: {}\n", fault.what());
    return 1;
  }
  fmt::print(stderr, "bench_million make FILE [TRIALS] [SAMPLER] | open FILE [ASKS]\n");
  return 2;
}
