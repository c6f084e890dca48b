#include <algorithm>
#include <charconv>
#include <limits>
#include <memory>

#include "core/study_api_json.h"
#include "server/deferred_answer.h"
#include "server/routes.h"

namespace studyhall::server {
namespace {

constexpr std::int64_t kMaxInt64 = std::numeric_limits<std::int64_t>::max();
constexpr int kMaxEvents = 10'000;

// A client that was cut off says in a header what it has; the path stays as it was.
std::int64_t last_event_id(const Call& call, std::int64_t absent) {
  const std::string& text = call.last_event_id;
  if (text.empty()) return absent;
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 0) {
    throw Error(ErrorCode::Malformed,
                "Last-Event-ID: " + brief(Json(text)) + ", expected the number of an event");
  }
  return id;
}

Reply stream_events(StudyApi& api, const StudyWatch& watch, const Call& call) {
  const DeferredAnswer* const answer = DeferredAnswer::current();
  if (!watch || answer == nullptr) {
    throw Error(ErrorCode::Unsupported, "text/event-stream: not here; ask for application/json");
  }
  if (!answer->may_wait()) throw Error(ErrorCode::Unavailable, "the server is ending; try again");
  QueryReader query(call);
  const std::int64_t after = query.integer("after", 0, 0, kMaxInt64);
  query.finish();
  static_cast<void>(api.study(call.args[0]));  // Error(NotFound) while there can be a status
  Reply reply;
  reply.content_type = "text/event-stream";
  reply.headers["Cache-Control"] = "no-store";
  reply.headers["X-Accel-Buffering"] = "no";  // nginx would keep pieces back
  reply.live = std::make_shared<EventStream>(api, watch, call.args[0], last_event_id(call, after));
  return reply;
}

Reply list_events(StudyApi& api, const Call& call) {
  QueryReader query(call);
  const std::int64_t after = query.integer("after", 0, 0, kMaxInt64);
  const std::int64_t limit = query.integer("limit", 1000, 1, kMaxEvents);
  query.finish();
  Json list = Json::array();
  for (const Event& event : api.events(call.args[0], after, static_cast<int>(limit))) {
    list.push_back(to_json(event));
  }
  return {.body = {{"events", std::move(list)}}};
}

}  // namespace

void add_event_routes(Router& router, StudyApi& api, StudyWatch watch) {
  router.add(
      "GET", "/api/v1/studies/{study}/events",
      [&api, watch = std::make_shared<const StudyWatch>(std::move(watch))](const Call& call) {
        const bool live = call.accept.find("text/event-stream") != std::string::npos;
        return live ? stream_events(api, *watch, call) : list_events(api, call);
      });
}

}  // namespace studyhall::server
