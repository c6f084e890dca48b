#include "worker_shim/prompt.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <set>

#include "core/error.h"
#include "worker_shim/dialogue.h"
#include "worker_shim/environment.h"
#include "worker_shim/files.h"
#include "worker_shim/task_prompt.h"
#include "worker_shim/text.h"

namespace studyhall::worker_shim {
namespace {

namespace mustache = kainjow::mustache;

constexpr int kTop = 5;  // rows of the leaderboard
constexpr std::size_t kLongestPrompt = 10'000'000;
constexpr std::size_t kLongestNoteShown = 300;
constexpr std::string_view kTopicSection = R"(

## The topic of this trial: {{#topic}}{{name}}

{{#family}}
- Family: {{family}}
{{/family}}
{{#hypothesis}}
- Hypothesis: {{hypothesis}}
{{/hypothesis}}
{{#success}}
- It holds if: {{success}}
{{/success}}
- This is trial {{index}} of {{of}} on it; you begin from what the one before left.
{{#results}}
- Trial {{number}}: {{state}} {{value}} {{note}}
{{/results}}
{{/topic}}
)";
constexpr std::size_t kLongestSummary = 2000;  // of a task that was done before

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

bool is_empty(const ContextSpec& context) {
  return context.language.empty() && context.build.empty() && context.test.empty() &&
         context.rules.empty() && context.key_files.empty();
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
void add_standing(mustache::data& data, const Job& job, const PromptFacts& facts) {
  mustache::data best{mustache::data::type::list};
  for (const BestRow& row : facts.best) best.push_back(best_data(row));
  data.set("best", best);
  const bool leads = !facts.best.empty() && facts.best.front().confirmed &&
                     facts.best.front().feasible && !facts.best.front().older;
  data.set("leader", leads ? best_data(facts.best.front()) : mustache::data(false));
  if (facts.pin_params.is_object()) {
    mustache::data pin;
    pin.set("number", std::to_string(job.pin));
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

std::string leave_behind_of_task(const Plan& plan, const Workspace& workspace) {
  const std::string record = workspace.dir.string();
  return fmt::format(
      "- {0}/SUMMARY.md: what you did, how you saw that it works, and what is left or odd, in a "
      "few "
      "lines. Whoever asked for the task, and whoever goes on from it, reads this.\n"
      "- {1}\n"
      "- {0}/result.json, where there are figures or names that a program should read: one JSON "
      "object. If the task cannot be done, {{\"failed\": \"why\"}} there instead.",
      record,
      plan.experiment().workspace.kind == WorkspaceKind::Worktree
          ? "Your changes, in the work tree: all of it is committed to this task's branch when you "
            "end. You may commit yourself in steps that make sense; do not switch branches and do "
            "not push."
          : "What you made, in your folder.");
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

mustache::data topic_data(const TopicStep& topic, const PromptFacts& facts) {
  mustache::data data;
  data.set("name", topic.name);
  data.set("family", text_or_false(topic.family));
  data.set("hypothesis", text_or_false(topic.hypothesis));
  data.set("success", text_or_false(topic.success));
  data.set("index", std::to_string(topic.index));
  data.set("of", std::to_string(topic.of));
  mustache::data results{mustache::data::type::list};
  for (const TopicResult& result : facts.topic) {
    mustache::data row;
    row.set("number", std::to_string(result.number));
    row.set("state", result.state);
    row.set("value", text_or_false(result.value));
    row.set("note", text_or_false(result.note));
    results.push_back(row);
  }
  data.set("results", results);
  return data;
}

void add_before(mustache::data& data, const PromptFacts& facts) {
  mustache::data list{mustache::data::type::list};
  for (const DoneBefore& task : facts.before) {
    mustache::data row;
    row.set("number", std::to_string(task.number));
    row.set("title", task.title);
    row.set("summary", text_or_false(task.summary));
    row.set("branch", text_or_false(task.branch));
    list.push_back(row);
  }
  data.set("before", list);
  data.set("any_before", !facts.before.empty());
}

mustache::data template_data(const Plan& plan, const Job& job, const Workspace& workspace,
                             const PromptFacts& facts) {
  mustache::data config;
  for (const Parameter& parameter : plan.study->space.params()) config.set(parameter.name, false);
  mustache::data params{mustache::data::type::list};
  for (const auto& [name, value] : job.params.items()) {
    const std::string text = value_text(value);
    config.set(name, text);
    mustache::data row;
    row.set("name", name);
    row.set("value", text);
    params.push_back(row);
  }
  mustache::data data;
  data.set("config", config);
  data.set("config_json", job.params.dump(2, ' ', false, Json::error_handler_t::replace));
  data.set("params", params);
  data.set("study", plan.study->name);
  data.set("worker", plan.worker);
  data.set("role", text_or_false(plan.role));
  data.set("trial", job.is_task ? mustache::data(false) : std::to_string(job.number));
  data.set("task", job.is_task ? mustache::data(std::to_string(job.number)) : false);
  data.set("tags", strings_data(job.tags));
  data.set("attempt", std::to_string(job.attempt));
  data.set("seed", job.is_task ? mustache::data(false) : std::to_string(job.seed));
  data.set("workspace", workspace.place().string());
  data.set("dir", plan.dir.string());
  data.set("title", text_or_false(job.title));
  data.set("description", text_or_false(job.description));
  mustache::data insights{mustache::data::type::list};
  for (const Insight& insight : job.insights) {
    mustache::data row;
    row.set("text", insight.text);
    row.set("author", insight.author);
    insights.push_back(row);
  }
  data.set("insights", insights);
  data.set("any_insights", !job.insights.empty());
  add_before(data, facts);
  data.set("topic", job.topic ? topic_data(*job.topic, facts) : mustache::data(false));
  data.set("score_file", plan.experiment().score.file);
  data.set("leave_behind",
           job.is_task ? leave_behind_of_task(plan, workspace) : leave_behind(plan));
  data.set("how_to_ask", how_to_ask(workspace));
  data.set("last_attempt", text_or_false(facts.last_attempt));
  data.set("context", context_data(plan.experiment().context));
  data.set("any_context", !is_empty(plan.experiment().context));
  data.set("focus", focus_data(plan));
  add_standing(data, job, facts);
  return data;
}

// For messages.
std::string template_name(const Plan& plan, const std::string& prompt_file) {
  return prompt_file == kBuiltInTaskPrompt ? prompt_file : (plan.dir / prompt_file).string();
}

std::string template_text(const Plan& plan, const std::string& prompt_file) {
  if (prompt_file == kBuiltInTaskPrompt) return std::string(built_in_task_prompt());
  const std::filesystem::path file = plan.dir / prompt_file;
  std::optional<std::string> text;
  try {
    text = read_file(file, kLongestPrompt);
  } catch (const Error& error) {
    throw Error(ErrorCode::Invalid, error.what());
  }
  if (!text) throw Error(ErrorCode::Invalid, file.string() + ": there is no such file");
  return *text;
}

std::string render_text(const Plan& plan, const std::string& text, const std::string& name,
                        const Job& job, const Workspace& workspace, const PromptFacts& facts) {
  mustache::mustache prompt(text);
  prompt.set_custom_escape([](const std::string& value) { return value; });
  if (!prompt.is_valid()) {
    throw Error(ErrorCode::Invalid, fmt::format("{}: {}", name, prompt.error_message()));
  }
  const mustache::data data = template_data(plan, job, workspace, facts);
  StrictContext context(&data);
  std::ostringstream out;
  prompt.render(context, out);
  if (!context.unknown().empty()) {
    throw Error(
        ErrorCode::Invalid,
        fmt::format("{}: unknown {}; known are config.NAME for each parameter, config_json, "
                    "params (name, value), insights (text, author), focus (name, low, high), best "
                    "(rank, number, value, mean, config), leader, pin (number, config), budget "
                    "(limit, left, bound), context.language, build, test, rules, key_files, before "
                    "(number, title, summary, branch), tags, topic (name, family, hypothesis, "
                    "success, index, "
                    "of, results), any_insights, any_context, "
                    "any_before, title, description, study, worker, role, trial, task, attempt, "
                    "seed, workspace, dir, score_file, leave_behind, how_to_ask, last_attempt",
                    name, fmt::join(context.unknown(), ", ")));
  }
  return out.str();
}

std::vector<TopicResult> topic_results(StudyApi& api, const std::string& study, const Job& job) {
  std::vector<TopicResult> results;
  const std::vector<Topic> topics = api.topics(study);
  const auto topic = std::find_if(topics.begin(), topics.end(),
                                  [&](const Topic& one) { return one.name == job.topic->name; });
  if (topic == topics.end()) return results;
  for (const std::int64_t number : topic->numbers) {
    if (number == job.number) continue;
    const TrialView trial = api.trial(study, number);
    if (!is_finished(trial.state)) continue;
    results.push_back({number, std::string(to_string(trial.state)),
                       trial.values.empty() ? std::string() : number_text(trial.values.front()),
                       printable(trial.record.note, kLongestNoteShown)});
  }
  return results;
}

DoneBefore done_before(const Task& task) {
  DoneBefore done{task.number, task.title, {}, {}};
  if (task.result.is_object() && task.result.contains("summary")) {
    done.summary = printable(value_text(task.result["summary"]), kLongestSummary);
  }
  if (!task.evidence.is_object() || !task.evidence.contains("git")) return done;
  const Json& git = task.evidence["git"];
  if (git.is_array() && !git.empty() && git[0].is_object())
    done.branch = git[0].value("branch", "");
  return done;
}

}  // namespace

std::string render_prompt(const Plan& plan, const std::string& prompt_file, const Job& job,
                          const Workspace& workspace, const PromptFacts& facts) {
  return render_text(plan, template_text(plan, prompt_file), template_name(plan, prompt_file), job,
                     workspace, facts);
}

std::string whole_prompt(const Plan& plan, const std::string& prompt_file, const Job& job,
                         const Workspace& workspace, const PromptFacts& facts) {
  std::string prompt = render_prompt(plan, prompt_file, job, workspace, facts);
  if (job.topic && template_text(plan, prompt_file).find("topic") == std::string::npos) {
    prompt += render_text(plan, std::string(kTopicSection), "the built-in section on topics", job,
                          workspace, facts);
  }
  if (facts.last_attempt.empty() || prompt.find(facts.last_attempt) != std::string::npos) {
    return prompt;
  }
  return prompt +
         fmt::format("\n\n## The last attempt at this {}\n\n", job.is_task ? "task" : "trial") +
         facts.last_attempt;
}

PromptFacts fetch_prompt_facts(StudyApi& api, const std::string& study, const Job& job) {
  PromptFacts facts;
  const auto fetch = [](const auto& call) {
    try {
      call();
    } catch (const Error&) {
    }
  };
  fetch([&] { facts.best = api.best(study, kTop); });
  fetch([&] { facts.budget = api.study(study).budget; });
  if (job.topic) fetch([&] { facts.topic = topic_results(api, study, job); });
  for (const std::int64_t number : job.after) {
    fetch([&] { facts.before.push_back(done_before(api.task(study, number).task)); });
  }
  if (job.pin >= 0) fetch([&] { facts.pin_params = api.trial(study, job.pin).params; });
  return facts;
}

}  // namespace studyhall::worker_shim
