#include "server/event_stream.h"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/study_api_json.h"

namespace studyhall::server {
namespace {

// Of one piece: what is kept for a client that does not take it.
constexpr int kMostEvents = 256;
constexpr std::size_t kEnoughBytes = 262'144;

}  // namespace

void EventStream::begin(std::function<void()> wake) {
  subscription_ = watch_(study_, [told = told_, wake = std::move(wake)] {
    if (!told->exchange(true)) wake();
  });
}

std::optional<std::string> EventStream::next() {
  if (over_) return std::nullopt;
  std::string text;
  if (!std::exchange(begun_, true)) text = "retry: 1000\n\n";
  *told_ = false;
  try {
    for (const Event& event : api_.events(study_, after_, kMostEvents)) {
      text += fmt::format("id: {}\ndata: {}\n\n", event.sequence, dump_json(to_json(event)));
      after_ = event.sequence;
      if (text.size() >= kEnoughBytes) break;
    }
  } catch (const Error& error) {
    if (error.code() == ErrorCode::Unavailable) return text;
    over_ = true;
    text += fmt::format("event: end\ndata: {}\n\n", dump_json(error_json(error)));
  }
  return text;
}

}  // namespace studyhall::server
