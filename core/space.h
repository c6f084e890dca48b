// A search space: what may be tried.
//
// Internal values. Inside the program every parameter value is a double: a float or an int is
// itself, a categorical is the position of its choice (as Optuna stores them). NaN means inactive:
// a condition
// ("when") of the parameter does not hold. A configuration is one internal value per parameter, in
// the order of the study file. External values are the JSON that users see; only active ones are
// shown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/expression.h"
#include "core/json.h"

namespace studyhall {

enum class ParamKind { Float, Int, Categorical };

inline constexpr double kInactive = std::numeric_limits<double>::quiet_NaN();

// Internal values, [number of parameters].
using Config = std::vector<double>;

// A parameter is active when its parent is and has one of `values` (internal).
struct Condition {
  std::size_t parent = 0;
  std::vector<double> values;
};

struct Parameter {
  std::string name;
  ParamKind kind = ParamKind::Float;
  double low = 0;   // numeric kinds, inclusive; with a step, high = low + k * step exactly
  double high = 0;  // inclusive
  bool log = false;
  double step = 0;                      // float: 0 means continuous; int: at least 1
  std::vector<Json> choices;            // categorical: string, number, boolean or null
  bool ordered = false;                 // categorical: the choices have an order
  std::optional<double> default_value;  // internal
  std::vector<Condition> when;          // all must hold
  // External: the value that a trial without one is taken to have had (core/space_edit.h).
  std::optional<Json> absent{};

  [[nodiscard]] bool is_numeric() const { return kind != ParamKind::Categorical; }
  [[nodiscard]] bool is_discrete() const { return kind != ParamKind::Float || step > 0; }
  // How many values it has; nullopt for a continuous one (0 for low == high does not occur: that is
  // 1).
  [[nodiscard]] std::optional<std::uint64_t> cardinality() const;
  // Internal value of grid point k, k in [0, cardinality). Decimal steps give the shortest decimal:
  // low 0, step 0.1, k 3 is 0.3, not 0.30000000000000004. REQUIRES: is_discrete().
  [[nodiscard]] double grid_value(std::uint64_t k) const;
  // The nearest legal value: clipped to the range, moved to the grid (ties to even k).
  [[nodiscard]] double snap(double value) const;
  // Whether `value` is legal as it stands (on the grid to within 1e-9 of a step).
  [[nodiscard]] bool contains(double value) const;
  // The default, else the middle (geometric with log), else the first choice.
  [[nodiscard]] double default_or_middle() const;

  // The external form of an internal value: ints as JSON integers. REQUIRES: contains(value).
  [[nodiscard]] Json to_external(double value) const;
  // The internal value; throws Error(Invalid) naming parameter, value found and what was expected.
  [[nodiscard]] double to_internal(const Json& value) const;
  // "float in [0.28, 0.42]", "one of \"s\", \"m\", \"l\"": for messages.
  [[nodiscard]] std::string expectation() const;
};

// Parameters, their conditions and what is required of them together. Immutable; cheap to copy is
// not promised: hold it by shared_ptr or reference.
class SearchSpace {
 public:
  SearchSpace() = default;
  // REQUIRES: names are distinct, conditions have no cycle, requires are over `params` (the study
  // file's parser reports these to users; here they are asserted).
  SearchSpace(std::vector<Parameter> params, std::vector<Expression> require);

  [[nodiscard]] std::span<const Parameter> params() const { return params_; }
  [[nodiscard]] std::span<const Expression> require() const { return require_; }
  [[nodiscard]] std::size_t size() const { return params_.size(); }
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
  // Positions with every parent before its children.
  [[nodiscard]] std::span<const std::size_t> parents_first() const { return order_; }

  // Whether parameter p is active given the values of its ancestors in `config`.
  [[nodiscard]] bool is_active(std::size_t p, std::span<const double> config) const;
  // Sets to NaN each parameter that is not active.
  void deactivate(Config& config) const;
  [[nodiscard]] bool meets_require(std::span<const double> config) const;
  // Legal values for all active parameters, NaN for all others, and require holds.
  [[nodiscard]] bool contains(std::span<const double> config) const;
  // default_or_middle() of every parameter, inactive ones NaN.
  [[nodiscard]] Config default_config() const;
  // Whether any parameter has a default of its own.
  [[nodiscard]] bool has_defaults() const;

  // {"name": value, ...} of the active parameters, in order.
  [[nodiscard]] Json to_json(std::span<const double> config) const;

  // What a user gave for some or all parameters. Absent ones are NaN in `config` and false in
  // `given`.
  struct Partial {
    Config config;
    std::vector<bool> given;
  };
  // Throws Error(Invalid) with every problem: unknown names (nearest known one named), values out
  // of range, a value for a parameter whose condition cannot hold with the other values given.
  [[nodiscard]] Partial partial_from_json(const Json& params) const;

 private:
  std::vector<Parameter> params_;
  std::vector<Expression> require_;
  std::vector<std::size_t> order_;
};

// The same digest for the same configuration, whatever the order of keys, the way floats were
// written (0.10 and 0.1, 1 and 1.0 of a float parameter, -0 and 0) or the position of a choice.
// 32 hexadecimal digits.
std::string config_hash(const SearchSpace& space, std::span<const double> config);

// The name among `known` nearest to `name` by edit distance; nullopt when none is near.
std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> known);

}  // namespace studyhall
