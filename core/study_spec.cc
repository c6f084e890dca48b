#include "core/study_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/enum_names.h"
#include "core/experiment_version.h"
#include "core/hook_spec.h"
#include "core/study_file_parts.h"
#include "core/study_file_refusals.h"

namespace studyhall {

namespace {

constexpr std::size_t kMaxObjectives = 10;
constexpr std::array<std::string_view, 2> kDirections{"minimize", "maximize"};
constexpr std::string_view kDirectionNames = "\"minimize\" or \"maximize\"";
constexpr std::size_t kMaxConstraints = 100;

std::optional<Direction> read_direction(const JsonField& field) {
  const auto name = field.string(kDirectionNames);
  if (!name) return std::nullopt;
  const auto direction = enum_from_name<Direction>(kDirections, *name);
  if (!direction) field.report_expected(kDirectionNames);
  return direction;
}

std::vector<MetricConstraint> read_constraints(const JsonField& field) {
  std::vector<MetricConstraint> out;
  const auto items = field.list("a list of constraints");
  if (!items) return out;
  if (items->size() > kMaxConstraints) {
    field.report(
        fmt::format("expected at most {} constraints, found {}", kMaxConstraints, items->size()));
    return out;
  }
  for (const JsonField& item : *items) {
    ObjectReader object(item, "an object with a metric and its max or min");
    if (!object.is_object()) continue;
    const JsonField metric = object.field("metric").required("the name of a metric");
    const JsonField max = object.field("max");
    const JsonField min = object.field("min");
    MetricConstraint constraint{metric.string("the name of a metric").value_or(""), max.number(),
                                min.number()};
    if (metric && metric.json() == "") metric.report_expected("the name of a metric");
    if (!max && !min) item.report("expected \"max\", \"min\" or both");
    if (constraint.max && constraint.min && *constraint.min > *constraint.max) {
      min.report_expected(fmt::format("at most max, {}", brief(max.json())));
    }
    const bool repeated = std::any_of(out.begin(), out.end(), [&](const MetricConstraint& other) {
      return other.metric == constraint.metric && !constraint.metric.empty();
    });
    if (repeated) {
      metric.report(fmt::format("{} has a constraint already; give max and min in one",
                                brief(metric.json())));
    }
    close_refusing(object);
    out.push_back(std::move(constraint));
  }
  return out;
}

std::uint64_t read_seed(const JsonField& field, std::uint64_t default_seed) {
  if (!field) return default_seed;
  if (field.json().is_number_unsigned()) return field.json().get<std::uint64_t>();
  return static_cast<std::uint64_t>(field.integer(0).value_or(0));
}

// One study file while it is read.
class StudyReader {
 public:
  StudyReader(const Json& file, std::uint64_t default_seed)
      : file_(file), default_seed_(default_seed), object_(JsonField(&file_, "", &problems_)) {}

  std::shared_ptr<const StudySpec> read() {
    if (object_.is_object()) {
      [[maybe_unused]] const auto schema =
          object_.field("$schema").string("the address of a JSON Schema");
      read_head();
      params_ = read_params(object_.field("params"));
      spec_->retired = params_.retired;
      read_space();
      spec_->constraints = read_constraints(object_.field("constraints"));
      spec_->workers = read_workers(object_.field("workers"), params_, objectives());
      read_search();
      read_experiment();
      read_roles_of_agents();
      static_cast<void>(read_hooks(object_.field("notify")));
      close_refusing(object_);
      if (problems_.empty()) check_workers_can_work();
      if (problems_.empty()) check_one_trial_fits();
    }
    if (!problems_.empty()) {
      throw Error::from_problems(ErrorCode::Invalid, subject(), problems_);
    }
    resolve();
    return spec_;
  }

 private:
  [[nodiscard]] std::string subject() const {
    return spec_->name.empty() ? "study file" : fmt::format("study file {}", spec_->name);
  }

  void read_head() {
    constexpr std::string_view kName =
        "1 to 64 of A-Z a-z 0-9 . _ -, not beginning with '.' or '-'";
    const JsonField name = object_.field("name").required(kName);
    if (const auto text = name.string(kName)) {
      if (is_valid_name(*text)) {
        spec_->name = *text;
      } else {
        name.report_expected(kName);
      }
    }
    read_directions();
    spec_->seed = read_seed(object_.field("seed"), default_seed_);
  }

  // At least 1, also while the directions have problems.
  [[nodiscard]] std::size_t objectives() const {
    return std::max<std::size_t>(1, spec_->directions.size());
  }

  void read_directions() {
    const JsonField one = object_.field("direction");
    const JsonField several = object_.field("directions");
    if (one && several) {
      several.report("give either \"direction\" or \"directions\", not both");
    } else if (!several) {
      if (const auto direction = read_direction(one.required(kDirectionNames))) {
        spec_->directions = {*direction};
      }
    } else if (const auto items = several.list("a list of directions")) {
      if (items->empty() || items->size() > kMaxObjectives) {
        several.report(
            fmt::format("expected 1 to {} directions, found {}", kMaxObjectives, items->size()));
        return;
      }
      for (const JsonField& item : *items) {
        spec_->directions.push_back(read_direction(item).value_or(Direction::Minimize));
      }
    }
  }

  void read_space() {
    const JsonField field = object_.field("require");
    std::vector<Expression> require = read_require(field, params_);
    if (problems_.empty()) {
      spec_->space = SearchSpace(params_.params, std::move(require));
      const Satisfiable found = find_any_config(spec_->space, whole_space(spec_->space));
      if (found == Satisfiable::No) {
        field.report("no configuration meets these conditions together");
      } else if (found == Satisfiable::Unknown) {
        field.report("none of 100,000 random configurations meets these conditions together");
      }
      return;
    }
    // The experiment's placeholders still want names; conditions may be what is wrong.
    std::vector<Parameter> unconditional = params_.params;
    for (Parameter& param : unconditional) param.when.clear();
    spec_->space = SearchSpace(std::move(unconditional), {});
  }

  void read_search() {
    spec_->focus_share =
        object_.field("focus_share")
            .number("a number from 0 to 1", [](double x) { return x >= 0 && x <= 1; })
            .value_or(spec_->focus_share);
    const Json automatic = "auto";
    const JsonField sampler = object_.field("sampler");
    const auto read = read_sampler(
        sampler ? sampler : JsonField(&automatic, sampler.path(), &problems_), objectives());
    if (read) spec_->sampler = *read;
    const JsonField pruner = object_.field("pruner");
    spec_->pruner = read_pruner(pruner);
    if (spec_->pruner.name != "none" && objectives() > 1) {
      pruner.report(
          fmt::format("{}: pruners compare values of one objective, and this study has "
                      "{}; use \"none\"",
                      brief(Json(spec_->pruner.name)), objectives()));
    }
    read_confirm(object_.field("confirm"));
    if (const JsonField limits = object_.field("limits")) {
      spec_->limits = read_limits(limits, LimitsOf::Study);
    }
    const JsonField target = object_.field("target");
    spec_->target = target.number();
    if (spec_->target && objectives() > 1) {
      target.report(
          fmt::format("{}: a target is a value of one objective, and this study has {}; "
                      "leave it out and bound limits.trials",
                      brief(target.json()), objectives()));
    }
  }

  void read_confirm(const JsonField& field) {
    if (!field) return;
    ObjectReader object(field, "{\"replicates\": 2}");
    if (!object.is_object()) return;
    const JsonField replicates = object.field("replicates").required("2, or 0 for none");
    spec_->confirm.replicates = static_cast<int>(replicates.integer(0, 1000).value_or(0));
    if (spec_->confirm.replicates > 0 && objectives() > 1) {
      replicates.report(fmt::format(
          "{}: there is one would-be best of one objective, and this study has {}, whose "
          "front may have any number; use 0",
          spec_->confirm.replicates, objectives()));
    }
    close_refusing(object);
  }

  void read_experiment() {
    const JsonField field = object_.field("experiment");
    if (!field) return;
    spec_->experiment =
        parse_experiment_spec(field.json(), field.path(), spec_->space, problems_, objectives());
    if (!spec_->experiment) return;
    for (const MetricConstraint& constraint : spec_->constraints) {
      if (constraint.metric.empty()) continue;
      if (spec_->experiment->score.gives(constraint.metric)) continue;
      object_.field("constraints")
          .report(fmt::format("metric {} is constrained, but experiment.score.metrics does not "
                              "read it",
                              brief(Json(constraint.metric))));
    }
  }

  void read_roles_of_agents() {
    const JsonField field = object_.field("roles");
    spec_->roles = read_roles(field);
    const bool has_agents = spec_->experiment && spec_->experiment->agent == AgentKind::Claude;
    const bool is_known = spec_->experiment || !object_.field("experiment");
    if (field && is_known && !has_agents) {
      field.report("roles are of agents: they go with experiment.agent \"claude\" only");
    }
  }

  // What a worker holds fixed must leave it something that meets "require".
  void check_workers_can_work() {
    for (const auto& [name, worker] : spec_->workers) {
      if (worker.fixed.empty()) continue;
      const WorkerSpec unfocused{name, std::nullopt, std::nullopt, worker.fixed};
      const Slice slice = worker_slice(*spec_, unfocused, {});
      if (find_any_config(spec_->space, slice) == Satisfiable::Yes) continue;
      problems_.push_back({member_path("/workers", name) + "/fixed",
                           "no configuration with these values was found that meets \"require\""});
    }
  }

  [[nodiscard]] std::string_view of_stages() const {
    return spec_->experiment->stages.size() > 1 ? ", all stages together" : "";
  }

  // The cap of a single trial must fit the budgets, or nothing would ever be handed out.
  void check_one_trial_fits() {
    if (!spec_->experiment || spec_->experiment->agent != AgentKind::Claude) return;
    const auto cost_usd = spec_->experiment->max_cost_usd();
    const auto turns = spec_->experiment->max_turns();
    const auto check = [&](const Limits& limits, const std::string& path) {
      if (limits.cost_usd && cost_usd && *limits.cost_usd < *cost_usd) {
        problems_.push_back(
            {path + "/cost_usd", fmt::format("{} is less than one trial may cost, "
                                             "experiment.claude.max_cost_usd {}{}",
                                             *limits.cost_usd, *cost_usd, of_stages())});
      }
      if (limits.turns && turns && *limits.turns < *turns) {
        problems_.push_back({path + "/turns", fmt::format("{} is less than one trial may take, "
                                                          "experiment.claude.max_turns {}{}",
                                                          *limits.turns, *turns, of_stages())});
      }
    };
    check(spec_->limits, "/limits");
    for (const auto& [name, worker] : spec_->workers) {
      check(worker.limits, member_path("/workers", name) + "/limits");
    }
  }

  void resolve() {
    Json& out = spec_->resolved;
    out = file_;
    out["seed"] = spec_->seed;
    for (const Parameter& param : spec_->space.params()) resolve_param(param, out["params"]);
    for (const auto& [name, worker] : spec_->workers) {
      Json& resolved = out["workers"][name];
      if (worker.sampler) resolved["sampler"] = resolve_sampler(*worker.sampler);
      if (resolved.contains("limits")) resolve_limits(worker.limits, resolved["limits"]);
    }
    for (const auto& [name, role] : spec_->roles) out["roles"][name]["want"] = to_string(role.want);
    if (!out.contains("focus_share")) out["focus_share"] = spec_->focus_share;
    out["sampler"] = resolve_sampler(spec_->sampler);
    out["pruner"] = resolve_pruner(spec_->pruner);
    out["confirm"] = {{"replicates", spec_->confirm.replicates}};
    resolve_limits(spec_->limits, out["limits"]);
    if (out["limits"].is_null()) out.erase("limits");
    if (spec_->experiment) {
      out["experiment"] = resolve_experiment(*spec_->experiment, out["experiment"]);
      spec_->experiment_version = experiment_version(out["experiment"]);
    }
  }

  static void resolve_param(const Parameter& param, Json& params) {
    if (!param.is_numeric()) return;
    Json& json = params[param.name];
    json["low"] = param.to_external(param.low);
    json["high"] = param.to_external(param.high);
    if (json.contains("step") && param.kind == ParamKind::Int) {
      json["step"] = static_cast<std::int64_t>(param.step);
    }
    if (param.default_value) json["default"] = param.to_external(*param.default_value);
  }

  const Json& file_;
  std::uint64_t default_seed_;
  std::vector<Problem> problems_;
  ObjectReader object_;
  ReadParams params_;
  std::shared_ptr<StudySpec> spec_ = std::make_shared<StudySpec>();
};

}  // namespace

std::string_view to_string(Direction direction) { return enum_name(kDirections, direction); }

double MetricConstraint::violation(double value) const {
  double worst = -std::numeric_limits<double>::infinity();
  if (max) worst = std::max(worst, value - *max);
  if (min) worst = std::max(worst, *min - value);
  return worst;
}

std::vector<double> constraint_values(const StudySpec& spec,
                                      const std::map<std::string, double>& metrics) {
  std::vector<double> values;
  for (const MetricConstraint& constraint : spec.constraints) {
    const auto metric = metrics.find(constraint.metric);
    if (metric == metrics.end()) return {};
    values.push_back(constraint.violation(metric->second));
  }
  return values;
}

std::shared_ptr<const StudySpec> parse_study_spec(const Json& file, std::uint64_t default_seed) {
  return StudyReader(file, default_seed).read();
}

bool is_valid_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '.' || name.front() == '-') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

}  // namespace studyhall
