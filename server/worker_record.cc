#include "server/worker_record.h"

#include <algorithm>
#include <chrono>

#include "core/error.h"

namespace studyhall::server {

namespace {

constexpr int kFailuresInARow = 3;
constexpr Duration kFirstQuarantine = std::chrono::minutes(10);
constexpr Duration kLongestQuarantine = std::chrono::hours(24);

Json micro(Timestamp time) { return time.time_since_epoch().count(); }
Timestamp from_micro(const Json& json) { return Timestamp(Duration(json.get<std::int64_t>())); }

void read(const Json& body, const char* key, std::optional<Timestamp>& time) {
  if (const auto it = body.find(key); it != body.end()) time = from_micro(*it);
}

}  // namespace

bool WorkerRecord::fail(Timestamp now) {
  ++failures;
  last_failure = now;
  if (failures < kFailuresInARow || (quarantined_until && now < *quarantined_until)) return false;
  Duration length = kFirstQuarantine;
  for (int i = 0; i < quarantines && length < kLongestQuarantine; ++i) length *= 2;
  quarantined_until = now + std::min(length, kLongestQuarantine);
  ++quarantines;
  return true;
}

bool WorkerRecord::clear() {
  const bool changes = failures > 0 || quarantined_until;
  failures = 0;
  quarantines = 0;
  quarantined_until.reset();
  return changes;
}

storage::Fact to_fact(const WorkerRecord& worker) {
  Json body = {{"first_ask_us", micro(worker.first_ask)},
               {"failures", worker.failures},
               {"quarantines", worker.quarantines}};
  if (worker.quarantined_until) body["quarantined_until_us"] = micro(*worker.quarantined_until);
  if (worker.last_failure) body["last_failure_us"] = micro(*worker.last_failure);
  return {kWorkerFact, worker.name, std::move(body)};
}

WorkerRecord worker_from_fact(const storage::Fact& fact) {
  try {
    WorkerRecord worker;
    worker.name = fact.key;
    worker.first_ask = from_micro(fact.body.at("first_ask_us"));
    worker.failures = fact.body.at("failures").get<int>();
    worker.quarantines = fact.body.at("quarantines").get<int>();
    read(fact.body, "quarantined_until_us", worker.quarantined_until);
    read(fact.body, "last_failure_us", worker.last_failure);
    return worker;
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::Corrupt,
                "what is stored of worker \"" + fact.key + "\": " + error.what());
  }
}

}  // namespace studyhall::server
