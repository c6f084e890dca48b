#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/condition.h"
#include "core/error.h"
#include "tests/cli/cli_run.h"
#include "tests/cli/study_process.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;

TEST(Condition, ReadsFiguresAndComparisons) {
  StudyInfo info;
  info.best_value = 1.2;
  info.counts = {{"complete", 3}, {"pruned", 1}, {"running", 2}, {"failed", 0}, {"waiting", 0}};
  const auto is_so = [&](const std::string& text) { return holds(parse_condition(text), info); };

  EXPECT_FALSE(is_so("best>1.2"));
  EXPECT_TRUE(is_so("best >= 1.2"));
  EXPECT_TRUE(is_so("best<2"));
  EXPECT_TRUE(is_so("trials=4"));
  EXPECT_TRUE(is_so("running==2"));
  EXPECT_FALSE(is_so("failed>0"));
  EXPECT_TRUE(is_so("tasks<=0"));
  EXPECT_FALSE(is_so("finished"));
  info.best_value.reset();
  EXPECT_FALSE(is_so("best<2")) << "there is none yet";
  info.state = StudyState::Finished;
  EXPECT_FALSE(is_so("finished")) << "two still run";
  info.counts["running"] = 0;
  EXPECT_TRUE(is_so("finished"));
}

TEST(Condition, RefusesWhatIsNone) {
  for (const char* text : {"", "best", "worst>1", "best>x", "best!1", ">1"})
    EXPECT_THROW(parse_condition(text), Error) << text;
}

class WaitCommand : public CliTest {};

TEST_F(WaitCommand, AnswersByItsExitStatus) {
  create("demo", R"("limits": {"trials": 2},)");
  study({"ask", "demo"});
  study({"tell", "demo", "0", "1.5"});

  EXPECT_EQ(study({"wait", "demo", "--until", "best>1"}).status, 0);
  const RunResult late = study({"wait", "demo", "--until", "best>2", "--timeout", "0.05"});
  EXPECT_EQ(late.status, 1);
  EXPECT_THAT(late.err, HasSubstr("best>2 does not hold: timeout"));
  study({"ask", "demo"});
  study({"tell", "demo", "1", "1"});
  EXPECT_EQ(study({"wait", "demo"}).status, 0);
  const RunResult never = study({"wait", "demo", "--until", "best>2"});
  EXPECT_EQ(never.status, 3) << "it is over";
  EXPECT_EQ(study({"wait", "demo", "--until", "best>"}).status, 2);
  EXPECT_EQ(study({"wait", "none", "--timeout", "0"}).status, 1);
}

// The server says when something happens; nothing is polled.
TEST_F(WaitCommand, HearsFromTheServer) {
  create("demo", R"("limits": {"trials": 2},)");
  ServerProcess server(database(), dir_.path());
  StudyProcess waiting({"wait", "demo", "--until", "best>1", "--server", server.url()},
                       dir_.path());

  study({"ask", "demo"});
  study({"tell", "demo", "0", "1.5"});

  EXPECT_THAT(waiting.read_all(), HasSubstr("demo: best>1 (best 1.5)"));
  EXPECT_EQ(waiting.wait(), 0);
}

class CostsCommand : public CliTest {};

TEST_F(CostsCommand, SumsByWorkerDayAndModel) {
  create("demo", R"("limits": {"trials": 5, "cost_usd": 10},)");
  study({"ask", "demo", "--worker", "W1"});
  study({"tell", "demo", "0", "1", "--cost-usd", "2.5", "--turns", "10", "--tokens", "1000"});
  study({"ask", "demo", "--worker", "W2"});
  study({"tell", "demo", "1", "--state", "failed", "--reason", "infra", "--cause", "stall",
         "--cost-usd", "1.5"});
  const Json again = study({"ask", "demo", "--worker", "W2", "--json"}).json()["trials"][0];
  study({"ask", "demo", "--worker", "W3"});
  study({"tell", "demo", "1", "3", "--cost-usd", "4.5", "--turns", "5", "--lease",
         again["lease"]["token"].get<std::string>()});
  study({"tell", "demo", "2", "--state", "failed", "--reason", "config"});

  const Json json = study({"costs", "demo", "--json"}).json();
  EXPECT_DOUBLE_EQ(json["total"]["cost_usd"], 8.5);
  EXPECT_EQ(json["total"]["turns"], 15);
  EXPECT_DOUBLE_EQ(json["workers"]["W1"]["cost_usd"], 2.5);
  EXPECT_DOUBLE_EQ(json["workers"]["W2"]["cost_usd"], 6.0);
  EXPECT_EQ(json["workers"]["W2"]["done"], 1);
  EXPECT_EQ(json["workers"]["W2"]["sent_back"], 1);
  EXPECT_EQ(json["workers"]["W2"]["stalls"], 1);
  EXPECT_DOUBLE_EQ(json["workers"]["W2"]["failure_rate"], 0);
  EXPECT_DOUBLE_EQ(json["workers"]["W3"]["failure_rate"], 1);
  EXPECT_EQ(json["improvements"], 2);
  EXPECT_DOUBLE_EQ(json["per_improvement_usd"], 4.25);
  ASSERT_EQ(json["days"].size(), 1U);
  EXPECT_DOUBLE_EQ(json["days"].begin().value()["cost_usd"], 8.5);
  EXPECT_DOUBLE_EQ(json["models"][""]["cost_usd"], 8.5);

  const RunResult said = study({"costs", "demo"});
  EXPECT_THAT(said.out, HasSubstr("demo: 8.50 USD, 15 turns, 1000 tokens in 4 runs"));
  EXPECT_THAT(said.out, HasSubstr("warning: cost_usd: 8.5 of 10 (85 %)"));
  EXPECT_THAT(said.out, HasSubstr("worker"));
  for (const char* title : {"failed", "per h", "stalled", "limited"})
    EXPECT_THAT(said.out, HasSubstr(title)) << "of 80 columns";
}

}  // namespace
}  // namespace studyhall::cli
