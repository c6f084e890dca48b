#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/study_file_parts.h"
#include "core/study_file_refusals.h"

namespace studyhall {

namespace {

constexpr std::size_t kMaxParams = 1000;
constexpr std::size_t kMaxChoices = 10000;
constexpr std::size_t kMaxNameBytes = 256;
constexpr std::size_t kMaxRequire = 100;
constexpr std::string_view kChoiceKinds = "a string, a number, true, false or null";

bool is_parameter_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::none_of(name.begin(), name.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte < 0x20 || byte == 0x7F || c == '{' || c == '}';
         });
}

// One parameter while it is read.
class ParamReader {
 public:
  ParamReader(const std::string& name, const JsonField& field)
      : field_(field), object_(field, "an object with a type"), before_(field.problems().size()) {
    param_.name = name;
  }

  void read() {
    if (!is_parameter_name(param_.name)) {
      field_.report(
          fmt::format("the name must have 1 to {} bytes, no control characters and no '{{' or '}}'",
                      kMaxNameBytes));
    }
    if (!object_.is_object()) return;
    read_kind();
    if (typed_) {
      if (param_.is_numeric()) {
        read_range();
      } else {
        read_choices();
      }
    }
    const JsonField standard = object_.field("default");
    read_absent();
    object_.field("when");  // read when every parameter is known
    sound_ = typed_ && field_.problems().size() == before_;
    if (sound_ && standard) {
      try {
        param_.default_value = param_.to_internal(standard.json());
      } catch (const Error&) {
        standard.report_expected(param_.expectation());
      }
    }
    if (typed_) close_refusing(object_);
  }

  [[nodiscard]] bool retired() const { return retired_; }
  [[nodiscard]] bool sound() const { return sound_; }
  [[nodiscard]] bool typed() const { return typed_; }
  Parameter take() { return std::move(param_); }

 private:
  void read_kind() {
    constexpr std::string_view kKinds = "\"float\", \"int\" or \"categorical\"";
    const JsonField field = object_.field("type").required(kKinds);
    const auto kind = field.string(kKinds);
    if (!kind) return;
    typed_ = true;
    if (*kind == "float") {
      param_.kind = ParamKind::Float;
    } else if (*kind == "int") {
      param_.kind = ParamKind::Int;
    } else if (*kind == "categorical") {
      param_.kind = ParamKind::Categorical;
    } else {
      typed_ = false;
      field.report_expected(kKinds);
    }
  }

  // Any value of the parameter's kind: it may lie outside the range.
  void read_absent() {
    const JsonField absent = object_.field("absent");
    retired_ = object_.field("retired").boolean().value_or(false);
    if (retired_) absent.required("the value that runs have of it");
    if (!absent || !typed_) return;
    const Json& value = absent.json();
    if (param_.kind == ParamKind::Categorical ? is_choice(value) : bound(absent).has_value()) {
      param_.absent = value;
    } else if (param_.kind == ParamKind::Categorical) {
      absent.report_expected(kChoiceKinds);
    }
  }

  // A number of the parameter's kind.
  [[nodiscard]] std::optional<double> bound(const JsonField& field) const {
    if (param_.kind == ParamKind::Float) return field.number();
    const auto value = field.integer();
    return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
  }

  void read_range() {
    const bool is_int = param_.kind == ParamKind::Int;
    const std::string_view expected = is_int ? "an integer" : "a finite number";
    const JsonField low_field = object_.field("low").required(expected);
    const JsonField high_field = object_.field("high").required(expected);
    const JsonField step_field = object_.field("step");
    const JsonField log_field = object_.field("log");
    const auto low = bound(low_field);
    const auto high = bound(high_field);
    param_.log = log_field.boolean().value_or(false);
    if (is_int) {
      param_.step = static_cast<double>(step_field.integer(1).value_or(1));
    } else {
      param_.step = step_field.number("a number > 0", [](double x) { return x > 0; }).value_or(0);
    }

    if (param_.log && step_field && !(is_int && param_.step == 1)) {
      step_field.report(
          fmt::format("a step does not go with \"log\": true; leave one of them out"));
    }
    if (!low || !high) return;
    param_.low = *low;
    param_.high = *high;
    if (*low > *high) {
      high_field.report_expected(fmt::format("at least low, {}", brief(low_field.json())));
    } else if (!std::isfinite(*high - *low)) {
      high_field.report_expected("high - low below 1.8e308");
    } else if (param_.log && is_int && *low < 1) {
      low_field.report_expected("at least 1, since \"log\" is true");
    } else if (param_.log && *low <= 0) {
      low_field.report_expected("more than 0, since \"log\" is true");
    } else if (param_.is_discrete()) {
      align_high(step_field);
    }
  }

  // Moves high down to low + k * step, as decimals: 0 to 1 in steps of 0.3 ends at 0.9.
  void align_high(const JsonField& step_field) {
    const double given = param_.high;
    const double steps = std::floor((given - param_.low) / param_.step);
    if (!(steps < 0x1p53)) {
      if (step_field) step_field.report_expected("a step that makes less than 2^53 values");
      return;
    }
    // grid_value ends at high: look at the grid beyond it.
    param_.high = param_.low + (steps + 4) * param_.step;
    auto k = static_cast<std::uint64_t>(steps) + 1;
    while (k > 0 && param_.grid_value(k) > given) --k;
    param_.high = k == 0 ? param_.low : param_.grid_value(k);
  }

  void read_choices() {
    const JsonField field = object_.field("choices").required("a list of choices");
    const JsonField ordered = object_.field("ordered");
    param_.ordered = ordered.boolean().value_or(false);
    const auto items = field.list("a list of choices");
    if (!items) {
      typed_ = false;
      return;
    }
    if (items->empty() || items->size() > kMaxChoices) {
      field.report(fmt::format("expected 1 to {} choices, found {}", kMaxChoices, items->size()));
    }
    std::map<std::string, std::size_t> seen;
    for (const JsonField& item : *items) {
      if (!is_choice(item.json())) {
        item.report_expected(kChoiceKinds);
        continue;
      }
      const auto [first, fresh] = seen.emplace(canonical(item.json()), param_.choices.size());
      if (!fresh) {
        item.report(fmt::format("{} is a choice already", brief(item.json())));
      }
      param_.choices.push_back(item.json());
    }
  }

  static bool is_choice(const Json& json) {
    if (json.is_string()) return json.get_ref<const std::string&>().find('\0') == std::string::npos;
    if (json.is_number()) return std::isfinite(json.get<double>());
    return json.is_boolean() || json.is_null();
  }

  // Equal for 1 and 1.0.
  static std::string canonical(const Json& json) {
    return json.is_number() ? shortest_decimal(json.get<double>() + 0.0) : dump_json(json);
  }

  JsonField field_;
  ObjectReader object_;
  std::size_t before_;
  bool typed_ = false;
  bool retired_ = false;
  bool sound_ = false;
  Parameter param_;
};

std::optional<Condition> read_condition(std::size_t p, const std::string& parent_name,
                                        const JsonField& field, const ReadParams& params) {
  const auto parent = params.find(parent_name);
  if (!parent) {
    params.report_unknown(field, parent_name);
    return std::nullopt;
  }
  if (*parent == p) {
    field.report("a parameter cannot be its own condition");
    return std::nullopt;
  }
  const Parameter& of = params.params[*parent];
  if (params.typed[*parent] && params.sound[*parent] && !of.is_discrete()) {
    field.report(fmt::format(
        "a condition needs a categorical, an int or a float with a step; {} is a continuous float",
        brief(Json(parent_name))));
    return std::nullopt;
  }
  const auto items = field.list("a list of values of the parameter named");
  if (!items) return std::nullopt;
  if (items->empty()) field.report_expected("at least one value");

  Condition condition{*parent, {}};
  for (const JsonField& item : *items) {
    const auto value = params.value(*parent, item);
    if (!value) continue;
    if (std::find(condition.values.begin(), condition.values.end(), *value) !=
        condition.values.end()) {
      item.report(fmt::format("{} is listed already", brief(item.json())));
    }
    condition.values.push_back(*value);
  }
  return condition;
}

// Follows the conditions from parameter to parent.
class CycleFinder {
 public:
  explicit CycleFinder(std::span<const Parameter> params)
      : params_(params), state_(params.size(), State::New) {}

  // The parameters of one cycle, the first again at the end; empty when there is none.
  std::vector<std::size_t> find() {
    for (std::size_t p = 0; p < params_.size(); ++p) {
      if (state_[p] == State::New && visit(p)) return cycle_;
    }
    return {};
  }

 private:
  enum class State { New, Open, Done };

  bool visit(std::size_t p) {
    state_[p] = State::Open;
    path_.push_back(p);
    for (const Condition& condition : params_[p].when) {
      const std::size_t parent = condition.parent;
      if (state_[parent] == State::Open) {
        cycle_.assign(std::find(path_.begin(), path_.end(), parent), path_.end());
        cycle_.push_back(parent);
        return true;
      }
      if (state_[parent] == State::New && visit(parent)) return true;
    }
    path_.pop_back();
    state_[p] = State::Done;
    return false;
  }

  std::span<const Parameter> params_;
  std::vector<State> state_;
  std::vector<std::size_t> path_;
  std::vector<std::size_t> cycle_;
};

void read_conditions(const JsonField& field, ReadParams& params) {
  const auto members = field.members();
  for (const auto& [name, param_field] : *members) {
    if (!param_field.json().is_object()) continue;
    const auto found = params.find(name);
    if (!found) continue;  // retired
    const std::size_t p = *found;
    const JsonField when = ObjectReader(param_field).field("when");
    if (!when) continue;
    const auto parents = when.members("an object of parameters and their values");
    if (!parents) continue;
    for (const auto& [parent, values] : *parents) {
      if (auto condition = read_condition(p, parent, values, params)) {
        params.params[p].when.push_back(std::move(*condition));
      }
    }
  }
}

}  // namespace

std::optional<std::size_t> ReadParams::find(std::string_view name) const {
  for (std::size_t p = 0; p < params.size(); ++p) {
    if (params[p].name == name) return p;
  }
  return std::nullopt;
}

void ReadParams::report_unknown(const JsonField& field, std::string_view name) const {
  const bool is_retired = std::any_of(retired.begin(), retired.end(),
                                      [&](const Parameter& param) { return param.name == name; });
  if (is_retired) {
    field.report(fmt::format("parameter {} is retired; expected one that is searched",
                             brief(Json(std::string(name)))));
    return;
  }
  std::vector<std::string> known;
  for (const Parameter& param : params) known.push_back(param.name);
  const auto nearest = nearest_name(name, known);
  field.report(fmt::format("no parameter is named {}{}", brief(Json(std::string(name))),
                           nearest ? "; the nearest one is " + brief(Json(*nearest)) : ""));
}

std::optional<double> ReadParams::value(std::size_t p, const JsonField& field) const {
  if (!sound[p]) return std::nullopt;
  try {
    return params[p].to_internal(field.json());
  } catch (const Error&) {
    field.report_expected(params[p].expectation());
    return std::nullopt;
  }
}

ReadParams read_params(const JsonField& field) {
  ReadParams out;
  const auto members = field.required("an object of parameters").members("an object of parameters");
  if (!members) return out;
  if (members->empty() || members->size() > kMaxParams) {
    field.report(fmt::format("expected 1 to {} parameters, found {}", kMaxParams, members->size()));
    if (members->size() > kMaxParams) return out;
  }
  for (const auto& [name, param_field] : *members) {
    ParamReader reader(name, param_field);
    reader.read();
    if (reader.retired()) {
      out.retired.push_back(reader.take());
      continue;
    }
    out.sound.push_back(reader.sound());
    out.typed.push_back(reader.typed());
    out.params.push_back(reader.take());
  }

  if (out.params.empty() && !members->empty())
    field.report("every parameter is retired; expected one to search");

  const std::size_t before = field.problems().size();
  read_conditions(field, out);
  if (const auto cycle = CycleFinder(out.params).find(); !cycle.empty()) {
    std::string names;
    for (const std::size_t p : cycle) {
      names += (names.empty() ? "" : " -> ") + out.params[p].name;
    }
    field.report(fmt::format("the conditions (\"when\") go round in a circle: {}", names));
  }
  out.conditions_sound = field.problems().size() == before;
  return out;
}

std::vector<Expression> read_require(const JsonField& field, const ReadParams& params) {
  std::vector<Expression> out;
  const auto items = field.list("a list of conditions");
  if (!items) return out;
  if (items->size() > kMaxRequire) {
    field.report(
        fmt::format("expected at most {} conditions, found {}", kMaxRequire, items->size()));
    return out;
  }
  for (const JsonField& item : *items) {
    const auto text = item.string("a condition such as \"a <= b\"");
    if (!text) continue;
    bool can_judge = true;
    for (std::size_t p = 0; p < params.params.size(); ++p) {
      if (!params.typed[p] && text->find(params.params[p].name) != std::string::npos) {
        can_judge = false;
      }
    }
    if (!can_judge) continue;
    try {
      out.push_back(Expression::parse(*text, params.params));
    } catch (const Error& error) {
      item.report(error.what());
    }
  }
  return out;
}

}  // namespace studyhall
