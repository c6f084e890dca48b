// The webhooks of a server's own file, and what each is sent.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "client/occasion.h"
#include "client/webhook.h"
#include "core/hook_spec.h"

namespace studyhall::client {

struct Hook {
  std::string name;
  WebhookUrl url;
  HookTerms terms{};
  std::set<std::string> studies{};  // empty: all
};

// {"hooks": {"team": {"url" | "url_env": ..., "format": "slack", "events": [...], "studies": [...],
// "failure_streak": 3}}}; `variable` looks an environment variable up. Throws Error(Invalid) with
// every problem, never with a URL.
std::vector<Hook> parse_hooks(const Json& file,
                              const std::function<std::string(const std::string& name)>& variable);

// The body of a message in the hook's format.
Json message_of(HookFormat format, const Occasion& occasion);

}  // namespace studyhall::client
