#include "core/hook_spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "core/enum_names.h"
#include "core/study_spec.h"

namespace studyhall {
namespace {

constexpr std::array<std::string_view, 7> kOccasions{
    "new_best", "confirmed", "failure_streak", "rate_limit", "budget", "finished", "question"};
constexpr std::array<std::string_view, 3> kFormats{"json", "slack", "discord"};
constexpr std::size_t kMostHooks = 20;
constexpr std::size_t kLongestUrl = 2000;

std::set<OccasionKind> read_kinds(const JsonField& events) {
  std::set<OccasionKind> kinds;
  if (!events) {
    for (const std::string_view name : kOccasions) kinds.insert(*occasion_from_string(name));
    return kinds;
  }
  for (const std::string& name : events.strings().value_or(std::vector<std::string>())) {
    if (const auto kind = occasion_from_string(name)) {
      kinds.insert(*kind);
    } else {
      events.report(
          fmt::format("{} is none of {}", brief(Json(name)), fmt::join(kOccasions, ", ")));
    }
  }
  return kinds;
}

bool may_be_url(const std::string& text) {
  return (text.starts_with("http://") || text.starts_with("https://")) &&
         text.size() <= kLongestUrl &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

HookSpec read_hook(const std::string& name, const JsonField& field) {
  HookSpec hook;
  ObjectReader object(field);
  if (!object.is_object()) return hook;
  if (!is_valid_name(name)) {
    field.report("expected a name of 1 to 64 letters, digits, '.', '_' and '-'");
  }
  const JsonField url = object.field("url").required("the URL of a webhook");
  hook.url = url.string("the URL of a webhook").value_or("");
  if (!hook.url.empty() && !may_be_url(hook.url)) {
    url.report(
        "expected http://HOST[:PORT]/PATH or https://HOST[:PORT]/PATH, found something else");
  }
  hook.terms = read_hook_terms(object);
  object.close();
  return hook;
}

}  // namespace

std::string_view to_string(OccasionKind kind) { return enum_name(kOccasions, kind); }

std::optional<OccasionKind> occasion_from_string(std::string_view name) {
  return enum_from_name<OccasionKind>(kOccasions, name);
}

HookTerms read_hook_terms(ObjectReader& object) {
  HookTerms terms;
  const JsonField format = object.field("format");
  if (const auto word = format.string()) {
    const auto known = enum_from_name<HookFormat>(kFormats, *word);
    if (!known) format.report_expected("json, slack or discord");
    terms.format = known.value_or(terms.format);
  }
  terms.kinds = read_kinds(object.field("events"));
  const JsonField streak = object.field("failure_streak");
  terms.failure_streak = static_cast<int>(streak.integer(1, 1'000'000).value_or(3));
  return terms;
}

std::map<std::string, HookSpec> read_hooks(const JsonField& field) {
  std::map<std::string, HookSpec> hooks;
  const auto members = field.members("an object of webhooks by name");
  if (!members) return hooks;
  if (members->size() > kMostHooks) {
    field.report(
        fmt::format("expected at most {} webhooks, found {}", kMostHooks, members->size()));
    return hooks;
  }
  for (const auto& [name, hook] : *members) hooks.emplace(name, read_hook(name, hook));
  return hooks;
}

}  // namespace studyhall
