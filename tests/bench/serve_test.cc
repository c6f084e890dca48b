#include "bench/quality/serve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "bench/quality/problems.h"
#include "core/json.h"

namespace studyhall::bench {
namespace {

using ::testing::HasSubstr;

Json answer(const std::string& line) { return parse_json(serve_line(line), "answer"); }

TEST(Serve, DescribesProblemsAsStudyFilesDo) {
  const Json all = answer(R"({"verb": "problems"})")["problems"];
  EXPECT_EQ(all.size(), problems().size());
  const Json some = answer(R"({"verb": "problems", "regex": "^heat_runtime$"})")["problems"];
  ASSERT_EQ(some.size(), 1U);
  EXPECT_EQ(some[0]["params"]["fallback_sigma"]["log"], true);
  EXPECT_EQ(some[0]["require"][0], "fallback_fevals <= fevals_1src + 6");
  EXPECT_EQ(some[0]["constraints"][0]["metric"], "runtime_min");
  EXPECT_EQ(some[0]["workers"], 1);
}

TEST(Serve, EvaluatesWithTheRunnersNoiseAndDuration) {
  const std::string request =
      R"({"verb": "evaluate", "problem": "hartmann_6d_noise5", "seed": 3, "number": 8, "params":
          {"x0": 0.20169, "x1": 0.150011, "x2": 0.476874, "x3": 0.275332, "x4": 0.311652, "x5": 0.6573}})";
  const Json reply = answer(request);
  const TestProblem& problem = problem_named("hartmann_6d_noise5");
  EXPECT_NEAR(reply["value"].get<double>(), observed(problem, 3, 8, -3.32237), 1e-5);
  EXPECT_NEAR(reply["regret"].get<double>(), 0, 1e-5);
  EXPECT_EQ(reply["duration"].get<double>(), duration(problem, 3, 8));
  EXPECT_EQ(reply["feasible"], true);
  EXPECT_EQ(answer(request), reply);
}

TEST(Serve, SaysByHowMuchConstraintsAreBroken) {
  // g = 2 sin(pi / 2)^2 = 2 at (0, 1/4), 1.5 allowed.
  const Json reply = answer(
      R"({"verb": "evaluate", "problem": "gomez_levy", "seed": 0, "number": 0, "params": {"x": 0, "y": 0.25}})");
  EXPECT_EQ(reply["feasible"], false);
  EXPECT_NEAR(reply["violations"][0].get<double>(), 0.5, 1e-12);
}

TEST(Serve, RefusesWhatRequireForbidsAndNamesWhatIsWrong) {
  Json params = problem_named("heat").minimiser;
  params["fallback_fevals"] = 24;
  params["fevals_1src"] = 8;
  const Json request{
      {"verb", "evaluate"}, {"problem", "heat"}, {"seed", 0}, {"number", 0}, {"params", params}};
  EXPECT_EQ(answer(dump_json(request)), (Json{{"refused", true}}));
  EXPECT_THAT(
      serve_line(
          R"({"verb": "evaluate", "problem": "heet", "seed": 0, "number": 0, "params": {}})"),
      HasSubstr("did you mean heat"));
  EXPECT_THAT(
      serve_line(
          R"({"verb": "evaluate", "problem": "heat", "seed": 0, "number": 0, "params": {}})"),
      HasSubstr("expected a value for every active parameter"));
  EXPECT_THAT(serve_line("{"), HasSubstr("malformed"));
  EXPECT_THAT(serve_line(R"({"verb": "sing"})"), HasSubstr("expected problems, evaluate"));
}

TEST(Serve, AnswersLineByLine) {
  std::istringstream in("{\"verb\": \"study_seed\", \"problem\": \"heat\", \"seed\": 1}\n\n{}\n");
  std::ostringstream out;
  serve(in, out);
  EXPECT_EQ(out.str().substr(0, 8), "{\"seed\":");
  EXPECT_THAT(out.str(), HasSubstr("error"));
}

}  // namespace
}  // namespace studyhall::bench
