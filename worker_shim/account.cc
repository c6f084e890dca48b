#include "worker_shim/account.h"

#include <array>
#include <utility>

#include "core/error.h"
#include "core/hash.h"
#include "core/json.h"
#include "worker_shim/files.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kIdLength = 16;
constexpr std::size_t kLongestNotice = 100'000;
constexpr std::size_t kLongestConfig = 64'000'000;
constexpr auto kSecrets = std::to_array<std::pair<const char*, const char*>>({
    {"ANTHROPIC_API_KEY", "API key"},
    {"ANTHROPIC_AUTH_TOKEN", "token"},
    {"CLAUDE_CODE_OAUTH_TOKEN", "subscription token"},
});

std::string value_of(const Environment& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

std::string short_hash(const std::string& text) { return sha256_hex(text).substr(0, kIdLength); }

Json read_object(const std::filesystem::path& file, std::size_t longest) {
  try {
    const auto text = read_file(file, longest);
    Json json = text ? Json::parse(*text, nullptr, false) : Json();
    if (json.is_object()) return json;
  } catch (const Error&) {
  }
  return Json::object();
}

std::int64_t to_ms(AccountNotice::Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

std::optional<AccountNotice::Time> time_at(const Json& json, const char* name) {
  const auto member = json.find(name);
  if (member == json.end() || !member->is_number_integer()) return std::nullopt;
  return AccountNotice::Time(std::chrono::milliseconds(member->get<std::int64_t>()));
}

}  // namespace

Login login_of(const Environment& environment) {
  const std::string url = value_of(environment, "ANTHROPIC_BASE_URL");
  for (const auto& [name, words] : kSecrets) {
    const std::string secret = value_of(environment, name);
    if (secret.empty()) continue;
    return {std::string(words) + " (" + name + ")", short_hash(secret + "\n" + url), true};
  }
  const std::filesystem::path config = value_of(environment, "CLAUDE_CONFIG_DIR");
  std::error_code error;
  if (!std::filesystem::exists(config / ".credentials.json", error)) {
    return {"none", short_hash(config.string()), false};
  }
  const Json account =
      read_object(config / ".claude.json", kLongestConfig).value("oauthAccount", Json::object());
  std::string id = config.string();
  if (account.is_object() && account.contains("accountUuid")) id = account["accountUuid"].dump();
  return {"login in " + config.string(), short_hash(id), true};
}

AccountNotice::AccountNotice(const std::filesystem::path& runs, const Login& login)
    : file_(runs / (".account-" + login.id + ".json")) {}

void AccountNotice::pause_until(Time until) const {
  if (const auto known = paused_until(); known && *known >= until) return;
  Json json = read_object(file_, kLongestNotice);
  json["paused_until_ms"] = to_ms(until);
  try {
    write_file(file_, dump_json(json) + "\n", 0600);
  } catch (const Error&) {
  }
}

std::optional<AccountNotice::Time> AccountNotice::paused_until() const {
  return time_at(read_object(file_, kLongestNotice), "paused_until_ms");
}

void AccountNotice::refuse(Time when, const std::string& words) const {
  Json json = read_object(file_, kLongestNotice);
  json["refused_at_ms"] = to_ms(when);
  json["refused"] = words;
  try {
    write_file(file_, dump_json(json) + "\n", 0600);
  } catch (const Error&) {
  }
}

std::optional<std::string> AccountNotice::refused_after(Time since) const {
  const Json json = read_object(file_, kLongestNotice);
  const auto when = time_at(json, "refused_at_ms");
  if (!when || *when <= since) return std::nullopt;
  return json.value("refused", std::string("refused"));
}

}  // namespace studyhall::worker_shim
