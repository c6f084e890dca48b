#include "cli/role_workers.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "cli/arguments.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/json_field.h"

namespace studyhall::cli {

namespace {

constexpr std::int64_t kMostOfRole = 1000;

const RoleSpec& role_of(const StudySpec& spec, const std::string& name) {
  const auto found = spec.roles.find(name);
  if (found != spec.roles.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [role, members] : spec.roles) known.push_back(role);
  const auto near = nearest_name(name, known);
  throw Error(ErrorCode::Invalid,
              fmt::format("--roles: study {} has no role \"{}\"{}", spec.name, printable(name),
                          near ? fmt::format("; did you mean \"{}\"?", *near) : ""));
}

void add_role(const std::string& word, const StudySpec& spec, std::vector<RoleWorker>& workers) {
  const std::size_t equals = word.find('=');
  const std::string name = word.substr(0, equals);
  const RoleSpec& role = role_of(spec, name);
  const std::int64_t count =
      equals == std::string::npos ? 1 : parse_integer(word.substr(equals + 1), "--roles", 1);
  if (count > kMostOfRole)
    throw Error(ErrorCode::Invalid,
                fmt::format("--roles: {} is more than {} of one role", count, kMostOfRole));
  for (std::int64_t i = 1; i <= count; ++i)
    workers.push_back({.name = count == 1 ? name : fmt::format("{}-{}", name, i),
                       .role = name,
                       .every = {},
                       .takes_trials = role.want != Want::Tasks});
}

}  // namespace

std::vector<RoleWorker> role_workers(const std::string& roles, const std::string& orchestrator,
                                     const StudySpec& spec, const std::vector<std::string>& names) {
  std::vector<RoleWorker> workers;
  std::istringstream words(roles);
  for (std::string word; std::getline(words, word, ',');) add_role(word, spec, workers);
  if (!orchestrator.empty()) {
    static_cast<void>(parse_span(orchestrator, "--orchestrator"));
    workers.push_back({.name = "orchestrator", .role = "orchestrator", .every = orchestrator});
  }
  std::vector<std::string> taken = names;
  for (const RoleWorker& worker : workers) {
    if (!is_valid_name(worker.name))
      throw Error(ErrorCode::Invalid,
                  fmt::format("--roles: \"{}\" is too long for a worker's name", worker.name));
    if (std::ranges::find(taken, worker.name) != taken.end())
      throw Error(
          ErrorCode::Invalid,
          fmt::format("two workers would be named {}: --workers names the others", worker.name));
    taken.push_back(worker.name);
  }
  return workers;
}

}  // namespace studyhall::cli
