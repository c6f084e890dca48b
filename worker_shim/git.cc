#include "worker_shim/git.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>

#include "core/error.h"
#include "worker_shim/text.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::chrono::minutes kLimit{30};  // of one command, whatever it waits for
constexpr std::size_t kLongestWords = 1000;

std::string variable(const char* name, const std::string& fallback) {
  const char* value = std::getenv(name);
  return value == nullptr ? fallback : value;
}

std::string without_line_end(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

Git::Git(std::filesystem::path folder, std::string author, std::filesystem::path git_dir)
    : folder_(std::move(folder)), git_dir_(std::move(git_dir)), author_(std::move(author)) {
  const auto program = find_program("git", variable("PATH", "/usr/local/bin:/usr/bin:/bin"), "/");
  if (!program) {
    throw Error(ErrorCode::Invalid, "git worktrees need git, which is not on PATH");
  }
  program_ = *program;
  if (!std::filesystem::is_directory(folder_)) {
    throw Error(ErrorCode::Invalid,
                fmt::format("{} is not a folder on this machine, expected a git repository",
                            folder_.string()));
  }
  const Result result = call({"rev-parse", "--git-dir"}, environment({}));
  if (result.end.kind != EndKind::Exited || result.end.code != 0) {
    throw Error(ErrorCode::Invalid,
                fmt::format("{} is no git repository: {}", folder_.string(),
                            printable(without_line_end(result.err), kLongestWords)));
  }
}

std::string Git::run(const std::vector<std::string>& arguments, const Environment& more,
                     const std::filesystem::path& input) const {
  return checked(arguments, environment(more), input);
}

std::optional<std::string> Git::try_run(const std::vector<std::string>& arguments,
                                        const Environment& more) const {
  Result result = call(arguments, environment(more));
  if (result.end.kind != EndKind::Exited || result.end.code != 0) return std::nullopt;
  return std::move(result.out);
}

void Git::fetch() const {
  static_cast<void>(
      checked({"fetch", "--quiet", "--all", "--no-auto-maintenance"}, user_environment()));
}

void Git::push(const std::string& remote, const std::string& branch) const {
  const std::string ref = "refs/heads/" + branch;
  static_cast<void>(
      checked({"push", "--quiet", "--", remote, ref + ":" + ref}, user_environment()));
}

std::optional<std::string> Git::commit_id(const std::string& revision) const {
  const auto id =
      try_run({"rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"});
  if (!id) return std::nullopt;
  return without_line_end(*id);
}

std::filesystem::path Git::common_folder() const {
  const std::filesystem::path folder = without_line_end(run({"rev-parse", "--git-common-dir"}));
  return (folder_ / folder).lexically_normal();
}

Environment Git::environment(const Environment& more) const {
  const std::string name = "studyhall " + author_;
  const std::string email = author_ + "@studyhall.invalid";
  Environment result{{"PATH", variable("PATH", "/usr/local/bin:/usr/bin:/bin")},
                     {"HOME", "/nonexistent"},
                     {"LC_ALL", "C.UTF-8"},
                     {"GIT_CONFIG_NOSYSTEM", "1"},
                     {"GIT_CONFIG_GLOBAL", "/dev/null"},
                     {"GIT_TERMINAL_PROMPT", "0"},
                     {"GIT_OPTIONAL_LOCKS", "0"},
                     {"GIT_PAGER", "cat"},
                     {"GIT_AUTHOR_NAME", name},
                     {"GIT_AUTHOR_EMAIL", email},
                     {"GIT_COMMITTER_NAME", name},
                     {"GIT_COMMITTER_EMAIL", email}};
  if (!git_dir_.empty()) {
    result["GIT_DIR"] = git_dir_.string();
    result["GIT_WORK_TREE"] = folder_.string();
  }
  for (const auto& [key, value] : more) result[key] = value;
  return result;
}

Environment Git::user_environment() const {
  Environment result = environment({{"HOME", variable("HOME", "/nonexistent")}});
  result.erase("GIT_CONFIG_GLOBAL");
  if (const char* agent = std::getenv("SSH_AUTH_SOCK")) result["SSH_AUTH_SOCK"] = agent;
  return result;
}

Git::Result Git::call(const std::vector<std::string>& arguments, const Environment& environment,
                      const std::filesystem::path& input) const {
  ProcessSpec spec;
  spec.program = program_;
  // The study names this repository: whose it is does not matter.
  spec.argv = {"git",
               "-c",
               "safe.directory=*",
               "-c",
               "core.hooksPath=/dev/null",
               "-c",
               "core.fsmonitor=false",
               "-c",
               "core.autocrlf=false",
               "-c",
               "gc.auto=0"};
  spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
  spec.environment = environment;
  spec.directory = folder_;
  spec.stdin_file = input;
  spec.limit = kLimit;
  Result result;
  ProcessHooks hooks;
  hooks.output = [&](Stream stream, std::string_view bytes) {
    (stream == Stream::Out ? result.out : result.err) += bytes;
  };
  result.end = run_process(spec, hooks);
  return result;
}

std::string Git::checked(const std::vector<std::string>& arguments, const Environment& environment,
                         const std::filesystem::path& input) const {
  Result result = call(arguments, environment, input);
  if (result.end.kind == EndKind::Exited && result.end.code == 0) return std::move(result.out);
  throw Error(
      ErrorCode::Unavailable,
      fmt::format("{}: git {}: {}", folder_.string(), fmt::join(arguments, " "),
                  result.err.empty() ? describe(result.end)
                                     : printable(without_line_end(result.err), kLongestWords)));
}

}  // namespace studyhall::worker_shim
