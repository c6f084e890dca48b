// A study file, checked: what to search, what counts as good, who works on it, and when to stop.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/experiment_spec.h"
#include "core/json.h"
#include "core/pruner_spec.h"
#include "core/slice.h"
#include "core/space.h"
#include "core/want.h"

namespace studyhall {

enum class Direction { Minimize, Maximize };
std::string_view to_string(Direction direction);  // "minimize", "maximize"

// A metric told with each result must stay within a bound.
struct MetricConstraint {
  std::string metric;
  std::optional<double> max;
  std::optional<double> min;
  // Amount by which `value` breaks the bound, > 0 violated, negative: room left.
  [[nodiscard]] double violation(double value) const;
};

struct SamplerSpec {
  std::string name;  // resolved: "tpe", "cmaes", "gp", "random", "qmc" or "grid", never "auto"
  Json options;      // further members as given, checked by the sampler's own rules
  int version = 1;   // of the sampler's rules, so that a later build keeps a running study's
};

// When to hand out no more. What counts is what has ended and what runs now.
struct Limits {
  std::optional<std::int64_t> trials;
  std::optional<std::int64_t> failures;  // of configurations, or declined for good; default: trials
  std::optional<std::int64_t> running;   // at once
  // Of those with a tag, trials and tasks, at once: the study's alone.
  std::map<std::string, std::int64_t> running_by_tag{};
  // Of the wall clock since the first ask, whether the study is stopped meanwhile or not.
  std::optional<double> hours;
  // Sums of the usage told, that of attempts which were sent back and of voided trials included.
  std::optional<double> cost_usd;
  std::optional<std::int64_t> turns;
  std::optional<std::int64_t> tokens;
};

struct WorkerSpec {
  std::string name;
  // Parameters this worker moves, with their narrowed domains, [space.size()]; absent: the whole
  // space.
  std::optional<std::vector<Domain>> focus;
  std::optional<SamplerSpec> sampler;                 // instead of the study's
  std::vector<std::pair<std::size_t, double>> fixed;  // parameter position, internal value
  std::vector<std::string> accepts{};                 // tags of waiting trials it may get
  Limits limits{};                                    // of this worker's trials
  ResourceSpec resources{};                           // over the experiment's
  std::map<std::string, std::string> env{};           // over the experiment's
  // How long the experiment takes on this worker's machine, in units of experiment.reference_min;
  // nullopt: not calibrated.
  std::optional<double> time_ratio{};
};

// What several workers do alike (`study work --role`). Prompt, model and web are of its tasks:
// trials run as the experiment says, or their results could not be compared.
struct RoleSpec {
  Want want = Want::Tasks;
  std::string prompt{};                // a template file relative to dir; empty: experiment's
  std::vector<std::string> accepts{};  // tags that it takes besides those of the worker itself
  std::string model{};                 // empty: experiment.claude's
  std::optional<bool> allow_web{};     // absent: experiment.claude's
};

// Re-running a would-be best before it leads (doc/noise.md).
struct ConfirmSpec {
  int replicates =
      0;  // runs besides the first; 0: nothing is re-run, and every configuration leads
};

struct StudySpec {
  std::string name;
  std::vector<Direction> directions;  // at least one
  std::uint64_t seed = 0;
  SearchSpace space;
  std::vector<Parameter> retired;  // searched no more, each with `absent`; without conditions
  std::vector<MetricConstraint> constraints;
  std::map<std::string, WorkerSpec> workers;
  std::map<std::string, RoleSpec> roles;  // of agents
  double focus_share = 0.8;  // of a focused worker's suggestions; the others may move everything
  SamplerSpec sampler;
  PrunerSpec pruner;    // with one objective only
  ConfirmSpec confirm;  // with one objective only
  Limits limits;
  std::optional<double> target;
  std::optional<ExperimentSpec> experiment;
  // Of `experiment`: runs are replicates of each other within one version only. Empty without one.
  std::string experiment_version;
  // The file as it was given, with everything that was resolved filled in: what is stored, shown,
  // and read back by parse_study_spec to an equal spec.
  Json resolved;
};

// Checks a whole study file. Throws Error(Invalid) whose details list *every* problem as {path,
// message}: each with the value found and what was expected; unknown fields with the nearest known
// name; what this build does not have, by name ("/experiment/stages: this build runs one stage; use
// prompt or command"). A file without "seed" gets one from `default_seed`, stored in
// `resolved`.
std::shared_ptr<const StudySpec> parse_study_spec(const Json& file, std::uint64_t default_seed = 0);

// By how much a trial with these metrics violates each constraint (> 0), [constraints]; empty where
// a metric is missing.
std::vector<double> constraint_values(const StudySpec& spec,
                                      const std::map<std::string, double>& metrics);

// The JSON Schema (2020-12) of a study file, for editors.
const Json& study_file_schema();

// The slice that `worker` draws from when focused: its focus domains free, everything else held at
// `pin`
// ([space.size()], no NaN), its `fixed` values held. Key: the worker's name. Without focus: the
// whole space with `fixed` held, key "" when nothing is fixed.
Slice worker_slice(const StudySpec& spec, const WorkerSpec& worker, std::span<const double> pin);

// All that lies in `worker`'s ranges: its focus domains, its `fixed` values held, every other
// parameter over its whole range. What importance for a worker looks at.
struct WorkerRegion {
  Slice slice;
  std::vector<std::size_t> moved;  // parameters that the worker moves, ascending
};
WorkerRegion worker_region(const StudySpec& spec, const WorkerSpec& worker);

// Whether `name` may name a study or a worker: 1 to 64 of [A-Za-z0-9._-], not beginning with '.' or
// '-'.
bool is_valid_name(std::string_view name);

}  // namespace studyhall
