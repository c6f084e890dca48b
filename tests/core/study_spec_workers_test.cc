#include "core/study_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/study_files.h"

namespace studyhall {
namespace {

using ::testing::ElementsAre;
using testing::expect_refused;
using testing::full_study_file;
using testing::parse;
using testing::smallest_study_file;
using testing::with;

TEST(StudyFile, RefusesBadWorkers) {
  expect_refused(
      {
          {"/workers", "[]", "/workers", "an object of workers"},
          {"/workers", "{\"a/b\": {}}", "/workers/a~1b", "\"a/b\" is no name for a worker"},
          {"/workers/W1", "null", "/workers/W1", "found null"},
          {"/workers/W1", "{\"focs\": []}", "/workers/W1/focs", "is \"focus\""},
          {"/workers/W1", "{\"focus\": 3}", "/workers/W1/focus", "found 3"},
          {"/workers/W1", "{\"focus\": []}", "/workers/W1/focus", "at least one parameter"},
          {"/workers/W1", "{\"focus\": [\"refine_to\"]}", "/workers/W1/focus/0",
           "the nearest one is \"refine_top\""},
          {"/workers/W1", "{\"focus\": [\"size\", \"size\"]}", "/workers/W1/focus/1",
           "listed already"},
          {"/workers/W1", "{\"focus\": {\"refine_top\": {\"low\": 0}}}",
           "/workers/W1/focus/refine_top/low", "int in [1, 3], found 0"},
          {"/workers/W1", "{\"focus\": {\"refine_top\": {\"low\": 3, \"high\": 2}}}",
           "/workers/W1/focus/refine_top/high", "low 3 is above high 2"},
          {"/workers/W1", "{\"focus\": {\"fallback_fevals\": {\"low\": 15}}}",
           "/workers/W1/focus/fallback_fevals/low", "steps of 2, found 15"},
          {"/workers/W1", "{\"focus\": {\"refine_top\": {\"choices\": [1]}}}",
           "/workers/W1/focus/refine_top/choices", "unknown field"},
          {"/workers/W1", "{\"focus\": {\"size\": {\"choices\": []}}}",
           "/workers/W1/focus/size/choices", "at least one choice"},
          {"/workers/W1", "{\"focus\": {\"size\": {\"choices\": [\"xl\"]}}}",
           "/workers/W1/focus/size/choices/0", "found \"xl\""},
          {"/workers/W1", "{\"focus\": {\"size\": {\"choices\": [\"s\", \"s\"]}}}",
           "/workers/W1/focus/size/choices/1", "listed already"},
          {"/workers/W1", "{\"focus\": {\"size\": {\"low\": 1}}}", "/workers/W1/focus/size/low",
           "unknown field"},
          {"/workers/W1", "{\"fixed\": {\"refine_top\": 9}}", "/workers/W1/fixed/refine_top",
           "int in [1, 3], found 9"},
          {"/workers/W1", "{\"fixed\": {\"top\": 9}}", "/workers/W1/fixed/top",
           "no parameter is named \"top\""},
          {"/workers/W1", "{\"focus\": [\"refine_top\"], \"fixed\": {\"refine_top\": 2}}",
           "/workers/W1/fixed/refine_top", "cannot be fixed as well"},
          {"/workers/W1", "{\"fixed\": {\"fallback_fevals\": 24, \"fevals_1src\": 10}}",
           "/workers/W1/fixed", "meets \"require\""},
          {"/workers/W1", "{\"sampler\": \"kriging\"}", "/workers/W1/sampler", "found \"kriging\""},
          {"/workers/W1", "{\"sampler\": {\"name\": \"gp\", \"startup\": 0}}",
           "/workers/W1/sampler/startup", "found 0"},
      },
      full_study_file());
}

TEST(StudyFile, ResolvesSamplers) {
  const auto sampler_of = [](const std::string& sampler) {
    return dump_json(parse_study_spec(with("/sampler", parse(sampler)))->resolved["sampler"]);
  };
  const std::string tpe =
      R"({"name":"tpe","mode":"default","multivariate":true,"startup":10,"candidates":24,"version":1})";
  EXPECT_EQ(sampler_of(R"("auto")"), R"({"name":"auto","version":1})");
  EXPECT_EQ(sampler_of(R"({"name": "auto"})"), R"({"name":"auto","version":1})");
  EXPECT_EQ(sampler_of(R"("tpe")"), tpe);
  EXPECT_EQ(
      sampler_of(R"({"version": 1, "startup": 0, "name": "tpe"})"),
      R"({"name":"tpe","mode":"default","multivariate":true,"startup":0,"candidates":24,"version":1})");
  EXPECT_EQ(sampler_of(R"({"name": "tpe", "mode": "optuna5"})"),
            R"({"name":"tpe","mode":"optuna5","multivariate":true,"group":false,"startup":10,)"
            R"("candidates":24,"version":1})");
  EXPECT_EQ(sampler_of(R"("random")"), R"({"name":"random","version":1})");
  EXPECT_EQ(sampler_of(R"("qmc")"), R"({"name":"qmc","version":1})");
  EXPECT_EQ(sampler_of(R"("grid")"), R"({"name":"grid","points":5,"version":1})");
  EXPECT_EQ(sampler_of(R"({"name": "grid", "points": 9})"),
            R"({"name":"grid","points":9,"version":1})");
  EXPECT_EQ(sampler_of(R"({"name": "cmaes", "sigma": 0.25, "popsize": 9})"),
            R"({"name":"cmaes","sigma":0.25,"popsize":9,"restart":"ipop","covariance":"auto",)"
            R"("learning_rate":"fixed","version":1})");
  EXPECT_EQ(sampler_of(R"("gp")"), R"({"name":"gp","incumbent":"posterior","version":1})");
  EXPECT_EQ(parse_study_spec(with("/sampler", "cmaes"))->sampler.options["sigma"], 1.0 / 6);
}

TEST(StudyFile, RefusesBadSamplers) {
  expect_refused(
      {
          {"/sampler", "3", "/sampler", "found 3"},
          {"/sampler", "\"tpee\"", "/sampler", "found \"tpee\""},
          {"/sampler", "{}", "/sampler/name", "missing"},
          {"/sampler", "\"kriging\"", "/sampler", "\"gp\""},
          {"/sampler", "{\"name\": \"gp\", \"startup\": 0}", "/sampler/startup", "found 0"},
          {"/sampler", "{\"name\": \"gp\", \"incumbent\": \"best\"}", "/sampler/incumbent",
           "\"observed\""},
          {"/sampler",
           "{\"name\": \"cmaes\", \"covariance\": \"diagonal\", \"learning_rate\": \"adaptive\"}",
           "/sampler/learning_rate", "full covariance"},
          {"/sampler", "{\"name\": \"grid\", \"points\": 0}", "/sampler/points", "found 0"},
          {"/sampler", "{\"name\": \"qmc\", \"points\": 3}", "/sampler/points", "unknown field"},
          {"/sampler", "{\"name\": \"auto\", \"startup\": 3}", "/sampler/startup", "unknown field"},
          {"/sampler", "{\"name\": \"tpe\", \"starup\": 3}", "/sampler/starup", "is \"startup\""},
          {"/sampler", "{\"name\": \"tpe\", \"candidates\": 0}", "/sampler/candidates", "found 0"},
          {"/sampler", "{\"name\": \"tpe\", \"version\": 2}", "/sampler/version",
           "this build has version 1"},
          {"/sampler", "{\"name\": \"cmaes\", \"sigma\": 0}", "/sampler/sigma", "found 0"},
          {"/sampler", "{\"name\": \"tpe\", \"mode\": \"optuna\"}", "/sampler/mode",
           "found \"optuna\""},
          {"/sampler", "{\"name\": \"tpe\", \"group\": true}", "/sampler/group", "group"},
          {"/sampler", "{\"name\": \"cmaes\", \"popsize\": 3}", "/sampler/popsize", "found 3"},
          {"/sampler", "{\"name\": \"cmaes\", \"restart\": \"lots\"}", "/sampler/restart", "lots"},
          {"/sampler", "{\"name\": \"random\", \"sigma\": 1}", "/sampler/sigma", "unknown field"},
      },
      smallest_study_file());
}

TEST(WorkerSlice, FreesTheFocusAndHoldsTheRestAtThePin) {
  const auto spec = parse_study_spec(full_study_file());
  const Config pin = {0.3, 0.4, 0.1, 1, 4, 3, 16, 9, 40, 0};

  const Slice slice = worker_slice(*spec, spec->workers.at("W3"), pin);

  EXPECT_EQ(slice.key, "W3");
  ASSERT_EQ(slice.domains.size(), pin.size());
  for (std::size_t p = 0; p < pin.size(); ++p) {
    EXPECT_EQ(slice.domains[p].free, p == 7 || p == 8) << p;
    if (slice.domains[p].free) continue;
    EXPECT_EQ(slice.domains[p].held, pin[p]);
  }
  EXPECT_EQ(slice.domains[7].low, 10);
  EXPECT_EQ(slice.domains[7].high, 20);
  EXPECT_EQ(slice.domains[8].low, 32);
  EXPECT_EQ(slice.domains[8].high, 44);
}

TEST(WorkerSlice, HoldsFixedValuesWhateverThePin) {
  const auto spec = parse_study_spec(full_study_file());
  const Config pin = {0.3, 0.4, 0.1, 1, 4, 3, 16, 9, 40, 0};

  const Slice slice = worker_slice(*spec, spec->workers.at("W1"), pin);

  EXPECT_FALSE(slice.domains[5].free);
  EXPECT_EQ(slice.domains[5].held, 2);
  EXPECT_TRUE(slice.domains[0].free);
}

TEST(WorkerSlice, NarrowsChoices) {
  const auto spec = parse_study_spec(full_study_file());
  const Config pin = {0.3, 0.4, 0.1, 1, 4, 3, 16, 9, 40, 0};

  const Slice slice = worker_slice(*spec, spec->workers.at("W2"), pin);

  EXPECT_THAT(slice.domains[3].choices, ElementsAre(0, 3));
}

TEST(WorkerSlice, IsTheWholeSpaceWithoutFocus) {
  const auto spec = parse_study_spec(full_study_file());
  const Config pin = {0.3, 0.4, 0.1, 1, 4, 3, 16, 9, 40, 0};

  const Slice whole = worker_slice(*spec, WorkerSpec{"W9", {}, {}, {}}, pin);
  EXPECT_EQ(whole.key, "");
  for (const Domain& domain : whole.domains) EXPECT_TRUE(domain.free);

  const Slice fixed = worker_slice(*spec, WorkerSpec{"W9", {}, {}, {{4, 5}}}, pin);
  EXPECT_EQ(fixed.key, "W9");
  EXPECT_FALSE(fixed.domains[4].free);
  EXPECT_EQ(fixed.domains[4].held, 5);
  EXPECT_TRUE(fixed.domains[0].free);
}

TEST(WorkerRegion, HasTheRangesOfTheWorkerAndOfTheRestAll) {
  const auto spec = parse_study_spec(full_study_file());

  const WorkerRegion region = worker_region(*spec, spec->workers.at("W3"));

  EXPECT_THAT(region.moved, ElementsAre(7, 8));
  EXPECT_EQ(region.slice.domains[7].low, 10);
  EXPECT_EQ(region.slice.domains[7].high, 20);
  const Slice whole = whole_space(spec->space);
  for (const std::size_t p : {0, 1, 2, 4, 5, 6, 8}) {
    EXPECT_TRUE(region.slice.domains[p].free) << p;
    EXPECT_EQ(region.slice.domains[p].low, whole.domains[p].low) << p;
    EXPECT_EQ(region.slice.domains[p].high, whole.domains[p].high) << p;
  }
}

TEST(WorkerRegion, HoldsFixedValues) {
  const auto spec = parse_study_spec(full_study_file());

  const WorkerRegion focused = worker_region(*spec, spec->workers.at("W1"));
  EXPECT_FALSE(focused.slice.domains[5].free);
  EXPECT_EQ(focused.slice.domains[5].held, 2);
  EXPECT_THAT(focused.moved, ElementsAre(0, 1, 2));

  const WorkerRegion rest = worker_region(*spec, WorkerSpec{"W9", {}, {}, {{4, 5}}});
  EXPECT_THAT(rest.moved, ElementsAre(0, 1, 2, 3, 5, 6, 7, 8, 9));
  EXPECT_THAT(worker_region(*spec, {}).moved, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
}

}  // namespace
}  // namespace studyhall
