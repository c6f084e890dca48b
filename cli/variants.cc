#include "cli/variants.h"

#include <fmt/format.h>

#include <set>

#include "cli/arguments.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/study_spec.h"
#include "worker_shim/files.h"

namespace studyhall::cli {

namespace {

constexpr std::size_t kLongestText = 20'000;
constexpr std::size_t kLongestList = 10'000'000;

constexpr const char* kPromptEnd =
    "Do it in this way, \"{{title}}\":\n\n{{description}}\n\n"
    "The current folder is a git worktree of your own; what you leave in it is committed to a "
    "branch of its own. Other ways are tried beside yours: keep to this one.\n\n{{leave_behind}}\n";

std::filesystem::path list_file(const std::filesystem::path& folder) {
  return folder / "variants.json";
}

std::string text_of_file(const std::string& file) {
  const auto text = worker_shim::read_file(file, kLongestList);
  if (!text) throw Error(ErrorCode::NotFound, fmt::format("there is no file {}", file));
  return *text;
}

std::vector<std::string> shell_command(const std::string& line) { return {"/bin/sh", "-c", line}; }

Json score_of(const VariantsRequest& request) {
  if (request.score.empty())
    return {{"command", shell_command("echo '{\"score\": 1}' > result.json")},
            {"value", "/score"},
            {"require", "attested"}};
  Json score = {{"command", shell_command(request.score)}, {"require", "attested"}};
  if (!request.pattern.empty()) {
    score["pattern"] = request.pattern;
    return score;
  }
  score["value"] = request.value;
  Json metrics = Json::object();
  for (const std::string& word : request.metrics) {
    if (word.find('=') == std::string::npos) {
      metrics[word] = "/" + word;
    } else {
      const auto [name, pointer] = split_assignment(word, "--metric");
      metrics[name] = pointer;
    }
  }
  if (!metrics.empty()) score["metrics"] = std::move(metrics);
  return score;
}

}  // namespace

std::vector<Variant> variants_from_json(const Json& json, const std::string& what) {
  std::vector<Variant> variants;
  const auto refuse = [&what](const std::string& found) {
    throw Error(ErrorCode::Malformed,
                fmt::format("{}: {}: expected {{\"NAME\": \"TEXT\", ...}} or [{{\"name\": .., "
                            "\"text\": ..}}, ...]",
                            what, found));
  };
  if (json.is_object()) {
    for (const auto& [name, text] : json.items()) {
      if (!text.is_string()) refuse(fmt::format("{} has {}", name, brief(text)));
      variants.push_back({name, text.get<std::string>()});
    }
  } else if (json.is_array()) {
    for (const Json& item : json) {
      if (!item.is_object() || !item.contains("name") || !item.contains("text") ||
          !item["name"].is_string() || !item["text"].is_string())
        refuse(brief(item));
      variants.push_back({item["name"].get<std::string>(), item["text"].get<std::string>()});
    }
  } else {
    refuse(brief(json));
  }
  return variants;
}

Variant variant_from_word(const std::string& word) {
  auto [name, text] = split_assignment(word, "--variant");
  if (text.starts_with('@')) text = text_of_file(text.substr(1));
  return {name, text};
}

void check_variants(const std::vector<Variant>& variants) {
  if (variants.empty())
    throw Error(
        ErrorCode::Invalid,
        "no variants: give --variant NAME=TEXT for each, --variants FILE or --generate CMD");
  std::set<std::string> names;
  std::vector<Problem> problems;
  for (const Variant& variant : variants) {
    if (!is_valid_name(variant.name))
      problems.push_back({"/" + printable(variant.name),
                          "cannot name a variant: 1 to 64 letters, digits, '.', '_' and '-', not "
                          "beginning with '.' or '-'"});
    else if (!names.insert(variant.name).second)
      problems.push_back({"/" + variant.name, "is there twice"});
    if (variant.text.size() > kLongestText)
      problems.push_back(
          {"/" + printable(variant.name), fmt::format("its text has {} bytes; expected at most {}",
                                                      variant.text.size(), kLongestText)});
  }
  if (!problems.empty()) throw Error::from_problems(ErrorCode::Invalid, "the variants", problems);
}

Json variants_study_file(const VariantsRequest& request, const std::filesystem::path& folder) {
  Json choices = Json::array();
  for (const Variant& variant : request.variants) choices.push_back(variant.name);
  const std::int64_t trials = std::ssize(request.variants) * request.repeat;
  Json workspace = {{"kind", "worktree"}, {"repo", request.repo.string()}, {"keep", "all"}};
  if (!request.base.empty()) workspace["base"] = request.base;
  Json experiment = {{"dir", folder.string()}};
  if (request.command.empty()) {
    experiment["agent"] = "claude";
    experiment["prompt"] = request.prompt.empty() ? "prompt.md" : request.prompt;
    Json claude = Json::object();
    if (!request.model.empty()) claude["model"] = request.model;
    if (request.max_turns > 0) claude["max_turns"] = request.max_turns;
    if (request.max_cost_usd) claude["max_cost_usd"] = *request.max_cost_usd;
    if (!claude.empty()) experiment["claude"] = std::move(claude);
  } else {
    experiment["command"] = shell_command(request.command);
  }
  experiment["workspace"] = std::move(workspace);
  if (!request.protect.empty()) experiment["protect"] = request.protect;
  experiment["score"] = score_of(request);
  if (request.time_limit_min) experiment["time_limit_min"] = *request.time_limit_min;
  return {{"name", request.study},
          {"direction", request.direction},
          {"params", {{kVariantParam, {{"type", "categorical"}, {"choices", choices}}}}},
          {"sampler", "grid"},
          {"confirm", {{"replicates", 0}}},
          {"limits", {{"trials", trials}}},
          {"experiment", std::move(experiment)}};
}

void write_variants_folder(const VariantsRequest& request, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  Json list = Json::array();
  for (const Variant& variant : request.variants)
    list.push_back({{"name", variant.name}, {"text", variant.text}});
  worker_shim::write_file(folder / "prompt.md",
                          (request.task.empty() ? "" : request.task + "\n\n") + kPromptEnd);
  const Json file = {
      {"study", request.study}, {"repeat", request.repeat}, {"variants", std::move(list)}};
  worker_shim::write_file(list_file(folder), file.dump(2) + "\n");
}

std::pair<std::vector<Variant>, std::int64_t> read_variants_folder(
    const std::filesystem::path& folder) {
  const std::string name = list_file(folder).string();
  const Json file = parse_json(text_of_file(name), name);
  if (!file.is_object() || !file.contains("variants") || !file.contains("repeat") ||
      !file["repeat"].is_number_integer())
    throw Error(ErrorCode::Corrupt, fmt::format("{} is not what `study variants` wrote", name));
  return {variants_from_json(file["variants"], name), file["repeat"].get<std::int64_t>()};
}

void enqueue_variants(StudyApi& api, const std::string& study, const std::vector<Variant>& variants,
                      std::int64_t repeat) {
  for (const Variant& variant : variants) {
    EnqueueRequest request;
    request.params = {{kVariantParam, variant.name}};
    request.count = static_cast<int>(repeat);
    request.title = variant.name;
    request.description = variant.text;
    request.request_id = "variant-" + variant.name;
    static_cast<void>(api.enqueue(study, request));
  }
}

}  // namespace studyhall::cli
