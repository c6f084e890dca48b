// Tells webhooks what happens to the studies of one StudyApi.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "client/occasion.h"
#include "client/webhook.h"

namespace studyhall::client {

enum class HookFormat { Json, Slack, Discord };

struct Hook {
  std::string name;
  WebhookUrl url;
  HookFormat format = HookFormat::Json;
  std::set<OccasionKind> kinds;     // that it is told
  std::set<std::string> studies{};  // empty: all
  int failure_streak = 3;
};

// {"hooks": {"team": {"url" | "url_env": ..., "format": "slack", "events": [...], "studies": [...],
// "failure_streak": 3}}}; `variable` looks an environment variable up. Throws Error(Invalid) with
// every problem, never with a URL.
std::vector<Hook> parse_hooks(const Json& file,
                              const std::function<std::string(const std::string& name)>& variable);

// The body of a message in the hook's format.
Json message_of(HookFormat format, const Occasion& occasion);

struct NotifierOptions {
  std::filesystem::path folder;  // of the cursors, one file for each hook
  std::chrono::milliseconds look_every{1'000};
  std::chrono::milliseconds shortest_pause{1'000};  // before a second try, then doubled
  std::chrono::milliseconds longest_pause{300'000};
  ClientOptions client{};
  std::function<void(const std::string& line)> say;  // may be empty
};

// One thread for each hook, from construction to destruction; no verb waits for any of them. A hook
// is told in the order of each study's events. What it has been told is on disk before the next: a
// restart loses nothing and repeats at most one message. A hook that is new is told what happens
// from now on. A message that is refused for good (4xx) is dropped, any other tried again until it
// is taken.
class Notifier {
 public:
  // `api` and `clock` must outlive it.
  Notifier(StudyApi& api, const Clock& clock, std::vector<Hook> hooks,
           const NotifierOptions& options);
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

 private:
  class Teller;
  std::vector<std::unique_ptr<Teller>> tellers_;
};

}  // namespace studyhall::client
