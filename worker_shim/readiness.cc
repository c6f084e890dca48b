#include "worker_shim/readiness.h"

#include <fmt/format.h>

#include <set>

#include "core/error.h"
#include "core/study_spec.h"
#include "worker_shim/account.h"
#include "worker_shim/claude.h"
#include "worker_shim/environment.h"
#include "worker_shim/git.h"
#include "worker_shim/plan.h"
#include "worker_shim/preview.h"
#include "worker_shim/process.h"
#include "worker_shim/text.h"

namespace studyhall::worker_shim {
namespace {

constexpr double kGigabyte = 1 << 30;
constexpr double kLittleRoomGb = 2;
constexpr std::chrono::seconds kVersionLimit{30};
constexpr std::size_t kLongestWords = 300;

Environment agent_environment(const Plan& plan, const std::filesystem::path& home) {
  Environment environment = passed_environment(plan.experiment());
  for (const auto& [name, value] : plan.worker_environment) environment[name] = value;
  return claude_environment(std::move(environment), home, home, plan.experiment().claude);
}

struct Answer {
  ProcessEnd end;
  std::string words;  // what it printed, on both streams
};

Answer answer_of(const std::filesystem::path& program, std::vector<std::string> argv,
                 Environment environment, const std::filesystem::path& folder) {
  ProcessSpec spec;
  spec.program = program;
  spec.argv = std::move(argv);
  spec.environment = std::move(environment);
  spec.directory = folder;
  spec.limit = kVersionLimit;
  Answer answer;
  ProcessHooks hooks;
  hooks.output = [&](Stream, std::string_view bytes) {
    if (answer.words.size() < kLongestWords) answer.words += bytes;
  };
  answer.end = run_process(spec, hooks);
  while (!answer.words.empty() && answer.words.back() == '\n') answer.words.pop_back();
  answer.words = printable(std::move(answer.words), kLongestWords);
  return answer;
}

bool is_well(const ProcessEnd& end) { return end.kind == EndKind::Exited && end.code == 0; }

// In an empty HOME: what a CLI leaves at its first start is nobody's.
void check_cli(const Plan& plan, Readiness& readiness) {
  const ShortTempDir home;
  const Environment environment = agent_environment(plan, home.path());
  if (const auto options = environment.find("NODE_OPTIONS"); options != environment.end()) {
    if (const auto node = find_program("node", search_path(environment), home.path())) {
      const Answer answer = answer_of(*node, {"node", "--version"}, environment, home.path());
      if (!is_well(answer.end)) {
        readiness.problems.push_back(
            fmt::format("NODE_OPTIONS={}: node does not start with it ({}); agents get it by "
                        "pass_env or env of the study file",
                        options->second, answer.words));
        return;
      }
    }
  }
  const Answer answer = answer_of(plan.claude, {"claude", "--version"}, environment, home.path());
  if (is_well(answer.end)) {
    readiness.lines.push_back(fmt::format("CLI version: {}", answer.words));
  } else {
    readiness.problems.push_back(fmt::format("{} --version: {}: {}", plan.claude.string(),
                                             describe(answer.end), answer.words));
  }
}

void check_login(const Plan& plan, Readiness& readiness) {
  const std::filesystem::path home = plan.study_folder / (".home-" + plan.worker);
  const Environment environment = agent_environment(plan, home);
  if (login_of(environment).present) return;
  readiness.problems.push_back(fmt::format(
      "no login: set ANTHROPIC_API_KEY, or log {} in once: HOME={} "
      "CLAUDE_CONFIG_DIR={} {}",
      plan.worker, home.string(), environment.at("CLAUDE_CONFIG_DIR"), plan.claude.string()));
}

void check_repos(const Plan& plan, Readiness& readiness) {
  for (const RepoSpec& repo : plan.experiment().workspace.repos) {
    const Git git(plan.dir / repo.path, plan.worker);
    const auto changes = git.try_run({"status", "--porcelain", "--untracked-files=no"});
    if (changes && !changes->empty()) {
      readiness.warnings.push_back(
          fmt::format("{} has changes that are not committed: runs begin at commit {} and do not "
                      "have them",
                      git.folder().lexically_normal().string(), repo.commit.substr(0, 10)));
    }
  }
}

void check_room(const Plan& plan, Readiness& readiness) {
  std::filesystem::path place = plan.study_folder;
  std::error_code error;
  while (!std::filesystem::exists(place, error) && place.has_relative_path())
    place = place.parent_path();
  const std::filesystem::space_info space = std::filesystem::space(place, error);
  if (error) return;
  const double free_gb = static_cast<double>(space.available) / kGigabyte;
  const double wanted_gb =
      std::max(kLittleRoomGb, plan.experiment().workspace.max_total_gb.value_or(0));
  readiness.lines.push_back(fmt::format("disk: {:.1f} GB free at {}", free_gb, place.string()));
  if (free_gb >= wanted_gb) return;
  readiness.warnings.push_back(fmt::format("only {:.1f} GB are free at {}, wanted are {:.0f}",
                                           free_gb, place.string(), wanted_gb));
}

}  // namespace

Readiness check_readiness(StudyApi& api, const WorkOptions& options) {
  const auto spec = parse_study_spec(api.study(options.study).spec);
  Readiness readiness;
  try {
    const Plan plan = make_plan(spec, options);
    readiness.lines = dry_run(api, options);
    readiness.cpus = plan.resources.cpus;
    for (std::string& hint : hints(plan)) readiness.warnings.push_back(std::move(hint));
    if (plan.experiment().agent == AgentKind::Claude) {
      check_cli(plan, readiness);
      check_login(plan, readiness);
    }
    check_repos(plan, readiness);
    check_room(plan, readiness);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::Invalid && error.code() != ErrorCode::Unavailable) throw;
    readiness.lines.clear();
    readiness.problems.emplace_back(error.what());
  }
  return readiness;
}

}  // namespace studyhall::worker_shim
