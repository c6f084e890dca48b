#include "core/space_edit.h"

#include <algorithm>
#include <cmath>

namespace studyhall {

namespace {

bool is_absent_value(const Parameter& param, const Json& value) {
  return param.absent && *param.absent == value;
}

// The internal value; NaN where it is not legal.
double legal_or_inactive(const Parameter& param, const Json& value) {
  try {
    return param.to_internal(value);
  } catch (const Error&) {
    return kInactive;
  }
}

bool same_members(const Json& a, const Json& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [name, value] : a.items()) {
    const auto found = b.find(name);
    if (found == b.end() || *found != value) return false;
  }
  return true;
}

// Whether the values of other parameters, those that are there, make the parameter inactive.
bool is_ruled_out(const SearchSpace& space, std::size_t p, const Config& config) {
  return std::any_of(space.params()[p].when.begin(), space.params()[p].when.end(),
                     [&](const Condition& condition) {
                       const double parent = config[condition.parent];
                       if (std::isnan(parent)) return is_ruled_out(space, condition.parent, config);
                       return std::find(condition.values.begin(), condition.values.end(), parent) ==
                              condition.values.end();
                     });
}

// One trial's parameters, read in a space.
class Fitting {
 public:
  Fitting(const StudySpec& spec, const Json& params, bool waiting)
      : space_(spec.space), params_(params), waiting_(waiting) {
    config_.assign(space_.size(), kInactive);
    for (const std::size_t p : space_.parents_first()) read(p);
    for (const Parameter& param : spec.retired) {
      const auto given = params_.find(param.name);
      if (given != params_.end() && !is_absent_value(param, *given)) same_ = false;
    }
    if (waiting_ && !space_.meets_require(config_)) same_ = false;
  }

  void store(Trial& trial) {
    trial.fit = outside_ || (waiting_ && !same_) ? Fit::Outside : same_ ? Fit::Exact : Fit::Near;
    const bool all_said =
        trial.fit == Fit::Exact && (waiting_ || same_members(space_.to_json(config_), params_));
    trial.ran = all_said ? Json() : params_;
    trial.config = std::move(config_);
  }

 private:
  void read(std::size_t p) {
    const Parameter& param = space_.params()[p];
    const auto given = params_.find(param.name);
    const bool is_given = given != params_.end();
    const bool active = waiting_ ? !is_ruled_out(space_, p, config_) : space_.is_active(p, config_);
    if (!active) {
      if (is_given) read_inactive(param, *given, config_[p]);
      return;
    }
    const Json* value = is_given ? &*given : nullptr;
    if (value == nullptr && !waiting_ && param.absent) value = &*param.absent;
    if (value == nullptr) return;
    config_[p] = legal_or_inactive(param, *value);
    if (std::isnan(config_[p])) outside_ = true;
  }

  // No edit made a parameter inactive that has no `absent` value: another program set it so.
  void read_inactive(const Parameter& param, const Json& given, double& value) {
    if (param.absent) {
      if (!is_absent_value(param, given)) same_ = false;
      return;
    }
    value = legal_or_inactive(param, given);
    if (std::isnan(value)) same_ = false;
  }

  const SearchSpace& space_;
  const Json& params_;
  bool waiting_;
  Config config_;
  bool same_ = true;
  bool outside_ = false;
};

}  // namespace

Json params_of(const SearchSpace& space, const Trial& trial) {
  return trial.ran.is_null() ? space.to_json(trial.config) : trial.ran;
}

void fit_trial(const StudySpec& spec, const Json& params, Trial& trial) {
  Json known = Json::object();  // in the order of the study file
  for (const auto& [name, param] : spec.resolved.at("params").items()) {
    if (const auto found = params.find(name); found != params.end()) known[name] = *found;
  }
  Fitting(spec, known, trial.state == TrialState::Waiting).store(trial);
}

void refit_trial(const StudySpec& from, const StudySpec& to, Trial& trial) {
  fit_trial(to, params_of(from.space, trial), trial);
}

void fill_absent(const SearchSpace& space, Trial& trial) {
  if (trial.state != TrialState::Waiting || trial.fit == Fit::Outside) return;
  for (const std::size_t p : space.parents_first()) {
    const Parameter& param = space.params()[p];
    if (!std::isnan(trial.config[p]) || !param.absent) continue;
    if (space.is_active(p, trial.config)) {
      trial.config[p] = legal_or_inactive(param, *param.absent);
    }
  }
}

bool is_outside(const SearchSpace& space, const Trial& trial) {
  if (trial.fit != Fit::Exact) return true;
  return trial.state != TrialState::Waiting && !space.contains(trial.config);
}

bool same_space(const StudySpec& a, const StudySpec& b) {
  const auto member = [](const Json& file, const char* name) {
    const auto found = file.find(name);
    return found == file.end() ? Json() : *found;
  };
  return member(a.resolved, "params") == member(b.resolved, "params") &&
         member(a.resolved, "require") == member(b.resolved, "require");
}

}  // namespace studyhall
