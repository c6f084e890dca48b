// The parts of a study file, each read by its own function. Used by study_spec.cc alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/experiment_spec.h"
#include "core/json_field.h"
#include "core/study_spec.h"

namespace studyhall {

// Parameters as far as they could be read.
struct ReadParams {
  std::vector<Parameter> params;
  std::vector<bool> sound;  // [params]: nothing is wrong with it, so that values can be checked
  std::vector<bool> typed;  // [params]: kind and choices are known, so that expressions can be
  bool conditions_sound = true;  // no cycle, every parent known
  std::vector<Parameter> retired;

  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
  // Reports that there is no parameter of that name, with the nearest one.
  void report_unknown(const JsonField& field, std::string_view name) const;
  // The internal value; reports one that is not legal. Values of unsound parameters are not judged.
  [[nodiscard]] std::optional<double> value(std::size_t p, const JsonField& field) const;
};

ReadParams read_params(const JsonField& field);
std::vector<Expression> read_require(const JsonField& field, const ReadParams& params);

// The part of the space that has a configuration meeting `require`, looked for at the default, then
// at random, then everywhere if that is feasible.
enum class Satisfiable {
  Yes,
  No,       // every configuration was tried
  Unknown,  // none was found at random, and there are too many to try
};
Satisfiable find_any_config(const SearchSpace& space, const Slice& slice);

// "failures" is filled in from "trials"; "running_by_tag" is the study's alone.
enum class LimitsOf { Study, Worker };
Limits read_limits(const JsonField& field, LimitsOf whose);
void resolve_limits(const Limits& limits, Json& json);

// A name, or an object with a name and the sampler's options, for a study of so many objectives.
std::optional<SamplerSpec> read_sampler(const JsonField& field, std::size_t objectives);
Json resolve_sampler(const SamplerSpec& sampler);

// An absent field is the pruner "none".
PrunerSpec read_pruner(const JsonField& field);
Json resolve_pruner(const PrunerSpec& pruner);

std::map<std::string, WorkerSpec> read_workers(const JsonField& field, const ReadParams& params,
                                               std::size_t objectives);

std::map<std::string, RoleSpec> read_roles(const JsonField& field);

// The name of a template file, or of a model, as it may stand on a command line.
std::string read_template(const JsonField& field);
std::string read_model(const JsonField& field);

// The "experiment" that was given, with every default filled in.
Json resolve_experiment(const ExperimentSpec& experiment, const Json& given);

}  // namespace studyhall
