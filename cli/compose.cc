#include "cli/compose.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "core/hash.h"
#include "core/resource_spec.h"

namespace studyhall::cli {

namespace {

constexpr int kPort = 8642;
constexpr const char* kRuns = "/runs";
constexpr const char* kSecret = "/run/secrets/study_token";
constexpr std::size_t kLongestKubernetesName = 50;

// Compose reads "$" as the beginning of a variable.
std::string plain(std::string text) {
  for (std::size_t at = 0; (at = text.find('$', at)) != std::string::npos; at += 2)
    text.insert(at, "$");
  return text;
}

std::string login_folder(const ContainerPlan& plan, const std::string& worker) {
  return fmt::format("{}/{}/.home-{}", kRuns, plan.study, worker);
}

Json work_command(const ContainerPlan& plan, const ContainerWorker& worker) {
  Json command = {"study", "work", plan.study, "--worker", worker.name, "--runs", kRuns};
  const auto add = [&command](const char* option, const std::string& value) {
    if (value.empty()) return;
    command.push_back(option);
    command.push_back(value);
  };
  add("--role", worker.role);
  add("--every", worker.research_every);
  if (!plan.experiment.empty()) {
    command.push_back("--dir");
    command.push_back(plain(plan.experiment));
  }
  if (!worker.cpus.empty()) {
    command.push_back("--cpus");
    command.push_back(cpu_list_text(worker.cpus));
  }
  return command;
}

Json mount(const std::string& source, const std::string& target, bool read_only) {
  return {{"type", "bind"},
          {"source", plain(source)},
          {"target", plain(target)},
          {"read_only", read_only}};
}

Json volume(const std::string& name, const std::string& target) {
  return {{"type", "volume"}, {"source", name}, {"target", target}};
}

Json server_service(const ContainerPlan& plan) {
  const std::filesystem::path database = plan.database;
  const std::string own = fmt::format("http://127.0.0.1:{}", kPort);
  Json service = {
      {"image", plan.image},
      {"command",
       {"study", "serve", "--db", "/data/" + plain(database.filename().string()), "--host",
        "0.0.0.0", "--port", std::to_string(kPort), "--require-tokens"}},
      {"environment", {{"STUDY_TOKEN_FILE", kSecret}}},
      {"volumes", Json::array({mount(database.parent_path().string(), "/data", false)})},
      {"secrets", {"study_token"}},
      {"ports", {fmt::format("127.0.0.1:{}:{}", kPort, kPort)}},
      {"healthcheck",
       {{"test", {"CMD", "study", "show", plan.study, "--server", own, "--json"}},
        {"interval", "10s"},
        {"timeout", "10s"},
        {"retries", 6}}},
      {"restart", "unless-stopped"}};
  return service;
}

Json worker_service(const ContainerPlan& plan, const ContainerWorker& worker) {
  const bool has_server = plan.server_url.empty();
  const std::string url =
      has_server ? fmt::format("http://server:{}", kPort) : plain(plan.server_url);
  Json environment = {{"STUDY_SERVER", url}};
  if (!plan.token_file.empty()) environment["STUDY_TOKEN_FILE"] = kSecret;
  // Without a value: as it is set where compose is run.
  for (const char* name : {"ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"})
    environment[name] = nullptr;
  Json volumes = Json::array({volume("runs-" + worker.name, kRuns),
                              volume("login-" + worker.name, login_folder(plan, worker.name))});
  if (!plan.experiment.empty()) volumes.push_back(mount(plan.experiment, plan.experiment, true));
  for (const std::string& repo : plan.repos) volumes.push_back(mount(repo, repo, false));
  Json service = {{"image", plan.image},
                  {"command", work_command(plan, worker)},
                  {"environment", std::move(environment)},
                  {"volumes", std::move(volumes)}};
  if (!plan.token_file.empty()) service["secrets"] = {"study_token"};
  if (has_server) service["depends_on"] = {{"server", {{"condition", "service_healthy"}}}};
  if (!worker.cpus.empty()) service["cpuset"] = cpu_list_text(worker.cpus);
  if (worker.memory_gb)
    service["mem_limit"] =
        fmt::format("{}m", static_cast<std::int64_t>(std::ceil(*worker.memory_gb * 1024)));
  if (!plan.gpus.empty()) {
    Json device = {{"driver", "nvidia"}, {"capabilities", {"gpu"}}};
    device["count"] = plan.gpus == "all" ? Json("all") : Json(std::stoi(plan.gpus));
    service["deploy"] = {{"resources", {{"reservations", {{"devices", Json::array({device})}}}}}};
  }
  service["init"] = true;
  service["stop_grace_period"] = "60s";
  service["restart"] = "on-failure";
  return service;
}

std::string kubernetes_name(const std::string& name) {
  std::string result;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    result += std::isalnum(byte) != 0 ? static_cast<char>(std::tolower(byte)) : '-';
  }
  // Two names that differ only in what was replaced stay apart.
  if (result != name) result += "-" + sha256_hex(name).substr(0, 6);
  while (!result.empty() && result.front() == '-') result.erase(0, 1);
  return result.substr(0, kLongestKubernetesName);
}

void write_yaml(const Json& value, std::size_t depth, std::string& out) {
  const std::string indent(depth * 2, ' ');
  const auto child = [&](const Json& item) {
    const bool nested = item.is_structured() && !item.empty();
    out += nested ? "\n" : " ";
    if (nested)
      write_yaml(item, depth + 1, out);
    else
      out += dump_json(item) + "\n";
  };
  if (value.is_object()) {
    for (const auto& [name, item] : value.items()) {
      const bool simple = std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '/';
      });
      out += indent + (simple ? name : dump_json(Json(name))) + ":";
      if (item.is_null())
        out += "\n";
      else
        child(item);
    }
    return;
  }
  for (const Json& item : value) {
    if (item.is_object() && !item.empty()) {
      std::string block;
      write_yaml(item, depth + 1, block);
      out += indent + "- " + block.substr(indent.size() + 2);
    } else {
      out += indent + "-";
      child(item);
    }
  }
}

}  // namespace

Json compose_file(const ContainerPlan& plan) {
  Json services = Json::object();
  Json volumes = Json::object();
  if (plan.server_url.empty()) services["server"] = server_service(plan);
  for (std::size_t i = 0; i < plan.workers.size(); ++i) {
    const ContainerWorker& worker = plan.workers[i];
    std::string name = worker.role.empty() ? fmt::format("worker{}", i + 1) : worker.name;
    if (services.contains(name)) name = "role-" + name;
    services[name] = worker_service(plan, worker);
    volumes["runs-" + worker.name] = nullptr;
    volumes["login-" + worker.name] = nullptr;
  }
  Json file = {{"services", std::move(services)}, {"volumes", std::move(volumes)}};
  if (!plan.token_file.empty())
    file["secrets"] = {{"study_token", {{"file", plain(plan.token_file)}}}};
  return file;
}

std::vector<Json> kubernetes_manifests(const ContainerPlan& plan, const std::string& token) {
  const std::string base = "study-" + kubernetes_name(plan.study);
  const Json labels = {{"app.kubernetes.io/name", "studyhall"}, {"study", base}};
  std::vector<Json> manifests;
  manifests.push_back({{"apiVersion", "v1"},
                       {"kind", "Secret"},
                       {"metadata", {{"name", base}, {"labels", labels}}},
                       {"stringData", {{"token", token}}}});
  for (const ContainerWorker& worker : plan.workers) {
    const std::string name = base + "-" + kubernetes_name(worker.name);
    manifests.push_back({{"apiVersion", "v1"},
                         {"kind", "PersistentVolumeClaim"},
                         {"metadata", {{"name", name}, {"labels", labels}}},
                         {"spec",
                          {{"accessModes", {"ReadWriteOnce"}},
                           {"resources", {{"requests", {{"storage", "20Gi"}}}}}}}});
    Json amount = Json::object();
    if (!worker.cpus.empty()) amount["cpu"] = std::to_string(worker.cpus.size());
    if (worker.memory_gb)
      amount["memory"] =
          fmt::format("{}Mi", static_cast<std::int64_t>(std::ceil(*worker.memory_gb * 1024)));
    Json limits = amount;
    if (!plan.gpus.empty()) limits["nvidia.com/gpu"] = plan.gpus == "all" ? "1" : plan.gpus;
    ContainerWorker unpinned = worker;  // which processors a pod gets is the node's to say
    unpinned.cpus.clear();
    Json command = work_command(plan, unpinned);
    const Json secret = {{"valueFrom", {{"secretKeyRef", {{"name", base}, {"key", "token"}}}}}};
    Json token_variable = {{"name", "STUDY_TOKEN"}};
    token_variable.update(secret);
    Json key_variable = {
        {"name", "ANTHROPIC_API_KEY"},
        {"valueFrom",
         {{"secretKeyRef", {{"name", "anthropic"}, {"key", "api-key"}, {"optional", true}}}}}};
    Json container = {{"name", "worker"},
                      {"image", plan.image},
                      {"command", std::move(command)},
                      {"env", Json::array({{{"name", "STUDY_SERVER"}, {"value", plan.server_url}},
                                           std::move(token_variable),
                                           std::move(key_variable)})},
                      {"resources", {{"requests", amount}, {"limits", limits}}},
                      {"volumeMounts", Json::array({{{"name", "runs"}, {"mountPath", kRuns}}})}};
    manifests.push_back(
        {{"apiVersion", "batch/v1"},
         {"kind", "Job"},
         {"metadata", {{"name", name}, {"labels", labels}}},
         {"spec",
          {{"backoffLimit", 20},
           {"template",
            {{"metadata", {{"labels", labels}}},
             {"spec",
              {{"restartPolicy", "OnFailure"},
               {"terminationGracePeriodSeconds", 60},
               {"containers", Json::array({std::move(container)})},
               {"volumes",
                Json::array({{{"name", "runs"},
                              {"persistentVolumeClaim", {{"claimName", name}}}}})}}}}}}}});
  }
  return manifests;
}

std::string to_yaml(const Json& value) {
  std::string text;
  write_yaml(value, 0, text);
  return text;
}

}  // namespace studyhall::cli
