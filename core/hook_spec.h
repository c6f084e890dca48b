// What a webhook is told of a study, and how: of the study file's "notify", and of the server's own
// file of webhooks.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/json_field.h"

namespace studyhall {

enum class OccasionKind {
  NewBest,        // a trial leads now
  Confirmed,      // its configuration was run again and stays the best
  FailureStreak,  // so many trials failed one after the other
  RateLimit,      // a worker waits out a rate limit; once in ten minutes
  Budget,         // 50, 80 or 100 % of a limit are used
  Finished,       // nothing more is handed out
  Question,       // an agent waits for a person's answer
};
// "new_best", "confirmed", "failure_streak", "rate_limit", "budget", "finished",
// "question".
std::string_view to_string(OccasionKind kind);
std::optional<OccasionKind> occasion_from_string(std::string_view name);

enum class HookFormat { Plain, Slack, Discord };

struct HookTerms {
  HookFormat format = HookFormat::Plain;
  int failure_streak = 3;
  std::set<OccasionKind> kinds{};  // that it is told
  bool operator==(const HookTerms&) const = default;
};

// The members "format", "events" (absent: all) and "failure_streak" of `object`.
HookTerms read_hook_terms(ObjectReader& object);

// A webhook of a study file.
struct HookSpec {
  std::string url;  // begins with http:// or https://
  HookTerms terms{};
  bool operator==(const HookSpec&) const = default;
};

// "notify" of a study file: {"NAME": {"url": ..., "format": "slack", "events": [...],
// "failure_streak": 3}}. No problem repeats a URL: it may hold a secret.
std::map<std::string, HookSpec> read_hooks(const JsonField& field);

}  // namespace studyhall
