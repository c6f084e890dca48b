#include "core/study_edit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json_field.h"

namespace studyhall {

namespace {

// Members that a study keeps for life, and what to do instead.
struct Kept {
  std::string_view name;
  std::string_view instead;
};
constexpr std::array<Kept, 4> kKept{{
    {"name", "a study keeps its name; create another study"},
    {"direction",
     "a study keeps its direction, by which all its results are compared; create "
     "another study"},
    {"directions",
     "a study keeps its directions, by which all its results are compared; create "
     "another study"},
    {"seed", "a study keeps its seed, from which its suggestions follow; create another study"},
}};

const Kept* kept(std::string_view name) {
  const auto found =
      std::find_if(kKept.begin(), kKept.end(), [&](const Kept& k) { return k.name == name; });
  return found == kKept.end() ? nullptr : &*found;
}

const Json* member(const Json& object, const std::string& name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

bool same(const Json* a, const Json* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return *a == *b;
}

bool is_true(const Json* value) { return value != nullptr && *value == true; }

bool is_retired(const Json* param) {
  return param != nullptr && is_true(member(*param, "retired"));
}

// One edit: the file as it was, the patch, and the file as it becomes.
class Edit {
 public:
  Edit(const StudySpec& spec, const Json& patch)
      : spec_(spec), before_(spec.resolved), patch_(patch) {
    if (!patch_.is_object()) {
      throw Error(ErrorCode::Invalid, "edit: found " + brief(patch_) +
                                          ", expected an object of members of the study file");
    }
  }

  std::shared_ptr<const StudySpec> run() {
    check_members();
    apply();
    std::shared_ptr<const StudySpec> edited;
    try {
      edited = parse_study_spec(after_);
    } catch (const Error& error) {
      if (!error.details().is_array()) throw;
      for (const Json& problem : error.details()) {
        problems_.push_back({problem["path"], problem["message"]});
      }
    }
    const std::string subject = "edit of study " + spec_.name;
    if (!problems_.empty()) throw Error::from_problems(ErrorCode::Invalid, subject, problems_);
    return edited;
  }

 private:
  void report(const std::string& path, std::string message) {
    problems_.push_back({path, std::move(message)});
  }

  void check_members() {
    for (const auto& [name, value] : patch_.items()) {
      const Kept* const found = kept(name);
      if (found == nullptr || same(&value, member(before_, name))) continue;
      report(member_path("", name), fmt::format("found {}: {}", brief(value), found->instead));
    }
  }

  void apply() {
    after_ = before_;
    let_failures_follow();
    Json patch = Json::object();
    for (const auto& [name, value] : patch_.items()) {
      if (kept(name) == nullptr) patch[name] = value;
    }
    const bool edits_params = patch.contains("params") && patch["params"].is_object();
    if (edits_params) retire_removed(patch["params"]);
    replace_renamed(patch);
    after_.merge_patch(patch);
    if (!edits_params) return;
    std::set<std::string> reconditioned = changed_conditions();
    for (const auto& [name, given] : patch["params"].items()) reconditioned.insert(name);
    for (const std::string& name : reconditioned) check_param(name, member(patch["params"], name));
  }

  // Options are those of one sampler or pruner: another name brings none of them along.
  void replace_renamed(const Json& patch) {
    const auto replace = [](Json& owner, const Json& changes, const char* what) {
      if (!changes.is_object() || !changes.contains(what) || !owner.contains(what)) return;
      const Json& named = changes[what];
      if (!named.is_object() || !named.contains("name")) return;
      if (named["name"] != owner[what].value("name", Json())) owner.erase(what);
    };
    replace(after_, patch, "sampler");
    replace(after_, patch, "pruner");
    if (!patch.contains("workers") || !patch["workers"].is_object()) return;
    if (!after_.contains("workers")) return;
    for (auto& [name, worker] : after_["workers"].items()) {
      if (patch["workers"].contains(name)) replace(worker, patch["workers"][name], "sampler");
    }
  }

  // Takes out a limit of failures that is the default, so that it is set anew.
  void let_failures_follow() {
    const auto follow = [](Json& owner) {
      const auto limits = owner.find("limits");
      if (limits == owner.end() || !limits->contains("trials")) return;
      if (limits->value("failures", Json()) == (*limits)["trials"]) limits->erase("failures");
    };
    if (patch_.contains("limits")) follow(after_);
    if (!patch_.contains("workers") || !after_.contains("workers")) return;
    for (Json& worker : after_["workers"]) follow(worker);
  }

  // Removing a parameter retires it.
  void retire_removed(Json& params) {
    for (auto& [name, given] : params.items()) {
      if (!given.is_null()) continue;
      if (member(before_["params"], name) == nullptr) {
        std::vector<std::string> known;
        for (const auto& [other, file] : before_["params"].items()) known.push_back(other);
        const auto nearest = nearest_name(name, known);
        report(member_path("/params", name),
               "no parameter has that name" +
                   (nearest ? "; did you mean " + brief(Json(*nearest)) + "?" : std::string()));
        given = Json::object();
        unknown_.insert(name);
        continue;
      }
      given = {{"retired", true}};
    }
    for (const std::string& name : unknown_) params.erase(name);
  }

  // Parameters whose conditions, or those of one they depend on, are not what they were.
  [[nodiscard]] std::set<std::string> changed_conditions() const {
    std::set<std::string> changed;
    for (bool grown = true; std::exchange(grown, false);) {
      for (const auto& [name, param] : after_["params"].items()) {
        if (changed.contains(name) || is_retired(&param)) continue;
        const Json* when = member(param, "when");
        const Json* before = member(before_["params"], name);
        const bool own = before != nullptr && !same(when, member(*before, "when"));
        bool inherited = false;
        if (when != nullptr && when->is_object()) {
          for (const auto& [parent, values] : when->items()) {
            inherited = inherited || changed.contains(parent);
          }
        }
        if (own || inherited) grown = changed.insert(name).second;
      }
    }
    return changed;
  }

  // `given`: of the patch; null where it does not name the parameter.
  void check_param(const std::string& name, const Json* given) {
    Json& param = after_["params"][name];
    const Json* before = member(before_["params"], name);
    const std::string path = member_path("/params", name);
    if (!param.is_object()) return;  // the parser reports it
    if (before != nullptr && !same(member(param, "type"), member(*before, "type"))) {
      report(path + "/type",
             fmt::format("found {}: a parameter keeps its type, {}; retire it and add one with "
                         "another name",
                         brief(param.value("type", Json())), brief((*before)["type"])));
      param["type"] = (*before)["type"];  // the parser would go on about it
      return;
    }
    if (member(param, "retired") != nullptr && param["retired"] == false) param.erase("retired");
    if (before != nullptr && is_retired(before) && is_retired(&param) && given != nullptr) {
      report(path, "it is retired: an edit of it needs \"retired\": false, to search it again");
      return;
    }
    const Json* was_absent = before == nullptr ? nullptr : member(*before, "absent");
    if (was_absent != nullptr) {
      if (same(member(param, "absent"), was_absent)) return;
      report(path + "/absent",
             fmt::format("found {}: trials without a value of it are taken to have had {}, which "
                         "cannot change; to hold it at another value make that its only one",
                         brief(param.value("absent", Json())), brief(*was_absent)));
      return;
    }
    const bool retires = is_retired(&param);
    const bool conditions_changed =
        before != nullptr && !retires && changed_conditions().contains(name);
    if (before == nullptr || retires || conditions_changed) settle_absent(param, path, before);
  }

  void settle_absent(Json& param, const std::string& path, const Json* before) {
    if (param.contains("absent")) return;
    if (param.contains("default")) {
      param["absent"] = param["default"];
      return;
    }
    const std::string_view why =
        before == nullptr
            ? "a parameter that is added to a study needs one: it is what trials from before had"
        : is_retired(&param)
            ? "a parameter that is retired needs one, or \"absent\": it is what runs have of it "
              "from now on"
            : "a parameter whose conditions change needs one: it is what trials had in which it "
              "was not active";
    report(path + "/default", fmt::format("missing: {}", why));
    param["absent"] = Json();
    // So that the parser does not say it again.
    if (member(param, "type") != nullptr && param["type"] != "categorical") param["absent"] = 0;
  }

  const StudySpec& spec_;
  const Json& before_;
  const Json& patch_;
  Json after_;
  std::set<std::string> unknown_;
  std::vector<Problem> problems_;
};

}  // namespace

std::shared_ptr<const StudySpec> edit_study_spec(const StudySpec& spec, const Json& patch) {
  return Edit(spec, patch).run();
}

}  // namespace studyhall
