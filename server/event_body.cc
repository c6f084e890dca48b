#include "server/event_body.h"

#include <fmt/format.h>

namespace studyhall::server {

std::string name_of(const Event& event) {
  return fmt::format("event {} ({})", event.sequence, to_string(event.kind));
}

void EventBody::refuse(const std::string& why) const {
  throw Error(ErrorCode::Corrupt, name_of(event_) + ": " + why);
}

Error EventBody::lacks(const char* key) const {
  return {
      ErrorCode::Unsupported,
      fmt::format("{} was written by an earlier build: it has no \"{}\", so the study cannot be "
                  "made again from its events",
                  name_of(event_), key)};
}

}  // namespace studyhall::server
