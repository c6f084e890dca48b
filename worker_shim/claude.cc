#include "worker_shim/claude.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/hash.h"
#include "worker_shim/environment.h"
#include "worker_shim/files.h"

namespace studyhall::worker_shim {
namespace {

constexpr auto kSettings = std::to_array<std::pair<const char*, const char*>>({
    {"LANG", "C.UTF-8"},
    {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"},
    {"DISABLE_AUTOUPDATER", "1"},
    {"DISABLE_TELEMETRY", "1"},
    {"DISABLE_ERROR_REPORTING", "1"},
    {"CLAUDE_CODE_MAX_RETRIES", "3"},
    {"API_TIMEOUT_MS", "120000"},
    {"ENABLE_TOOL_SEARCH", "false"},
    {"MCP_TIMEOUT", "10000"},
    {"MCP_TOOL_TIMEOUT", "60000"},
    {"CLAUDE_CODE_DISABLE_BACKGROUND_TASKS", "1"},
});
constexpr auto kCredentials = std::to_array<const char*>(
    {"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"});
constexpr long long kBashDefaultMs = 600'000;
constexpr std::size_t kLongestTempBase = 60;  // longer, and the CLI puts its socket elsewhere

}  // namespace

std::filesystem::path find_claude(const ExperimentSpec& experiment) {
  if (const char* chosen = std::getenv("STUDY_CLAUDE"); chosen != nullptr && *chosen != '\0') {
    if (const auto found = find_program(std::filesystem::absolute(chosen).string(), "", "/")) {
      return *found;
    }
    throw Error(ErrorCode::Invalid,
                fmt::format("STUDY_CLAUDE: {} is no program that may be executed", chosen));
  }
  const std::string path = search_path(passed_environment(experiment));
  if (const auto found = find_program("claude", path, "/")) return *found;
  throw Error(
      ErrorCode::Invalid,
      fmt::format("the Claude Code CLI is needed: no \"claude\" on PATH ({}); install it or "
                  "set STUDY_CLAUDE to where it is",
                  path));
}

std::filesystem::path claude_home(const Plan& plan) {
  std::filesystem::path home = plan.study_folder / (".home-" + plan.worker);
  std::filesystem::create_directories(home);
  std::filesystem::permissions(home, std::filesystem::perms::owner_all);
  return home;
}

std::vector<std::string> claude_arguments(const ClaudeSpec& claude, const StageSpec& stage,
                                          const ClaudeSession& session, const ClaudeFiles& files) {
  std::vector<std::string> names = claude.tools;
  if (claude.allow_web) names.insert(names.end(), {"WebFetch", "WebSearch"});
  const std::string tools = fmt::format("{}", fmt::join(names, ","));
  for (const auto& [server, config] : claude.mcp.items()) names.push_back("mcp__" + server);
  const std::string allowed = fmt::format("{}", fmt::join(names, ","));
  std::vector<std::string> arguments{
      "claude",      "-p",        "--output-format",
      "stream-json", "--verbose", session.resumes ? "--resume" : "--session-id",
      session.id};
  if (!claude.model.empty()) arguments.insert(arguments.end(), {"--model", claude.model});
  arguments.insert(arguments.end(), {"--max-turns", std::to_string(stage.max_turns)});
  if (stage.max_cost_usd) {
    arguments.insert(arguments.end(), {"--max-budget-usd", fmt::format("{}", *stage.max_cost_usd)});
  }
  arguments.insert(arguments.end(), {"--permission-mode", "dontAsk", "--tools", tools,
                                     "--allowedTools", allowed, "--strict-mcp-config"});
  if (!files.mcp.empty()) {
    arguments.insert(arguments.end(), {"--mcp-config", files.mcp.string()});
  }
  if (!files.system_prompt.empty()) {
    arguments.insert(arguments.end(),
                     {"--append-system-prompt-file", files.system_prompt.string()});
  }
  if (claude.project_settings) {
    arguments.insert(arguments.end(), {"--setting-sources", "project"});
  } else {
    arguments.insert(arguments.end(), {"--setting-sources", "", "--disable-slash-commands"});
  }
  return arguments;
}

Environment claude_environment(Environment environment, const std::filesystem::path& home,
                               const std::filesystem::path& tmp, const ClaudeSpec& claude) {
  for (const auto& [name, value] : kSettings) environment.emplace(name, value);
  const auto pass = [&](const char* name) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') environment.emplace(name, value);
  };
  for (const char* name : kCredentials) pass(name);
  pass("ANTHROPIC_BASE_URL");
  const auto tool_limit_ms = std::llround(std::ceil(claude.tool_limit_min * 60'000));
  environment.emplace("BASH_MAX_TIMEOUT_MS", std::to_string(tool_limit_ms));
  environment.emplace("BASH_DEFAULT_TIMEOUT_MS",
                      std::to_string(std::min(tool_limit_ms, kBashDefaultMs)));
  environment["PATH"] = search_path(environment);
  environment["HOME"] = home.string();
  environment["CLAUDE_CONFIG_DIR"] = (home / ".claude").string();
  environment["CLAUDE_CODE_TMPDIR"] = tmp.string();
  return environment;
}

Environment without_credentials(Environment environment) {
  for (const char* name : kCredentials) environment.erase(name);
  return environment;
}

std::string new_session_id() {
  std::string id = random_token();
  id[12] = '4';  // version and variant of a random UUID (RFC 9562)
  id[16] = "89ab"[static_cast<std::size_t>(id[16] % 4)];
  for (const std::size_t at : {20U, 16U, 12U, 8U}) id.insert(at, "-");
  return id;
}

ShortTempDir::ShortTempDir() {
  std::error_code error;
  std::filesystem::path base = std::filesystem::temp_directory_path(error);
  if (error || base.string().size() > kLongestTempBase) base = "/tmp";
  std::string pattern = (base / "study-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    throw Error(ErrorCode::Unavailable,
                fmt::format("{}: cannot make a folder: {}", base.string(), system_words(errno)));
  }
  path_ = pattern;
}

ShortTempDir::~ShortTempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace studyhall::worker_shim
