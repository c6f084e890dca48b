#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/compose.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/fleet_options.h"
#include "cli/launch_plan.h"
#include "cli/role_workers.h"
#include "cli/spawn.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/hash.h"
#include "core/resource_spec.h"
#include "core/study_spec.h"
#include "server/access.h"
#include "storage/token_table.h"
#include "worker_shim/core_layout.h"
#include "worker_shim/files.h"

namespace studyhall::cli {

namespace {

struct Arguments : FleetOptions {
  std::string image = "studyhall:latest";
  std::string output;
  std::string memory_gb;
  std::string gpus;
  bool kubernetes = false;
};

std::filesystem::path absolute(const std::filesystem::path& path) {
  return std::filesystem::absolute(path).lexically_normal();
}

void share_out(const Arguments& arguments, ContainerPlan& plan) {
  if (arguments.cores == 0) return;
  const auto machine = worker_shim::machine_cores();
  std::size_t processors = 0;
  for (const auto& core : machine) processors += core.size();
  const int reserve = arguments.reserve >= 0 ? static_cast<int>(arguments.reserve)
                                             : std::max(1, static_cast<int>(processors) / 8);
  const auto layout = worker_shim::lay_out(machine, static_cast<int>(plan.workers.size()),
                                           static_cast<int>(arguments.cores), reserve);
  for (std::size_t i = 0; i < plan.workers.size(); ++i) plan.workers[i].cpus = layout.workers[i];
}

ContainerPlan plan_of(const Arguments& arguments, const Connection& connection,
                      const StudySpec& spec) {
  ContainerPlan plan;
  plan.study = spec.name;
  plan.image = arguments.image;
  if (connection.file.empty())
    plan.server_url = connection.server_url;
  else
    plan.database = absolute(connection.file);
  plan.gpus = arguments.gpus;
  if (!plan.gpus.empty() && plan.gpus != "all") parse_integer(plan.gpus, "--gpus", 1);
  const ExperimentSpec& experiment = *spec.experiment;
  const std::filesystem::path dir =
      absolute(arguments.dir.empty() ? experiment.dir : arguments.dir);
  plan.experiment = dir.string();
  for (const RepoSpec& repo : experiment.workspace.repos)
    plan.repos.push_back((dir / repo.path).lexically_normal().string());
  std::optional<double> memory;
  if (!arguments.memory_gb.empty()) memory = parse_number(arguments.memory_gb, "--memory-gb");
  for (const std::string& name : worker_names(arguments.workers, spec.resolved)) {
    const auto own = spec.workers.find(name);
    const ResourceSpec resources = own == spec.workers.end()
                                       ? experiment.resources
                                       : combined(experiment.resources, own->second.resources);
    plan.workers.push_back(
        {.name = name, .cpus = resources.cpus, .memory_gb = memory ? memory : resources.memory_gb});
  }
  share_out(arguments, plan);
  std::vector<std::string> names;
  for (const ContainerWorker& worker : plan.workers) names.push_back(worker.name);
  for (RoleWorker& worker : role_workers(arguments.roles, arguments.orchestrator, spec, names)) {
    plan.workers.push_back({.name = std::move(worker.name),
                            .role = std::move(worker.role),
                            .research_every = std::move(worker.every)});
  }
  if (plan.workers.empty()) throw Error(ErrorCode::Invalid, "no worker: --workers is 0");
  return plan;
}

// A token that is good for this study's workers, of the database that the server will serve.
std::string make_token(const Session& session, const ContainerPlan& plan) {
  std::string secret = server::new_token();
  storage::TokenRecord token;
  token.role = storage::TokenRole::Worker;
  token.study = plan.study;
  token.name = fmt::format("compose-{}", secret.substr(secret.size() - 8));
  token.hash = sha256_hex(secret);
  token.created = session.clock.now();
  const bool proposes = std::ranges::any_of(
      plan.workers, [](const ContainerWorker& worker) { return !worker.research_every.empty(); });
  if (proposes) token.allow = {"enqueue", "insight"};
  storage::TokenTable(plan.database).add(token);
  return secret;
}

// Throws Error(Invalid) with what compose finds wrong; the words to be shown where nobody could
// look.
std::string validate(const std::filesystem::path& file) {
  const auto docker = program_on_path("docker");
  if (!docker && !program_on_path("docker-compose"))
    return "there is no docker on PATH: the file is not validated";
  std::optional<ProgramAnswer> answer;
  if (docker && run_to_end(*docker, {"docker", "compose", "version"}).status == 0)
    answer = run_to_end(*docker, {"docker", "compose", "-f", file.string(), "config", "-q"});
  else if (const auto old = program_on_path("docker-compose"))
    answer = run_to_end(*old, {"docker-compose", "-f", file.string(), "config", "-q"});
  if (!answer) return "docker has no compose plugin: the file is not validated";
  if (answer->status != 0)
    throw Error(ErrorCode::Invalid,
                fmt::format("{}: compose refuses it: {}", file.string(), answer->err));
  return "";
}

void write(const std::filesystem::path& file, const std::string& text, mode_t mode) {
  worker_shim::write_file(file, text, mode);
}

int write_compose(const Session& session, const Arguments& arguments, ContainerPlan plan) {
  const std::filesystem::path file =
      absolute(arguments.output.empty() ? "compose.yaml" : arguments.output);
  if (plan.server_url.empty()) {
    std::filesystem::path token_file = file;
    token_file.replace_filename(plan.study + ".token");
    if (!std::filesystem::exists(token_file))
      write(token_file, make_token(session, plan) + "\n", 0600);
    plan.token_file = token_file.string();
  } else if (!session.token_file.empty()) {
    plan.token_file = absolute(session.token_file).string();
  }
  write(file,
        fmt::format("# Made by `study compose {}`.\n", plan.study) + to_yaml(compose_file(plan)),
        0644);
  const std::string words = validate(file);
  if (session.json) {
    session.print_json(
        {{"file", file.string()}, {"token_file", plan.token_file}, {"validated", words.empty()}});
    return kDone;
  }
  session.out << fmt::format("Wrote {}{}.\n", file.string(),
                             words.empty() ? ", which compose takes" : "");
  if (!words.empty()) session.out << words << ".\n";
  if (!plan.token_file.empty())
    session.out << fmt::format("The workers' token is in {}; keep both from others.\n",
                               plan.token_file);
  session.out << fmt::format("Next:\n  docker compose -f {} up -d\n", file.string());
  return kDone;
}

int write_kubernetes(const Session& session, const Arguments& arguments,
                     const ContainerPlan& plan) {
  if (plan.server_url.empty())
    throw Error(ErrorCode::Invalid,
                "--kubernetes: pods need a server that they reach: name it with --server URL");
  std::string text = fmt::format("# Made by `study compose {} --kubernetes`.\n", plan.study);
  for (const Json& manifest : kubernetes_manifests(plan, client_options(session).token))
    text += "---\n" + to_yaml(manifest);
  if (arguments.output.empty()) {
    session.out << text;
    return kDone;
  }
  write(arguments.output, text, 0600);
  if (session.json)
    session.print_json({{"file", absolute(arguments.output).string()}});
  else
    session.out << fmt::format("Wrote {}; it holds the token.\nNext:\n  kubectl apply -f {}\n",
                               arguments.output, arguments.output);
  return kDone;
}

int compose(const Session& session, const Arguments& arguments) {
  const Connection connection = connect(session);
  const auto spec = parse_study_spec(connection.api->study(arguments.study).spec);
  if (!spec->experiment)
    throw Error(ErrorCode::Invalid,
                fmt::format("study {} has no experiment that workers could run", spec->name));
  ContainerPlan plan = plan_of(arguments, connection, *spec);
  if (arguments.kubernetes) return write_kubernetes(session, arguments, plan);
  return write_compose(session, arguments, std::move(plan));
}

}  // namespace

void add_compose_command(CLI::App& root, Session& session) {
  CLI::App& command = add_command(
      root, session,
      {"Fleet", "compose", "write a compose file (or Kubernetes Jobs) that runs a study's workers",
       "study compose heat_signature --workers 3 --cores 7 --reserve 4 --memory-gb 32\n"
       "study compose heat_signature --gpus 1 -o fleet.yaml\n"
       "study compose heat_signature --kubernetes --server http://head:8642 | kubectl apply -f -"});
  const auto arguments = std::make_shared<Arguments>();
  add_fleet_options(command, *arguments);
  command
      .add_option("--image", arguments->image,
                  "with study and the experiment's programs (default: studyhall:latest)")
      ->type_name("IMAGE");
  command
      .add_option("--memory-gb", arguments->memory_gb, "of each worker (default: the study file's)")
      ->type_name("GB");
  command.add_option("--gpus", arguments->gpus, "of each worker: all, or how many")
      ->type_name("N|all");
  command.add_flag("--kubernetes", arguments->kubernetes, "Jobs instead; needs --server");
  command
      .add_option("-o,--output", arguments->output,
                  "file (default: compose.yaml; of --kubernetes standard output)")
      ->type_name("FILE");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return compose(session, *arguments); };
  });
}

}  // namespace studyhall::cli
