#include "worker_shim/prompt.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <set>

#include "core/error.h"
#include "worker_shim/environment.h"
#include "worker_shim/files.h"

namespace studyhall::worker_shim {
namespace {

namespace mustache = kainjow::mustache;

constexpr int kTop = 5;  // rows of the leaderboard
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

std::string number_text(double value) { return fmt::format("{}", value); }

std::string config_text(const Json& params) {
  return params.dump(-1, ' ', false, Json::error_handler_t::replace);
}

mustache::data strings_data(const std::vector<std::string>& strings) {
  mustache::data list{mustache::data::type::list};
  for (const std::string& text : strings) list.push_back(text);
  return list;
}

mustache::data context_data(const ContextSpec& context) {
  mustache::data data;
  data.set("language", text_or_false(context.language));
  data.set("build", text_or_false(context.build));
  data.set("test", text_or_false(context.test));
  data.set("rules", strings_data(context.rules));
  data.set("key_files", strings_data(context.key_files));
  return data;
}

mustache::data focus_data(const Plan& plan) {
  mustache::data list{mustache::data::type::list};
  const auto worker = plan.study->workers.find(plan.worker);
  if (worker == plan.study->workers.end() || !worker->second.focus) return list;
  const auto& params = plan.study->space.params();
  const auto& domains = *worker->second.focus;
  for (std::size_t p = 0; p < params.size(); ++p) {
    if (!domains[p].free) continue;
    mustache::data row;
    row.set("name", params[p].name);
    row.set("low", params[p].is_numeric() ? number_text(domains[p].low) : "");
    row.set("high", params[p].is_numeric() ? number_text(domains[p].high) : "");
    list.push_back(row);
  }
  return list;
}

mustache::data best_data(const BestRow& row) {
  mustache::data data;
  data.set("rank", std::to_string(row.rank));
  data.set("number", std::to_string(row.number));
  data.set("value", number_text(row.value));
  data.set("mean", row.mean ? mustache::data(number_text(*row.mean)) : mustache::data(false));
  data.set("config", config_text(row.params));
  return data;
}

// Leaderboard, leader, pin and budget.
void add_standing(mustache::data& data, const AskedTrial& trial, const PromptFacts& facts) {
  mustache::data best{mustache::data::type::list};
  for (const BestRow& row : facts.best) best.push_back(best_data(row));
  data.set("best", best);
  const bool leads = !facts.best.empty() && facts.best.front().confirmed &&
                     facts.best.front().feasible && !facts.best.front().older;
  data.set("leader", leads ? best_data(facts.best.front()) : mustache::data(false));
  if (facts.pin_params.is_object()) {
    mustache::data pin;
    pin.set("number", std::to_string(trial.pin));
    pin.set("config", config_text(facts.pin_params));
    data.set("pin", pin);
  } else {
    data.set("pin", false);
  }
  mustache::data budget{mustache::data::type::list};
  for (const BudgetUse& use : facts.budget) {
    mustache::data row;
    row.set("limit", use.worker.empty() ? use.limit : use.limit + " of " + use.worker);
    row.set("left", number_text(std::max(0.0, use.bound - use.used)));
    row.set("bound", number_text(use.bound));
    budget.push_back(row);
  }
  data.set("budget", budget);
}

std::string leave_behind(const Plan& plan) {
  const ScoreSpec& score = plan.experiment().score;
  std::string text = "SUMMARY.md: what you did and found, in a few lines.";
  if (!score.command.empty()) {
    return text + " The score is measured afterwards, by a program that the worker runs.";
  }
  if (score.file.empty()) {
    return text + " The score in your last message, as the study file's pattern reads it.";
  }
  text += fmt::format(" {}: JSON with the score as a number at {}", score.file,
                      fmt::join(score.values, ", "));
  for (const auto& [metric, pointer] : score.metrics) {
    text += fmt::format(", {} at {}", metric, pointer);
  }
  return text + ".";
}

mustache::data template_data(const Plan& plan, const AskedTrial& trial, const Workspace& workspace,
                             const PromptFacts& facts) {
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
  data.set("workspace", workspace.place().string());
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
  data.set("leave_behind", leave_behind(plan));
  data.set("last_attempt", text_or_false(facts.last_attempt));
  data.set("context", context_data(plan.experiment().context));
  data.set("focus", focus_data(plan));
  add_standing(data, trial, facts);
  return data;
}

}  // namespace

std::string render_prompt(const Plan& plan, const std::string& prompt_file, const AskedTrial& trial,
                          const Workspace& workspace, const PromptFacts& facts) {
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
  const mustache::data data = template_data(plan, trial, workspace, facts);
  StrictContext context(&data);
  std::ostringstream out;
  prompt.render(context, out);
  if (!context.unknown().empty()) {
    throw Error(
        ErrorCode::Invalid,
        fmt::format("{}: unknown {}; known are config.NAME for each parameter, config_json, "
                    "params (name, value), insights (text, author), focus (name, low, high), best "
                    "(rank, number, value, mean, config), leader, pin (number, config), budget "
                    "(limit, left, bound), context.language, build, test, rules, key_files, title, "
                    "description, study, worker, trial, attempt, seed, workspace, dir, score_file, "
                    "leave_behind, last_attempt",
                    file.string(), fmt::join(context.unknown(), ", ")));
  }
  return out.str();
}

std::string whole_prompt(const Plan& plan, const std::string& prompt_file, const AskedTrial& trial,
                         const Workspace& workspace, const PromptFacts& facts) {
  std::string prompt = render_prompt(plan, prompt_file, trial, workspace, facts);
  if (facts.last_attempt.empty() || prompt.find(facts.last_attempt) != std::string::npos) {
    return prompt;
  }
  return prompt + "\n\n## The last attempt at this trial\n\n" + facts.last_attempt;
}

PromptFacts fetch_prompt_facts(StudyApi& api, const std::string& study, const AskedTrial& trial) {
  PromptFacts facts;
  const auto fetch = [](const auto& call) {
    try {
      call();
    } catch (const Error&) {
    }
  };
  fetch([&] { facts.best = api.best(study, kTop); });
  fetch([&] { facts.budget = api.study(study).budget; });
  if (trial.pin >= 0) fetch([&] { facts.pin_params = api.trial(study, trial.pin).params; });
  return facts;
}

}  // namespace studyhall::worker_shim
