#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "core/environment_spec.h"
#include "core/study_file_parts.h"
#include "core/study_file_refusals.h"
#include "core/tags.h"

namespace studyhall {

namespace {

constexpr std::size_t kMaxWorkers = 10000;
constexpr int kSamplerVersion = 1;
constexpr std::string_view kSamplerNames =
    "\"auto\", \"tpe\", \"cmaes\", \"gp\", \"random\", \"qmc\" or \"grid\" (or an object with such "
    "a "
    "name)";
constexpr std::array<std::string_view, 7> kKnownSamplers{"auto",   "tpe", "cmaes", "gp",
                                                         "random", "qmc", "grid"};

// The first of `names` where the field is absent or wrong, which is reported.
std::string one_of(ObjectReader& object, std::string_view key,
                   std::initializer_list<std::string_view> names) {
  const JsonField field = object.field(key);
  const std::string expected = fmt::format("one of \"{}\"", fmt::join(names, "\", \""));
  std::string name = field.string(expected).value_or(std::string(*names.begin()));
  if (std::find(names.begin(), names.end(), name) != names.end()) return name;
  field.report_expected(expected);
  return std::string(*names.begin());
}

void read_cmaes_options(ObjectReader& object, Json& options) {
  options["sigma"] = object.field("sigma")
                         .number("a number above 0, at most 1: a share of the range",
                                 [](double x) { return x > 0 && x <= 1; })
                         .value_or(1.0 / 6);
  if (const auto popsize = object.field("popsize").integer(4, 100'000)) {
    options["popsize"] = *popsize;
  }
  options["restart"] = one_of(object, "restart", {"ipop", "none", "bipop"});
  options["covariance"] = one_of(object, "covariance", {"auto", "full", "diagonal"});
  options["learning_rate"] = one_of(object, "learning_rate", {"fixed", "adaptive"});
  if (options["learning_rate"] == "adaptive" && options["covariance"] == "diagonal") {
    object.field("learning_rate")
        .report(
            "adaptive learning rates are for a full covariance; \"covariance\" is \"diagonal\"");
  }
}

// The options of sampler `name`, defaults filled in.
Json read_sampler_options(const std::string& name, ObjectReader& object, std::size_t objectives) {
  Json options = Json::object();
  if (name == "tpe") {
    const JsonField mode = object.field("mode");
    options["mode"] = mode.string("\"default\" or \"optuna5\"").value_or("default");
    if (options["mode"] != "default" && options["mode"] != "optuna5") {
      mode.report_expected("\"default\" or \"optuna5\"");
    }
    options["multivariate"] = object.field("multivariate").boolean().value_or(objectives == 1);
    if (options["mode"] == "optuna5") {
      options["group"] = object.field("group").boolean().value_or(false);
    }
    options["startup"] = object.field("startup").integer(0, 1'000'000).value_or(10);
    options["candidates"] = object.field("candidates").integer(1, 10'000).value_or(24);
  } else if (name == "cmaes") {
    read_cmaes_options(object, options);
  } else if (name == "gp") {
    if (const auto startup = object.field("startup").integer(1, 1'000'000)) {
      options["startup"] = *startup;
    }
    options["incumbent"] = one_of(object, "incumbent", {"posterior", "observed"});
  } else if (name == "grid") {
    options["points"] = object.field("points").integer(1, 10'000).value_or(5);
  }
  return options;
}

// Whether the sampler is one of this build's, and one for so many objectives.
bool check_sampler_name(const JsonField& field, std::size_t objectives) {
  const auto name = field.string(kSamplerNames);
  if (!name) return false;
  if ((*name == "cmaes" || *name == "gp") && objectives > 1) {
    field.report(
        fmt::format("\"{}\" searches for one objective, and this study has {}; use "
                    "\"auto\", \"tpe\", \"random\", \"qmc\" or \"grid\"",
                    *name, objectives));
    return false;
  }
  if (std::find(kKnownSamplers.begin(), kKnownSamplers.end(), *name) != kKnownSamplers.end()) {
    return true;
  }
  field.report_expected(kSamplerNames);
  return false;
}

Domain held_domain(const Parameter& param, bool sound) {
  Domain domain;
  domain.free = false;
  domain.held = sound ? param.default_or_middle() : 0;
  return domain;
}

// The whole domain of a parameter that is read without fault.
Domain full_domain(const Parameter& param) {
  Domain domain;
  domain.low = param.low;
  domain.high = param.high;
  if (!param.is_numeric()) {
    for (std::size_t c = 0; c < param.choices.size(); ++c) domain.choices.push_back(c);
  }
  return domain;
}

void narrow_range(ObjectReader& object, std::size_t p, const ReadParams& params, Domain& domain) {
  const JsonField low = object.field("low");
  const JsonField high = object.field("high");
  if (low) domain.low = params.value(p, low).value_or(domain.low);
  if (high) domain.high = params.value(p, high).value_or(domain.high);
  if (domain.low > domain.high) {
    (high ? high : low)
        .report(fmt::format("low {} is above high {}",
                            brief(params.params[p].to_external(domain.low)),
                            brief(params.params[p].to_external(domain.high))));
  }
}

void narrow_choices(ObjectReader& object, std::size_t p, const ReadParams& params, Domain& domain) {
  const JsonField field = object.field("choices");
  const auto items = field.list("a list of some of the choices");
  if (!items) return;
  if (items->empty()) field.report_expected("at least one choice");
  std::vector<std::size_t> choices;
  for (const JsonField& item : *items) {
    const auto value = params.value(p, item);
    if (!value) continue;
    const auto choice = static_cast<std::size_t>(*value);
    if (std::find(choices.begin(), choices.end(), choice) != choices.end()) {
      item.report(fmt::format("{} is listed already", brief(item.json())));
      continue;
    }
    choices.push_back(choice);
  }
  std::sort(choices.begin(), choices.end());
  domain.choices = std::move(choices);
}

class WorkerReader {
 public:
  WorkerReader(const std::string& name, const JsonField& field, const ReadParams& params,
               std::size_t objectives)
      : field_(field),
        object_(field, "an object (it may be empty)"),
        params_(params),
        objectives_(objectives) {
    worker_.name = name;
  }

  WorkerSpec read() {
    if (!is_valid_name(worker_.name)) {
      field_.report(fmt::format(
          "{} is no name for a worker: expected 1 to 64 of A-Z a-z 0-9 . _ -, not beginning with "
          "'.' or '-'",
          brief(Json(worker_.name))));
    }
    if (const JsonField focus = object_.field("focus")) read_focus(focus);
    if (const JsonField sampler = object_.field("sampler"))
      worker_.sampler = read_sampler(sampler, objectives_);
    if (const JsonField fixed = object_.field("fixed")) read_fixed(fixed);
    if (const JsonField accepts = object_.field("accepts")) worker_.accepts = read_tags(accepts);
    if (const JsonField limits = object_.field("limits")) {
      worker_.limits = read_limits(limits, LimitsOf::Worker);
    }
    worker_.resources = read_resources(object_);
    worker_.env = read_environment(object_.field("env"));
    worker_.time_ratio =
        object_.field("time_ratio").number("a number > 0", [](double x) { return x > 0; });
    close_refusing(object_);
    return std::move(worker_);
  }

 private:
  void read_focus(const JsonField& focus) {
    constexpr std::string_view kExpected =
        "a list of parameters, or an object of parameters with narrowed ranges";
    std::vector<Domain> domains;
    for (std::size_t p = 0; p < params_.params.size(); ++p) {
      domains.push_back(held_domain(params_.params[p], params_.sound[p]));
    }

    if (focus.json().is_array()) {
      const auto items = focus.list();
      for (const JsonField& item : *items) {
        const auto name = item.string("the name of a parameter");
        const auto p = name ? focused(item, *name, domains) : std::nullopt;
        if (p) domains[*p] = full_domain(params_.params[*p]);
      }
    } else if (focus.json().is_object()) {
      const auto members = focus.members();
      for (const auto& [name, narrowed] : *members) {
        const auto p = focused(narrowed, name, domains);
        if (p) domains[*p] = read_narrowed(narrowed, *p);
      }
    } else {
      focus.report_expected(kExpected);
      return;
    }
    if (focus.json().empty()) focus.report_expected("at least one parameter");
    worker_.focus = std::move(domains);
  }

  // The parameter named; reports one that is unknown, or in the focus already.
  [[nodiscard]] std::optional<std::size_t> focused(const JsonField& field, const std::string& name,
                                                   const std::vector<Domain>& domains) const {
    const auto p = params_.find(name);
    if (!p) {
      params_.report_unknown(field, name);
    } else if (domains[*p].free) {
      field.report(fmt::format("{} is listed already", brief(Json(name))));
      return std::nullopt;
    }
    return p;
  }

  [[nodiscard]] Domain read_narrowed(const JsonField& field, std::size_t p) const {
    const Parameter& param = params_.params[p];
    Domain domain = full_domain(param);
    if (!params_.sound[p]) return domain;
    ObjectReader object(field, "an object such as {} or {\"low\": 1, \"high\": 2}");
    if (param.is_numeric()) {
      narrow_range(object, p, params_, domain);
    } else {
      narrow_choices(object, p, params_, domain);
    }
    close_refusing(object);
    return domain;
  }

  void read_fixed(const JsonField& fixed) {
    const auto members = fixed.members("an object of parameters and their values");
    if (!members) return;
    for (const auto& [name, field] : *members) {
      const auto p = params_.find(name);
      if (!p) {
        params_.report_unknown(field, name);
        continue;
      }
      if (worker_.focus && (*worker_.focus)[*p].free) {
        field.report(fmt::format("{} is in this worker's focus: it cannot be fixed as well",
                                 brief(Json(name))));
      }
      if (const auto value = params_.value(*p, field)) worker_.fixed.emplace_back(*p, *value);
    }
    std::sort(worker_.fixed.begin(), worker_.fixed.end());
  }

  JsonField field_;
  ObjectReader object_;
  const ReadParams& params_;
  std::size_t objectives_;
  WorkerSpec worker_;
};

}  // namespace

std::optional<SamplerSpec> read_sampler(const JsonField& field, std::size_t objectives) {
  SamplerSpec sampler;
  sampler.version = kSamplerVersion;
  if (field.json().is_string()) {
    if (!check_sampler_name(field, objectives)) return std::nullopt;
    sampler.name = field.json().get<std::string>();
    Json none = Json::object();
    ObjectReader defaults(JsonField(&none, field.path(), &field.problems()));
    sampler.options = read_sampler_options(sampler.name, defaults, objectives);
    return sampler;
  }

  ObjectReader object(field, kSamplerNames);
  if (!object.is_object()) return std::nullopt;
  const JsonField name = object.field("name").required(kSamplerNames);
  if (!name || !check_sampler_name(name, objectives)) return std::nullopt;
  sampler.name = name.json().get<std::string>();
  sampler.options = read_sampler_options(sampler.name, object, objectives);
  const JsonField version = object.field("version");
  if (const auto given = version.integer(1); given && *given != kSamplerVersion) {
    version.report(fmt::format("{}: this build has version {} of sampler {}", *given,
                               kSamplerVersion, brief(name.json())));
  }
  close_refusing(object);
  return sampler;
}

Json resolve_sampler(const SamplerSpec& sampler) {
  Json json = {{"name", sampler.name}};
  json.update(sampler.options);
  json["version"] = sampler.version;
  return json;
}

std::map<std::string, WorkerSpec> read_workers(const JsonField& field, const ReadParams& params,
                                               std::size_t objectives) {
  std::map<std::string, WorkerSpec> workers;
  const auto members = field.members("an object of workers");
  if (!members) return workers;
  if (members->size() > kMaxWorkers) {
    field.report(
        fmt::format("expected at most {} workers, found {}", kMaxWorkers, members->size()));
    return workers;
  }
  for (const auto& [name, worker] : *members) {
    workers.emplace(name, WorkerReader(name, worker, params, objectives).read());
  }
  return workers;
}

Slice worker_slice(const StudySpec& spec, const WorkerSpec& worker, std::span<const double> pin) {
  Slice slice = whole_space(spec.space);
  if (worker.focus) {
    slice.domains = *worker.focus;
    for (std::size_t p = 0; p < slice.domains.size(); ++p) {
      if (!slice.domains[p].free) slice.domains[p].held = pin[p];
    }
  }
  for (const auto& [p, value] : worker.fixed) {
    slice.domains[p].free = false;
    slice.domains[p].held = value;
  }
  if (worker.focus || !worker.fixed.empty()) slice.key = worker.name;
  return slice;
}

WorkerRegion worker_region(const StudySpec& spec, const WorkerSpec& worker) {
  WorkerRegion region{whole_space(spec.space), {}};
  std::vector<Domain>& domains = region.slice.domains;
  for (const auto& [p, value] : worker.fixed) {
    domains[p].free = false;
    domains[p].held = value;
  }
  for (std::size_t p = 0; p < domains.size(); ++p) {
    if (!domains[p].free || (worker.focus && !(*worker.focus)[p].free)) continue;
    if (worker.focus) domains[p] = (*worker.focus)[p];
    region.moved.push_back(p);
  }
  if (worker.focus || !worker.fixed.empty()) region.slice.key = worker.name;
  return region;
}

}  // namespace studyhall
