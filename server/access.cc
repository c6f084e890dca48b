#include "server/access.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>

#include "core/error.h"
#include "core/hash.h"
#include "server/routes.h"

namespace studyhall::server {
namespace {

using storage::TokenRecord;
using storage::TokenRole;

constexpr std::string_view kTokenPrefix = "sh_";
constexpr std::size_t kTokenLength = 3 + 64;

struct WorkerRoute {
  std::string_view method;
  std::string_view pattern;
  std::string_view allow;  // what the token must be allowed for it; empty: nothing
};

constexpr WorkerRoute kWorkerRoutes[] = {
    {"POST", "/api/v1/studies/{study}/trials/{n}/heartbeat", ""},
    {"POST", "/api/v1/studies/{study}/trials/{n}/report", ""},
    {"POST", "/api/v1/studies/{study}/ask", ""},
    {"POST", "/api/v1/studies/{study}/trials/{n}/tell", ""},
    {"POST", "/api/v1/studies/{study}/trials/{n}/park", ""},
    {"POST", "/api/v1/studies/{study}/trials/{n}/release", ""},
    {"GET", "/api/v1/studies/{study}", ""},
    {"GET", "/api/v1/studies/{study}/best", ""},
    {"GET", "/api/v1/studies/{study}/insights", ""},
    {"GET", "/api/v1/studies/{study}/trials/{n}", ""},
    {"GET", "/api/v1/studies/{study}/trials/{n}/artifacts", ""},
    {"GET", "/api/v1/studies/{study}/trials/{n}/artifacts/{name}", ""},
    {"PUT", "/api/v1/studies/{study}/trials/{n}/artifacts/{name}", ""},
    {"GET", "/api/v1/studies/{study}/tasks/{n}/artifacts", ""},
    {"GET", "/api/v1/studies/{study}/tasks/{n}/artifacts/{name}", ""},
    {"PUT", "/api/v1/studies/{study}/tasks/{n}/artifacts/{name}", ""},
    {"POST", "/api/v1/studies/{study}/tasks/{n}/heartbeat", ""},
    {"POST", "/api/v1/studies/{study}/tasks/{n}/tell", ""},
    {"POST", "/api/v1/studies/{study}/tasks/{n}/park", ""},
    {"POST", "/api/v1/studies/{study}/tasks/{n}/release", ""},
    {"GET", "/api/v1/studies/{study}/tasks/{n}", ""},
    {"POST", "/api/v1/studies/{study}/trials/{n}/questions", ""},
    {"POST", "/api/v1/studies/{study}/tasks/{n}/questions", ""},
    {"GET", "/api/v1/studies/{study}/questions", ""},
    {"POST", "/api/v1/studies/{study}/enqueue", "enqueue"},
    {"POST", "/api/v1/studies/{study}/topics", "enqueue"},
    {"GET", "/api/v1/studies/{study}/topics", "enqueue"},
    {"GET", "/api/v1/studies/{study}/queue", "enqueue"},
    {"GET", "/api/v1/studies/{study}/trials", "enqueue"},
    {"GET", "/api/v1/studies/{study}/trials/{n}/explain", "enqueue"},
    {"GET", "/api/v1/studies/{study}/importance", "enqueue"},
    {"GET", "/api/v1/studies/{study}/tasks", "enqueue"},
    {"POST", "/api/v1/studies/{study}/tasks", "enqueue"},
    {"POST", "/api/v1/studies/{study}/insights", "insight"},
};

// The token in "Bearer TOKEN"; empty for anything else.
std::string_view bearer_token(std::string_view header) {
  constexpr std::string_view kScheme = "bearer ";
  if (header.size() < kScheme.size()) return "";
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = header[i];
    if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != kScheme[i]) return "";
  }
  std::string_view token = header.substr(kScheme.size());
  while (token.starts_with(' ')) token.remove_prefix(1);
  while (token.ends_with(' ')) token.remove_suffix(1);
  return token;
}

// Open to every token: what is there says nothing of a study, or asks for each of its tools.
bool is_for_all(std::string_view pattern) {
  return is_public(pattern) || pattern == kOpenApiPath || pattern == kMcpPath;
}

bool is_reading(const Call& call) { return call.method == "GET" || call.method == "HEAD"; }

[[noreturn]] void forbid(const TokenRecord& token, const Call& call, std::string_view why) {
  throw Error(ErrorCode::Forbidden, fmt::format("token {} may not {} {}: {}", token.name,
                                                call.method, call.pattern, why));
}

void authorise_worker(const TokenRecord& token, const Call& call) {
  const std::string_view method = is_reading(call) ? "GET" : std::string_view(call.method);
  const auto* const route = std::find_if(
      std::begin(kWorkerRoutes), std::end(kWorkerRoutes),
      [&](const WorkerRoute& one) { return one.pattern == call.pattern && one.method == method; });
  if (route == std::end(kWorkerRoutes)) {
    forbid(token, call, fmt::format("it is for running trials of {}", token.study));
  }
  if (!route->allow.empty() &&
      std::find(token.allow.begin(), token.allow.end(), route->allow) == token.allow.end()) {
    forbid(token, call,
           fmt::format("it was made without `--allow {}` (`study token create`)", route->allow));
  }
}

// Whether only the name of its holder can show that the caller may write to a trial or task.
bool needs_holder(const Call& call, const std::string& lease) {
  return call.caller != nullptr && call.caller->token != nullptr &&
         !call.caller->token->worker.empty() && lease.empty();
}

// Throws Error(Forbidden) unless `holder` is the worker that the caller's token names.
void require_held(const Call& call, std::string_view what, const std::string& holder) {
  const TokenRecord& token = *call.caller->token;
  if (holder == token.worker) return;
  throw Error(ErrorCode::Forbidden,
              fmt::format("{} {} is not of worker {}, whom token {} is for; only its lease shows "
                          "that it was",
                          what, call.number(1), token.worker, token.name));
}

}  // namespace

void Access::set_tokens(const std::vector<TokenRecord>& tokens) {
  auto book = std::make_shared<Book>();
  for (const TokenRecord& token : tokens) {
    if (!token.revoked) book->emplace(token.hash, std::make_shared<const TokenRecord>(token));
  }
  book_.store(std::move(book));
}

std::shared_ptr<const TokenRecord> Access::authenticate(std::string_view authorization) const {
  const std::string_view given = bearer_token(authorization);
  const char* fault = "expected the header \"Authorization: Bearer TOKEN\"";
  if (given.size() == kTokenLength && given.starts_with(kTokenPrefix)) {
    fault = "the token is not known here, or was revoked";
    const std::string hash = sha256_hex(given);
    const std::shared_ptr<const Book> book = book_.load();
    const auto found = book->find(hash);
    // The time that the look-up takes tells of the hash at most, from which no token follows.
    if (found != book->end() && CRYPTO_memcmp(found->first.data(), hash.data(), hash.size()) == 0) {
      if (!has_expired(*found->second)) return found->second;
      fault = "the token has expired";
    }
  } else if (!given.empty()) {
    fault = "that is no token of `study token create`";
  }
  if (!required_) return nullptr;
  throw Error(ErrorCode::Unauthorized,
              fmt::format("this server asks for a token: {} (--token-file, STUDY_TOKEN)", fault));
}

bool Access::is_good(const TokenRecord& token) const {
  return book_.load()->contains(token.hash) && !has_expired(token);
}

bool Access::has_expired(const TokenRecord& token) const {
  return token.expires && clock_.now() >= *token.expires;
}

std::string new_token() { return std::string(kTokenPrefix) + random_token() + random_token(); }

const std::vector<std::string>& allowable_verbs() {
  static const std::vector<std::string> kVerbs{"enqueue", "insight"};
  return kVerbs;
}

bool is_public(std::string_view path) {
  return path == "/healthz" || path == "/readyz" || path == "/" || path.starts_with("/assets/") ||
         path.starts_with("/studies/");
}

void authorise(const Call& call) {
  if (call.caller == nullptr || call.caller->token == nullptr) return;
  const TokenRecord& token = *call.caller->token;
  if (token.role == TokenRole::Admin || is_for_all(call.pattern)) return;
  if (token.role == TokenRole::Read && !is_reading(call)) forbid(token, call, "it only reads");
  if (!token.study.empty()) {
    const bool of_a_study = call.pattern.starts_with("/api/v1/studies/{study}");
    if (!of_a_study || call.args.empty() || call.args[0] != token.study) {
      forbid(token, call, fmt::format("it is for the study {}", token.study));
    }
  }
  if (token.role == TokenRole::Worker) authorise_worker(token, call);
}

void act_as_worker(const Call& call, std::string& worker) {
  if (call.caller == nullptr || call.caller->token == nullptr) return;
  const TokenRecord& token = *call.caller->token;
  if (token.worker.empty()) return;
  if (worker.empty()) worker = token.worker;
  if (worker == token.worker) return;
  throw Error(ErrorCode::Forbidden, fmt::format("token {} is for worker {}, not for {}", token.name,
                                                token.worker, brief(Json(worker))));
}

void require_own_trial(StudyApi& api, const Call& call, const std::string& lease) {
  if (!needs_holder(call, lease)) return;
  require_held(call, "trial", api.trial(call.args[0], call.number(1)).record.worker);
}

void require_own_task(StudyApi& api, const Call& call, const std::string& lease) {
  if (!needs_holder(call, lease)) return;
  require_held(call, "task", api.task(call.args[0], call.number(1)).task.worker);
}

void sign(const Call& call, std::string& author) {
  if (call.caller == nullptr || call.caller->token == nullptr) return;
  const std::string& name = call.caller->token->name;
  author = author.empty() || author == name ? name : fmt::format("{} ({})", author, name);
}

}  // namespace studyhall::server
