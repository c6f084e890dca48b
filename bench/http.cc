// Ask and tell cycles per second, in process and over HTTP on the loopback: what the service costs
// besides its sampler (random, nine parameters).
#include <benchmark/benchmark.h>

#include <memory>
#include <thread>

#include "client/study_client.h"
#include "core/clock.h"
#include "server/http_server.h"
#include "server/study_service.h"
#include "storage/memory_storage.h"
#include "storage/sqlite_storage.h"
#include "tests/support/temp_dir.h"

namespace studyhall {
namespace {

constexpr const char* kStudy = R"({
  "name": "nine", "direction": "maximize", "seed": 7, "sampler": {"name": "random"},
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

// A fresh study behind one of the two ways to call it.
class Environment {
 public:
  Environment(bool over_http, bool in_sqlite)
      : storage_(in_sqlite ? storage::open_sqlite_storage(dir_.path() / "studies.db")
                           : storage::make_memory_storage()),
        service_(*storage_, clock_) {
    service_.create_study(parse_json(kStudy, "study"));
    if (!over_http) return;
    http_ = std::make_unique<server::HttpServer>(service_, server::HttpOptions{.port = 0});
    const int port = http_->bind();
    serving_ = std::thread([this] { http_->run(); });
    client_ = client::connect("http://127.0.0.1:" + std::to_string(port));
  }
  ~Environment() {
    if (!serving_.joinable()) return;
    http_->stop();
    serving_.join();
  }

  StudyApi& api() { return client_ ? *client_ : service_; }

 private:
  studyhall::testing::TempDir dir_;
  SystemClock clock_;
  std::unique_ptr<storage::Storage> storage_;
  server::StudyService service_;
  std::unique_ptr<server::HttpServer> http_;
  std::thread serving_;
  std::unique_ptr<StudyApi> client_;
};

void BM_AskTell(benchmark::State& state) {
  static std::unique_ptr<Environment> environment;
  if (state.thread_index() == 0) {
    environment = std::make_unique<Environment>(state.range(0) != 0, state.range(1) != 0);
  }

  for (auto _ : state) {
    const AskedTrial trial = environment->api().ask("nine", {}).trials.at(0);
    TellRequest request;
    request.values = {static_cast<double>(trial.number % 100)};
    request.lease = trial.lease.token;
    environment->api().tell("nine", trial.number, request);
  }

  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) {
    const std::int64_t told = environment->api().study("nine").counts.at("complete");
    if (told != state.iterations() * state.threads()) state.SkipWithError("results are missing");
    environment.reset();
  }
}
BENCHMARK(BM_AskTell)
    ->ArgNames({"http", "sqlite"})
    ->ArgsProduct({{0, 1}, {0, 1}})
    ->Threads(1)
    ->Threads(16)
    ->UseRealTime();

}  // namespace
}  // namespace studyhall

BENCHMARK_MAIN();
