#include <memory>
#include <string>

#include "core/clock.h"
#include "server/mcp.h"
#include "server/study_service.h"
#include "storage/memory_storage.h"
#include "tests/fuzz/entry_points.h"
#include "tests/fuzz/must.h"

namespace studyhall::fuzz {
namespace {

// A server that has seen nothing else yet but one study, as each input shall find it.
struct Served {
  std::unique_ptr<storage::Storage> storage = storage::make_memory_storage();
  SystemClock clock;
  server::StudyService service{*storage, clock};
  server::McpServer mcp{service};
};

}  // namespace

void mcp(std::string_view bytes) {
  Served served;
  served.service.create_study(Json::parse(R"({"name": "s", "direction": "maximize", "seed": 7,
      "sampler": {"name": "random"}, "params": {"x": {"type": "float", "low": 0, "high": 1}},
      "limits": {"trials": 3}})"));
  const server::McpAnswer answer = served.mcp.answer(std::string(bytes));
  if (!answer.message) return;
  must(answer.message->at("jsonrpc") == "2.0", "an answer is JSON-RPC");
  must(answer.message->contains("result") != answer.message->contains("error"),
       "an answer is a result or an error");
}

}  // namespace studyhall::fuzz
