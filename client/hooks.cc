#include "client/hooks.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "core/error.h"
#include "core/json_field.h"
#include "core/study_spec.h"

namespace studyhall::client {
namespace {

std::optional<Hook> read_hook(const std::string& name, const JsonField& field,
                              const std::function<std::string(const std::string&)>& variable) {
  ObjectReader object(field);
  Hook hook;
  hook.name = name;
  if (!is_valid_name(name)) field.report("expected a name of letters, digits, '.', '_' and '-'");
  const JsonField url = object.field("url");
  const JsonField url_env = object.field("url_env");
  std::string text;
  if (static_cast<bool>(url) == static_cast<bool>(url_env)) {
    field.report("expected one of url and url_env (the environment variable that holds it)");
  } else if (url) {
    text = url.string("a URL").value_or("");
  } else if (const auto env = url_env.string("the name of an environment variable")) {
    text = variable(*env);
    if (text.empty()) url_env.report(fmt::format("the variable {} is not set", *env));
  }
  if (!text.empty()) {
    try {
      hook.url = parse_webhook_url(text);
    } catch (const Error& error) {
      (url ? url : url_env).report(error.what());
    }
  }
  hook.terms = read_hook_terms(object);
  const JsonField studies = object.field("studies");
  if (studies)
    for (std::string& study : studies.strings().value_or(std::vector<std::string>()))
      hook.studies.insert(std::move(study));
  object.close();
  return hook;
}

}  // namespace

std::vector<Hook> parse_hooks(const Json& file,
                              const std::function<std::string(const std::string&)>& variable) {
  std::vector<Problem> problems;
  std::vector<Hook> hooks;
  ObjectReader object(JsonField(&file, "", &problems));
  const JsonField members = object.field("hooks");
  members.required("an object of webhooks by name");
  if (members)
    for (const auto& [name, field] :
         members.members().value_or(std::vector<std::pair<std::string, JsonField>>()))
      if (auto hook = read_hook(name, field, variable)) hooks.push_back(std::move(*hook));
  object.close();
  if (!problems.empty())
    throw Error::from_problems(ErrorCode::Invalid, "the file of webhooks", problems);
  return hooks;
}

Json message_of(HookFormat format, const Occasion& occasion) {
  const std::string line = fmt::format("{}: {}", occasion.study, occasion.text);
  switch (format) {
    case HookFormat::Slack:
      return {{"text", line}};
    case HookFormat::Discord:
      return {{"content", line.substr(0, 1900)}, {"allowed_mentions", {{"parse", Json::array()}}}};
    case HookFormat::Plain:
      break;
  }
  return {{"study", occasion.study},
          {"event", to_string(occasion.kind)},
          {"sequence", occasion.event},
          {"time", format_utc(occasion.time)},
          {"text", line},
          {"facts", occasion.facts}};
}

}  // namespace studyhall::client
