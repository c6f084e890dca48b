#include "core/space.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <functional>
#include <numeric>
#include <queue>

#include "core/hash.h"

namespace studyhall {

namespace {

// A condition on a parent's value; NaN, of an inactive parent, is none of them.
bool is_met(const Condition& condition, double parent_value) {
  return std::find(condition.values.begin(), condition.values.end(), parent_value) !=
         condition.values.end();
}

std::string external_list(const Parameter& param, std::span<const double> values) {
  std::string list;
  for (const double value : values) {
    if (!list.empty()) list += ", ";
    list += brief(param.to_external(value));
  }
  return list;
}

std::string member_path(std::string_view name) {
  std::string path = "/";
  for (const char c : name) {
    if (c == '~') {
      path += "~0";
    } else if (c == '/') {
      path += "~1";
    } else {
      path += c;
    }
  }
  return path;
}

// Positions with every parent before its children, otherwise as they stand. Those on a cycle are
// left out.
std::vector<std::size_t> order_parents_first(std::span<const Parameter> params) {
  std::vector<std::vector<std::size_t>> children(params.size());
  std::vector<std::size_t> waiting_for(params.size());
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t p = 0; p < params.size(); ++p) {
    for (const Condition& condition : params[p].when) children[condition.parent].push_back(p);
    waiting_for[p] = params[p].when.size();
    if (waiting_for[p] == 0) ready.push(p);
  }

  std::vector<std::size_t> order;
  order.reserve(params.size());
  while (!ready.empty()) {
    const std::size_t p = ready.top();
    ready.pop();
    order.push_back(p);
    for (const std::size_t child : children[p]) {
      if (--waiting_for[child] == 0) ready.push(child);
    }
  }
  return order;
}

[[maybe_unused]] bool has_distinct_names(std::span<const Parameter> params) {
  std::vector<std::string_view> names;
  for (const Parameter& param : params) names.push_back(param.name);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) == names.end();
}

std::string canonical_value(const Parameter& param, double value) {
  if (param.kind != ParamKind::Categorical) {
    const double legal = param.is_discrete() ? param.snap(value) : value;
    return shortest_decimal(legal + 0.0);  // -0 becomes 0
  }
  const Json& choice = param.choices.at(static_cast<std::size_t>(value));
  return choice.is_number() ? shortest_decimal(choice.get<double>() + 0.0) : dump_json(choice);
}

std::string_view kind_name(ParamKind kind) {
  switch (kind) {
    case ParamKind::Float:
      return "float";
    case ParamKind::Int:
      return "int";
    case ParamKind::Categorical:
      return "categorical";
  }
  return "";
}

}  // namespace

SearchSpace::SearchSpace(std::vector<Parameter> params, std::vector<Expression> require)
    : params_(std::move(params)),
      require_(std::move(require)),
      order_(order_parents_first(params_)) {
  assert(has_distinct_names(params_));
  assert(order_.size() == params_.size());
}

std::optional<std::size_t> SearchSpace::find(std::string_view name) const {
  for (std::size_t p = 0; p < params_.size(); ++p) {
    if (params_[p].name == name) return p;
  }
  return std::nullopt;
}

bool SearchSpace::is_active(std::size_t p, std::span<const double> config) const {
  const auto all_met = [&](std::size_t q, std::span<const double> values) {
    return std::all_of(params_[q].when.begin(), params_[q].when.end(),
                       [&](const Condition& c) { return is_met(c, values[c.parent]); });
  };
  const bool parents_are_unconditional =
      std::all_of(params_[p].when.begin(), params_[p].when.end(),
                  [&](const Condition& c) { return params_[c.parent].when.empty(); });
  if (parents_are_unconditional) return all_met(p, config);

  Config active(config.begin(), config.end());
  for (const std::size_t q : order_) {
    const bool met = all_met(q, active);
    if (q == p) return met;
    if (!met) active[q] = kInactive;
  }
  return false;
}

void SearchSpace::deactivate(Config& config) const {
  for (const std::size_t p : order_) {
    for (const Condition& condition : params_[p].when) {
      if (!is_met(condition, config[condition.parent])) config[p] = kInactive;
    }
  }
}

bool SearchSpace::meets_require(std::span<const double> config) const {
  return std::all_of(require_.begin(), require_.end(),
                     [&](const Expression& expression) { return expression.holds(config); });
}

bool SearchSpace::contains(std::span<const double> config) const {
  if (config.size() != params_.size()) return false;
  for (const std::size_t p : order_) {
    const Parameter& param = params_[p];
    // Parents come first, so that an inactive one is known to be NaN here.
    const bool active = std::all_of(param.when.begin(), param.when.end(), [&](const Condition& c) {
      return is_met(c, config[c.parent]);
    });
    if (active ? !param.contains(config[p]) : !std::isnan(config[p])) return false;
  }
  return meets_require(config);
}

Config SearchSpace::default_config() const {
  Config config;
  config.reserve(params_.size());
  for (const Parameter& param : params_) config.push_back(param.default_or_middle());
  deactivate(config);
  return config;
}

bool SearchSpace::has_defaults() const {
  return std::any_of(params_.begin(), params_.end(),
                     [](const Parameter& param) { return param.default_value.has_value(); });
}

Json SearchSpace::to_json(std::span<const double> config) const {
  Json json = Json::object();
  for (std::size_t p = 0; p < params_.size(); ++p) {
    if (!std::isnan(config[p])) json[params_[p].name] = params_[p].to_external(config[p]);
  }
  return json;
}

namespace {

// Finds the given parameters that cannot be active together with the other given values: each
// given one needs all its ancestors active, with values that their conditions allow.
class ConditionCheck {
 public:
  ConditionCheck(const SearchSpace& space, const SearchSpace::Partial& partial)
      : space_(space), partial_(partial), needed_by_(space.size()), allowed_(space.size()) {}

  void run(std::vector<Problem>& problems) {
    const auto order = space_.parents_first();
    for (auto it = order.rbegin(); it != order.rend(); ++it) {
      const std::size_t p = *it;
      if (partial_.given[p]) needed_by_[p] = p;
      if (!needed_by_[p]) continue;
      for (const Condition& condition : space_.params()[p].when) {
        check(*needed_by_[p], p, condition, problems);
      }
    }
  }

 private:
  void check(std::size_t given, std::size_t child, const Condition& condition,
             std::vector<Problem>& problems) {
    const std::size_t parent = condition.parent;
    const Parameter& param = space_.params()[parent];
    if (!needed_by_[parent]) needed_by_[parent] = given;

    std::string found;
    if (partial_.given[parent]) {
      const double value = partial_.config[parent];
      // A value that was refused is reported once, as itself.
      if (std::isnan(value) || is_met(condition, value)) return;
      found = brief(param.to_external(value));
    } else {
      std::vector<double> common;
      for (const double value : condition.values) {
        if (!allowed_[parent] || is_met({parent, *allowed_[parent]}, value)) {
          common.push_back(value);
        }
      }
      const bool possible = !common.empty();
      if (possible) {
        allowed_[parent] = std::move(common);
        return;
      }
      found = allowed_[parent]
                  ? "other parameters that need it to be " + external_list(param, *allowed_[parent])
                  : "no value that it may have";
    }
    const std::string& name = space_.params()[given].name;
    const std::string through =
        child == given ? "" : fmt::format(" (through {})", space_.params()[child].name);
    problems.push_back({member_path(name),
                        fmt::format("{} is active only when {} is {}{}, found {}", name, param.name,
                                    external_list(param, condition.values), through, found)});
  }

  const SearchSpace& space_;
  const SearchSpace::Partial& partial_;
  std::vector<std::optional<std::size_t>> needed_by_;  // the given parameter that needs this one
  std::vector<std::optional<std::vector<double>>> allowed_;  // for parents that were not given
};

}  // namespace

SearchSpace::Partial SearchSpace::partial_from_json(const Json& params) const {
  if (!params.is_object()) {
    throw Error::from_problems(
        ErrorCode::Invalid, "parameters",
        {{"", fmt::format("expected an object of parameter values, found {}", brief(params))}});
  }

  Partial partial{Config(size(), kInactive), std::vector<bool>(size(), false)};
  std::vector<Problem> problems;
  for (const auto& [name, value] : params.items()) {
    const auto p = find(name);
    if (!p) {
      std::vector<std::string> known;
      for (const Parameter& param : params_) known.push_back(param.name);
      const auto nearest = nearest_name(name, known);
      problems.push_back(
          {member_path(name), "unknown parameter " + brief(Json(name)) +
                                  (nearest ? "; did you mean \"" + *nearest + "\"?" : "")});
      continue;
    }
    partial.given[*p] = true;
    try {
      partial.config[*p] = params_[*p].to_internal(value);
    } catch (const Error& e) {
      problems.push_back({member_path(name), e.what()});
    }
  }
  ConditionCheck(*this, partial).run(problems);

  if (!problems.empty()) throw Error::from_problems(ErrorCode::Invalid, "parameters", problems);
  return partial;
}

std::string config_hash(const SearchSpace& space, std::span<const double> config) {
  std::vector<std::string> lines;
  for (std::size_t p = 0; p < space.size(); ++p) {
    if (std::isnan(config[p])) continue;
    const Parameter& param = space.params()[p];
    lines.push_back(fmt::format("[{},\"{}\",{}]\n", dump_json(param.name), kind_name(param.kind),
                                canonical_value(param, config[p])));
  }
  std::sort(lines.begin(), lines.end());
  return sha256_hex(std::accumulate(lines.begin(), lines.end(), std::string())).substr(0, 32);
}

std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> known) {
  constexpr std::size_t kLongest = 100;
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  if (name.size() > kLongest) return std::nullopt;

  std::optional<std::string> nearest;
  std::size_t least = 0;
  for (const std::string& candidate : known) {
    if (candidate.size() > kLongest) continue;
    // Levenshtein's distance, with neighbouring letters swapped as one edit, row by row.
    std::vector<std::size_t> before;
    std::vector<std::size_t> above(candidate.size() + 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 1; i <= name.size(); ++i) {
      std::vector<std::size_t> row(candidate.size() + 1, i);
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const bool same = lower(name[i - 1]) == lower(candidate[j - 1]);
        row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
        if (i > 1 && j > 1 && lower(name[i - 1]) == lower(candidate[j - 2]) &&
            lower(name[i - 2]) == lower(candidate[j - 1])) {
          row[j] = std::min(row[j], before[j - 2] + 1);
        }
      }
      before = std::exchange(above, std::move(row));
    }
    const std::size_t distance = above.back();
    const std::size_t tolerated =
        std::max<std::size_t>(1, std::max(name.size(), candidate.size()) / 3);
    if (distance <= tolerated && (!nearest || distance < least)) {
      nearest = candidate;
      least = distance;
    }
  }
  return nearest;
}

}  // namespace studyhall
