// What each request pays for being held to rules and counted: server/access.h, http_policy.h,
// rate_limit.h, metrics.h, request_id.h, audit_log.h.
#include <benchmark/benchmark.h>
#include <httplib.h>

#include "core/hash.h"
#include "server/access.h"
#include "server/audit_log.h"
#include "server/http_policy.h"
#include "server/metrics.h"
#include "server/rate_limit.h"
#include "server/request_id.h"
#include "tests/support/temp_dir.h"

namespace studyhall::server {
namespace {

void BM_Authenticate(benchmark::State& state) {
  const SystemClock clock;
  Access access(clock, true);
  std::vector<storage::TokenRecord> tokens;
  std::string header;
  for (int i = 0; i < 1000; ++i) {
    const std::string token = new_token();
    header = "Bearer " + token;
    tokens.push_back({.name = std::to_string(i), .hash = sha256_hex(token)});
  }
  access.set_tokens(tokens);
  for (auto _ : state) benchmark::DoNotOptimize(access.authenticate(header));
}
BENCHMARK(BM_Authenticate)->ThreadRange(1, 2);

void BM_Authorise(benchmark::State& state) {
  Caller caller;
  caller.token = std::make_shared<const storage::TokenRecord>(
      storage::TokenRecord{.name = "w", .role = storage::TokenRole::Worker, .study = "s"});
  Call call;
  call.method = "POST";
  call.args = {"s", "17"};
  call.caller = &caller;
  call.pattern = "/api/v1/studies/{study}/trials/{n}/tell";
  for (auto _ : state) authorise(call);
}
BENCHMARK(BM_Authorise);

void BM_Policy(benchmark::State& state) {
  const HttpPolicy policy("127.0.0.1", {}, {});
  httplib::Request request;
  request.method = "POST";
  request.headers = {{"Host", "127.0.0.1:8642"}, {"Content-Type", "application/json"}};
  for (auto _ : state) {
    httplib::Response response;
    policy.check(request);
    policy.finish(request, response);
    benchmark::DoNotOptimize(response.headers.size());
  }
}
BENCHMARK(BM_Policy);

void BM_RateLimit(benchmark::State& state) {
  static RateLimit limit(1e12);
  for (auto _ : state) {
    benchmark::DoNotOptimize(limit.take("10.0.0.7", std::chrono::steady_clock::now()));
  }
}
BENCHMARK(BM_RateLimit)->ThreadRange(1, 2);

void BM_Metrics(benchmark::State& state) {
  static RequestMetrics metrics(std::vector<std::string>(30, "GET /x"));
  for (auto _ : state) {
    metrics.begin();
    metrics.end(7, 200, std::chrono::microseconds(800));
  }
}
BENCHMARK(BM_Metrics)->ThreadRange(1, 2);

void BM_RequestId(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(request_id(""));
}
BENCHMARK(BM_RequestId);

void BM_Audit(benchmark::State& state) {
  const studyhall::testing::TempDir dir;
  AuditLog log(dir.path() / "audit.jsonl");
  for (auto _ : state) {
    log.write({.time = Timestamp{},
               .by = "w1",
               .address = "10.0.0.7",
               .method = "POST",
               .path = "/api/v1/studies/heat_signature/trials/17/tell",
               .status = 200,
               .request_id = "6f1c2a9b-1f"});
  }
}
BENCHMARK(BM_Audit);

}  // namespace
}  // namespace studyhall::server

BENCHMARK_MAIN();
