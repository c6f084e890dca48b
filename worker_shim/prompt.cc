#include "worker_shim/prompt.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <kainjow/mustache.hpp>
#include <set>

#include "core/error.h"
#include "worker_shim/environment.h"
#include "worker_shim/files.h"

namespace studyhall::worker_shim {
namespace {

namespace mustache = kainjow::mustache;

constexpr std::size_t kLongestPrompt = 10'000'000;

// Remembers the names that a template uses and nobody gave.
class StrictContext final : public mustache::context<std::string> {
 public:
  using context::context;

  const mustache::data* get(const std::string& name) const override {
    const mustache::data* found = context::get(name);
    if (found == nullptr) unknown_.insert("{{" + name + "}}");
    return found;
  }
  const mustache::data* get_partial(const std::string& name) const override {
    unknown_.insert("{{> " + name + "}}");
    return nullptr;
  }
  [[nodiscard]] const std::set<std::string>& unknown() const { return unknown_; }

 private:
  mutable std::set<std::string> unknown_;
};

mustache::data text_or_false(const std::string& text) {
  return text.empty() ? mustache::data(false) : mustache::data(text);
}

mustache::data template_data(const Plan& plan, const AskedTrial& trial,
                             const Workspace& workspace) {
  mustache::data config;
  for (const Parameter& parameter : plan.study->space.params()) config.set(parameter.name, false);
  mustache::data params{mustache::data::type::list};
  for (const auto& [name, value] : trial.params.items()) {
    const std::string text = value_text(value);
    config.set(name, text);
    mustache::data row;
    row.set("name", name);
    row.set("value", text);
    params.push_back(row);
  }
  mustache::data data;
  data.set("config", config);
  data.set("config_json", trial.params.dump(2, ' ', false, Json::error_handler_t::replace));
  data.set("params", params);
  data.set("study", plan.study->name);
  data.set("worker", plan.worker);
  data.set("trial", std::to_string(trial.number));
  data.set("attempt", std::to_string(trial.attempt));
  data.set("seed", std::to_string(trial.seed));
  data.set("workspace", workspace.dir.string());
  data.set("dir", plan.dir.string());
  data.set("title", text_or_false(trial.title));
  data.set("description", text_or_false(trial.description));
  mustache::data insights{mustache::data::type::list};
  for (const Insight& insight : trial.insights) {
    mustache::data row;
    row.set("text", insight.text);
    row.set("author", insight.author);
    insights.push_back(row);
  }
  data.set("insights", insights);
  data.set("score_file", plan.experiment().score.file);
  return data;
}

}  // namespace

std::string render_prompt(const Plan& plan, const std::string& prompt_file, const AskedTrial& trial,
                          const Workspace& workspace) {
  const std::filesystem::path file = plan.dir / prompt_file;
  std::optional<std::string> text;
  try {
    text = read_file(file, kLongestPrompt);
  } catch (const Error& error) {
    throw Error(ErrorCode::Invalid, error.what());
  }
  if (!text) throw Error(ErrorCode::Invalid, file.string() + ": there is no such file");
  mustache::mustache prompt(*text);
  prompt.set_custom_escape([](const std::string& value) { return value; });
  if (!prompt.is_valid()) {
    throw Error(ErrorCode::Invalid, fmt::format("{}: {}", file.string(), prompt.error_message()));
  }
  const mustache::data data = template_data(plan, trial, workspace);
  StrictContext context(&data);
  std::ostringstream out;
  prompt.render(context, out);
  if (!context.unknown().empty()) {
    throw Error(
        ErrorCode::Invalid,
        fmt::format("{}: unknown {}; known are config.NAME for each parameter, config_json, "
                    "params (name, value), insights (text, author), title, description, study, "
                    "worker, trial, attempt, seed, workspace, dir, score_file",
                    file.string(), fmt::join(context.unknown(), ", ")));
  }
  return out.str();
}

}  // namespace studyhall::worker_shim
