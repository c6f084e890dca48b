#include <fmt/format.h>

#include "core/study_file_parts.h"
#include "core/study_file_refusals.h"

namespace studyhall {

namespace {

constexpr std::int64_t kMost = 1'000'000'000;
constexpr std::int64_t kMostReduction = 1'000'000;
constexpr std::int64_t kMostRate = 60;
constexpr std::string_view kNames =
    "\"none\", \"median\", \"percentile\", \"successive_halving\", \"hyperband\", \"patient\", "
    "\"threshold\" or \"wilcoxon\"";

// An integer in [low, kMost], or nullopt for "auto", which is the default.
std::optional<std::int64_t> read_resource(const JsonField& field) {
  if (!field || field.json() == "auto") return std::nullopt;
  if (!field.json().is_number()) {
    field.report_expected("\"auto\" or an integer of at least 1");
    return std::nullopt;
  }
  return field.integer(1, kMost);
}

void check_bootstrap(const JsonField& bootstrap, std::int64_t count, std::string_view resource,
                     bool automatic) {
  if (count > 0 && automatic) {
    bootstrap.report(
        fmt::format("{} needs a number for \"{}\", which is \"auto\"", count, resource));
  }
}

PercentileOptions read_percentile(ObjectReader& object, bool median) {
  PercentileOptions options;
  if (!median) {
    constexpr std::string_view kExpected = "a number from 0 to 100";
    options.percentile = object.field("percentile")
                             .required(kExpected)
                             .number(kExpected, [](double x) { return x >= 0 && x <= 100; })
                             .value_or(options.percentile);
  }
  const auto take = [&object](std::string_view name, std::int64_t low, std::int64_t& into) {
    into = object.field(name).integer(low, kMost).value_or(into);
  };
  take("n_startup_trials", 0, options.n_startup_trials);
  take("n_warmup_steps", 0, options.n_warmup_steps);
  take("interval_steps", 1, options.interval_steps);
  take("n_min_trials", 1, options.n_min_trials);
  return options;
}

HalvingOptions read_halving(ObjectReader& object) {
  HalvingOptions options;
  options.min_resource = read_resource(object.field("min_resource"));
  options.reduction_factor =
      object.field("reduction_factor").integer(2, kMostReduction).value_or(4);
  options.min_early_stopping_rate =
      object.field("min_early_stopping_rate").integer(0, kMostRate).value_or(0);
  const JsonField bootstrap = object.field("bootstrap_count");
  options.bootstrap_count = bootstrap.integer(0, kMost).value_or(0);
  check_bootstrap(bootstrap, options.bootstrap_count, "min_resource", !options.min_resource);
  return options;
}

HyperbandOptions read_hyperband(ObjectReader& object) {
  HyperbandOptions options;
  options.min_resource = object.field("min_resource").integer(1, kMost).value_or(1);
  const JsonField most = object.field("max_resource");
  options.max_resource = read_resource(most);
  if (options.max_resource && *options.max_resource < options.min_resource) {
    most.report_expected(fmt::format("at least min_resource, {}", options.min_resource));
  }
  options.reduction_factor =
      object.field("reduction_factor").integer(2, kMostReduction).value_or(3);
  const JsonField bootstrap = object.field("bootstrap_count");
  options.bootstrap_count = bootstrap.integer(0, kMost).value_or(0);
  check_bootstrap(bootstrap, options.bootstrap_count, "max_resource", !options.max_resource);
  return options;
}

PatientOptions read_patient(ObjectReader& object) {
  PatientOptions options;
  constexpr std::string_view kExpected = "an integer of at least 0";
  options.patience =
      object.field("patience").required(kExpected).integer(0, kMost).value_or(options.patience);
  options.min_delta = object.field("min_delta")
                          .number("a number of at least 0", [](double x) { return x >= 0; })
                          .value_or(0);
  options.wrapped_pruner =
      std::make_shared<const PrunerSpec>(read_pruner(object.field("wrapped_pruner")));
  return options;
}

ThresholdOptions read_threshold(ObjectReader& object) {
  ThresholdOptions options;
  const JsonField lower = object.field("lower");
  const JsonField upper = object.field("upper");
  options.lower = lower.number();
  options.upper = upper.number();
  if (!lower && !upper) lower.report("missing: expected \"lower\", \"upper\" or both");
  if (options.lower && options.upper && *options.lower > *options.upper) {
    lower.report_expected(fmt::format("at most upper, {}", brief(upper.json())));
  }
  options.n_warmup_steps = object.field("n_warmup_steps").integer(0, kMost).value_or(0);
  options.interval_steps = object.field("interval_steps").integer(1, kMost).value_or(1);
  return options;
}

WilcoxonOptions read_wilcoxon(ObjectReader& object) {
  WilcoxonOptions options;
  options.p_threshold =
      object.field("p_threshold")
          .number("a number from 0 to 1", [](double x) { return x >= 0 && x <= 1; })
          .value_or(options.p_threshold);
  options.n_startup_steps = object.field("n_startup_steps").integer(0, kMost).value_or(2);
  return options;
}

Json resource(const std::optional<std::int64_t>& given) {
  return given ? Json(*given) : Json("auto");
}

struct Resolve {
  Json operator()(const std::monostate& /*none*/) const { return Json::object(); }
  Json operator()(const PercentileOptions& o) const {
    return {{"percentile", o.percentile},
            {"n_startup_trials", o.n_startup_trials},
            {"n_warmup_steps", o.n_warmup_steps},
            {"interval_steps", o.interval_steps},
            {"n_min_trials", o.n_min_trials}};
  }
  Json operator()(const HalvingOptions& o) const {
    return {{"min_resource", resource(o.min_resource)},
            {"reduction_factor", o.reduction_factor},
            {"min_early_stopping_rate", o.min_early_stopping_rate},
            {"bootstrap_count", o.bootstrap_count}};
  }
  Json operator()(const HyperbandOptions& o) const {
    return {{"min_resource", o.min_resource},
            {"max_resource", resource(o.max_resource)},
            {"reduction_factor", o.reduction_factor},
            {"bootstrap_count", o.bootstrap_count}};
  }
  Json operator()(const PatientOptions& o) const {
    return {{"wrapped_pruner", resolve_pruner(*o.wrapped_pruner)},
            {"patience", o.patience},
            {"min_delta", o.min_delta}};
  }
  Json operator()(const ThresholdOptions& o) const {
    Json json = Json::object();
    if (o.lower) json["lower"] = *o.lower;
    if (o.upper) json["upper"] = *o.upper;
    json["n_warmup_steps"] = o.n_warmup_steps;
    json["interval_steps"] = o.interval_steps;
    return json;
  }
  Json operator()(const WilcoxonOptions& o) const {
    return {{"p_threshold", o.p_threshold}, {"n_startup_steps", o.n_startup_steps}};
  }
};

}  // namespace

PrunerSpec read_pruner(const JsonField& field) {
  PrunerSpec pruner;
  if (!field) return pruner;
  ObjectReader object(field, "an object such as {\"name\": \"median\"}");
  if (!object.is_object()) return pruner;
  const JsonField name = object.field("name").required(kNames);
  const auto text = name.string(kNames);
  if (!text) return pruner;
  if (*text == "median" || *text == "percentile") {
    pruner.options = read_percentile(object, *text == "median");
  } else if (*text == "successive_halving") {
    pruner.options = read_halving(object);
  } else if (*text == "hyperband") {
    pruner.options = read_hyperband(object);
  } else if (*text == "patient") {
    pruner.options = read_patient(object);
  } else if (*text == "threshold") {
    pruner.options = read_threshold(object);
  } else if (*text == "wilcoxon") {
    pruner.options = read_wilcoxon(object);
  } else if (*text != "none") {
    name.report_expected(kNames);
    return pruner;
  }
  pruner.name = *text;
  close_refusing(object);
  return pruner;
}

Json resolve_pruner(const PrunerSpec& pruner) {
  Json json = {{"name", pruner.name}};
  json.update(std::visit(Resolve{}, pruner.options));
  if (pruner.name == "median") json.erase("percentile");
  return json;
}

}  // namespace studyhall
