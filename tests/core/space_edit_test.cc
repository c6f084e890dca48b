#include "core/space_edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/study_edit.h"

namespace studyhall {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr const char* kFile = R"({"name": "s", "direction": "maximize", "seed": 1,
  "params": {
    "x": {"type": "float", "low": 0, "high": 1, "default": 0.5},
    "mode": {"type": "categorical", "choices": ["a", "b", "c"], "default": "a"},
    "depth": {"type": "int", "low": 1, "high": 9, "step": 2, "default": 3, "when": {"mode": ["b"]}}
  },
  "require": ["x <= 0.9"],
  "constraints": [{"metric": "minutes", "max": 60}],
  "workers": {"W1": {"focus": ["x"]}},
  "limits": {"trials": 10}})";

std::shared_ptr<const StudySpec> study() { return parse_study_spec(Json::parse(kFile)); }

std::shared_ptr<const StudySpec> edited(const StudySpec& spec, const char* patch) {
  return edit_study_spec(spec, Json::parse(patch));
}

// A complete trial that was handed out with `params` in `spec`.
Trial done(const StudySpec& spec, const char* params) {
  Trial trial;
  trial.number = 0;
  trial.state = TrialState::Complete;
  trial.config = spec.space.partial_from_json(Json::parse(params)).config;
  EXPECT_TRUE(spec.space.contains(trial.config)) << params;
  return trial;
}

Trial waiting(const StudySpec& spec, const char* params) {
  Trial trial;
  trial.state = TrialState::Waiting;
  trial.config = spec.space.partial_from_json(Json::parse(params)).config;
  return trial;
}

Trial refitted(const StudySpec& from, const StudySpec& to, Trial trial) {
  refit_trial(from, to, trial);
  return trial;
}

TEST(SpaceEdit, KeepsWhatFitsAndSaysWhatDoesNot) {
  const auto from = study();
  const auto to = edited(*from, R"({"params": {"x": {"high": 0.6}}})");

  const Trial inside = refitted(*from, *to, done(*from, R"({"x": 0.6, "mode": "a"})"));
  const Trial outside = refitted(*from, *to, done(*from, R"({"x": 0.7, "mode": "a"})"));

  EXPECT_EQ(inside.fit, Fit::Exact);
  EXPECT_TRUE(inside.ran.is_null());
  EXPECT_EQ(outside.fit, Fit::Outside);
  EXPECT_TRUE(std::isnan(outside.config[0]));
  EXPECT_EQ(params_of(to->space, outside), Json::parse(R"({"x": 0.7, "mode": "a"})"));
}

TEST(SpaceEdit, TakesATrialBackWhenTheRangeIsWidenedAgain) {
  const auto from = study();
  const auto narrow = edited(*from, R"({"params": {"x": {"high": 0.6}}})");
  const auto wide = edited(*narrow, R"({"params": {"x": {"high": 2}}})");
  const Trial trial = done(*from, R"({"x": 0.7, "mode": "b", "depth": 5})");

  const Trial back = refitted(*narrow, *wide, refitted(*from, *narrow, trial));

  EXPECT_EQ(back.fit, Fit::Exact);
  EXPECT_TRUE(back.ran.is_null());
  EXPECT_EQ(back.config, trial.config);
}

TEST(SpaceEdit, MatchesChoicesByWhatTheyStandFor) {
  const auto from = study();
  const auto to = edited(*from, R"({"params": {"mode": {"choices": ["new", "c", "a"]},
                                               "depth": {"when": {"mode": ["c"]}}}})");

  const Trial moved = refitted(*from, *to, done(*from, R"({"x": 0.5, "mode": "a"})"));
  const Trial gone = refitted(*from, *to, done(*from, R"({"x": 0.5, "mode": "b", "depth": 3})"));

  EXPECT_EQ(moved.fit, Fit::Exact);
  EXPECT_EQ(moved.config[1], 2);
  EXPECT_EQ(gone.fit, Fit::Outside);
  EXPECT_EQ(to->space.params()[1].to_external(1), "c");
}

TEST(SpaceEdit, GivesOlderTrialsTheDefaultOfANewParameter) {
  const auto from = study();
  const auto to =
      edited(*from, R"({"params": {"seeds": {"type": "int", "low": 1, "high": 8, "default": 2}}})");
  const auto later = edited(*to, R"({"params": {"seeds": {"default": 5}}})");
  const Trial old = done(*from, R"({"x": 0.5, "mode": "a"})");

  const Trial fitted = refitted(*from, *to, old);
  const Trial after = refitted(*to, *later, fitted);

  EXPECT_EQ(fitted.fit, Fit::Exact);
  EXPECT_EQ(fitted.config[3], 2);
  EXPECT_EQ(fitted.ran, Json::parse(R"({"x": 0.5, "mode": "a"})")) << "it ran without";
  EXPECT_EQ(after.config[3], 2) << "whatever the default is made later";
  EXPECT_EQ(config_hash(to->space, fitted.config),
            config_hash(to->space, done(*to, R"({"x": 0.5, "mode": "a", "seeds": 2})").config));
}

TEST(SpaceEdit, ARetiredParameterTellsThoseAsideThatHadAnotherValue) {
  const auto from = study();
  const auto to = edited(*from, R"({"params": {"depth": null}})");
  ASSERT_THAT(to->retired, SizeIs(1));
  EXPECT_EQ(to->space.size(), 2U);

  const Trial same = refitted(*from, *to, done(*from, R"({"x": 0.5, "mode": "b", "depth": 3})"));
  const Trial other = refitted(*from, *to, done(*from, R"({"x": 0.5, "mode": "b", "depth": 5})"));
  const Trial without = refitted(*from, *to, done(*from, R"({"x": 0.5, "mode": "a"})"));

  EXPECT_EQ(same.fit, Fit::Exact);
  EXPECT_EQ(other.fit, Fit::Near);
  EXPECT_EQ(other.config, same.config) << "samplers learn from it";
  EXPECT_EQ(params_of(to->space, other)["depth"], 5);
  EXPECT_EQ(without.fit, Fit::Exact);
  EXPECT_TRUE(without.ran.is_null());
}

TEST(SpaceEdit, AParameterThatComesBackFindsItsValues) {
  const auto from = study();
  const auto retired = edited(*from, R"({"params": {"x": null}, "require": null,
                                         "workers": {"W1": {"focus": ["mode"]}}})");
  const auto back = edited(*retired, R"({"params": {"x": {"retired": false}}})");
  const Trial old = done(*from, R"({"x": 0.25, "mode": "a"})");
  const Trial meanwhile = done(*retired, R"({"mode": "c"})");

  const Trial kept = refitted(*retired, *back, refitted(*from, *retired, old));
  const Trial filled = refitted(*retired, *back, meanwhile);

  EXPECT_EQ(kept.fit, Fit::Exact);
  EXPECT_EQ(back->space.to_json(kept.config), Json::parse(R"({"x": 0.25, "mode": "a"})"));
  EXPECT_EQ(filled.fit, Fit::Exact);
  EXPECT_EQ(back->space.to_json(filled.config), Json::parse(R"({"x": 0.5, "mode": "c"})"));
}

TEST(SpaceEdit, ChangedConditionsAddAndDropValues) {
  const auto from = study();
  const auto to = edited(*from, R"({"params": {"depth": {"when": {"mode": ["a"]}}}})");

  const Trial gains = refitted(*from, *to, done(*from, R"({"x": 0.5, "mode": "a"})"));
  const Trial loses = refitted(*from, *to, done(*from, R"({"x": 0.5, "mode": "b", "depth": 3})"));
  const Trial other = refitted(*from, *to, done(*from, R"({"x": 0.5, "mode": "b", "depth": 7})"));

  EXPECT_EQ(gains.fit, Fit::Exact);
  EXPECT_EQ(gains.config[2], 3);
  EXPECT_EQ(loses.fit, Fit::Exact) << "it had the default";
  EXPECT_EQ(other.fit, Fit::Near);
}

TEST(SpaceEdit, HoldsAWaitingTrialToTheNewSpace) {
  const auto from = study();
  const auto to = edited(*from, R"({"params": {"x": {"high": 0.6},
      "seeds": {"type": "int", "low": 1, "high": 8, "default": 2}}, "require": ["x <= 0.4"]})");

  const Trial part = refitted(*from, *to, waiting(*from, R"({"x": 0.3})"));
  Trial full = refitted(*from, *to, waiting(*from, R"({"x": 0.3, "mode": "a"})"));
  const Trial out = refitted(*from, *to, waiting(*from, R"({"x": 0.7})"));
  const Trial breaks = refitted(*from, *to, waiting(*from, R"({"x": 0.5})"));
  fill_absent(to->space, full);

  EXPECT_EQ(part.fit, Fit::Exact);
  EXPECT_TRUE(std::isnan(part.config[3])) << "the sampler chooses";
  EXPECT_EQ(full.config[3], 2);
  EXPECT_TRUE(to->space.contains(full.config));
  EXPECT_EQ(out.fit, Fit::Outside);
  EXPECT_EQ(params_of(to->space, out), Json::parse(R"({"x": 0.7})"));
  EXPECT_EQ(breaks.fit, Fit::Outside);
}

TEST(SpaceEdit, FindsATrialThatBreaksANewRequirementOutside) {
  const auto from = study();
  const auto to = edited(*from, R"({"require": ["x <= 0.4"]})");
  const Trial trial = done(*from, R"({"x": 0.5, "mode": "a"})");

  EXPECT_FALSE(is_outside(from->space, trial));
  EXPECT_TRUE(is_outside(to->space, refitted(*from, *to, trial)));
}

TEST(SpaceEdit, PassesOverNamesThatTheStudyNeverHad) {
  const auto spec = study();
  Trial trial;
  trial.state = TrialState::Complete;

  fit_trial(*spec, Json::parse(R"({"x": 0.5, "mode": "a", "colour": "red"})"), trial);

  EXPECT_EQ(trial.fit, Fit::Exact);
  EXPECT_TRUE(trial.ran.is_null());
}

// --- what a patch may say ---

struct Refused {
  ErrorCode code = ErrorCode::Internal;
  std::vector<std::string> paths;
  std::string message;
};

Refused refused(const StudySpec& spec, const char* patch) {
  try {
    static_cast<void>(edited(spec, patch));
  } catch (const Error& error) {
    Refused out{error.code(), {}, error.what()};
    for (const Json& problem : error.details()) out.paths.push_back(problem["path"]);
    return out;
  }
  ADD_FAILURE() << patch << " was taken";
  return {};
}

TEST(StudyEdit, RefusesWhatAStudyKeepsAndSaysWhatToDoInstead) {
  const Refused all = refused(*study(), R"({"name": "t", "direction": "minimize", "seed": 2,
                                            "params": {"x": {"type": "int"}}})");

  EXPECT_EQ(all.code, ErrorCode::Invalid);
  EXPECT_THAT(all.paths, UnorderedElementsAre("/name", "/direction", "/seed", "/params/x/type"));
  EXPECT_THAT(all.message, HasSubstr("create another study"));
  EXPECT_THAT(all.message, HasSubstr("add one with another name"));
  EXPECT_THAT(refused(*study(), R"({"limit": {}})").message, HasSubstr("limits"));
  EXPECT_NO_THROW(edited(*study(), R"({"name": "s", "direction": "maximize"})"));
}

TEST(StudyEdit, RefusesWhatContradictsAllAtOnce) {
  const Refused all = refused(*study(), R"({"params": {"x": null, "mode": {"choices": ["a", "c"]},
      "nwe": null, "y": {"type": "float", "low": 1, "high": 0}}, "limits": {"trials": 0}})");

  EXPECT_THAT(
      all.paths,
      UnorderedElementsAre("/require/0", "/workers/W1/focus/0", "/params/depth/when/mode/0",
                           "/params/nwe", "/params/y/default", "/params/y/high", "/limits/trials"));
  EXPECT_THAT(all.message, HasSubstr("\"x\" is retired"));
}

TEST(StudyEdit, WantsADefaultWhereOlderTrialsLackAValue) {
  const auto spec = edited(*study(), R"({"params": {"depth": {"default": null}}})");

  EXPECT_THAT(refused(*spec, R"({"params": {"y": {"type": "float", "low": 0, "high": 1}}})").paths,
              UnorderedElementsAre("/params/y/default"));
  EXPECT_THAT(refused(*spec, R"({"params": {"depth": null}})").paths,
              UnorderedElementsAre("/params/depth/default"));
  EXPECT_THAT(refused(*spec, R"({"params": {"depth": {"when": null}}})").paths,
              UnorderedElementsAre("/params/depth/default"));
  EXPECT_EQ(edited(*spec, R"({"params": {"depth": {"retired": true, "absent": 7}}})")
                ->resolved["params"]["depth"]["absent"],
            7);
}

TEST(StudyEdit, SetsWhatAnAbsentValueMeansOnce) {
  const auto spec = edited(*study(), R"({"params": {"depth": null}})");
  EXPECT_EQ(spec->resolved["params"]["depth"]["absent"], 3);

  EXPECT_THAT(refused(*spec, R"({"params": {"depth": {"retired": false, "absent": 5}}})").paths,
              UnorderedElementsAre("/params/depth/absent"));
  EXPECT_THAT(refused(*spec, R"({"params": {"depth": {"high": 11}}})").message,
              HasSubstr("\"retired\": false"));
  const auto back = edited(*spec, R"({"params": {"depth": {"retired": false, "default": 5}}})");
  EXPECT_EQ(back->resolved["params"]["depth"]["absent"], 3);
  EXPECT_FALSE(back->resolved["params"]["depth"].contains("retired"));
}

TEST(StudyEdit, IsReadBackEqual) {
  const auto spec = edited(*study(), R"({"params": {"depth": null,
      "y": {"type": "float", "low": 0, "high": 1, "default": 0.5}}})");

  const auto again = parse_study_spec(spec->resolved);

  EXPECT_EQ(again->resolved, spec->resolved);
  EXPECT_EQ(again->retired.at(0).name, "depth");
  EXPECT_EQ(again->space.params()[2].absent, Json(0.5));
}

TEST(StudyEdit, AnotherSamplerOrPrunerBringsNoOptionsOfTheOldOneAlong) {
  const auto before = edited(*study(), R"({
      "sampler": {"name": "tpe", "startup": 20, "candidates": 30},
      "pruner": {"name": "percentile", "percentile": 30},
      "workers": {"W1": {"sampler": {"name": "cmaes", "sigma": 0.3}}}})");

  const auto other = edited(*before, R"({
      "sampler": {"name": "random"}, "pruner": {"name": "median"},
      "workers": {"W1": {"sampler": {"name": "qmc"}}}})");
  EXPECT_EQ(other->sampler.name, "random");
  EXPECT_EQ(other->pruner.name, "median");
  EXPECT_EQ(other->workers.at("W1").sampler->name, "qmc");
  EXPECT_EQ(other->workers.at("W1").focus->at(0).free, true);

  const auto same = edited(*before, R"({"sampler": {"startup": 5},
      "workers": {"W1": {"sampler": {"name": "cmaes", "popsize": 9}}}})");
  EXPECT_EQ(same->sampler.options.at("startup"), 5);
  EXPECT_EQ(same->sampler.options.at("candidates"), 30);
  EXPECT_EQ(same->workers.at("W1").sampler->options.at("sigma"), 0.3);

  const auto usual = edited(*before, R"({"sampler": {"name": "auto"}})");
  EXPECT_EQ(usual->sampler.name, "auto");
}

TEST(StudyEdit, RefusesToRetireEveryParameter) {
  EXPECT_THAT(refused(*study(), R"({"params": {"x": null, "mode": null, "depth": null},
                                    "require": null, "workers": null})")
                  .paths,
              Contains("/params"));
}

}  // namespace
}  // namespace studyhall
