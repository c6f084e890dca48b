#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/cli_run.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;

class PeopleCommands : public CliTest {
 protected:
  void SetUp() override { create("demo", R"("limits": {"trials": 3, "cost_usd": 40},)"); }
  Json trial(const std::string& number) { return study({"show", "demo", number, "--json"}).json(); }
  Json last_event() { return study({"events", "demo", "--json"}).json()["events"].back(); }
};

TEST_F(PeopleCommands, VoidsATrial) {
  study({"ask", "demo"});
  study({"tell", "demo", "0", "4"});
  env_.variables["USER"] = "ann";

  const RunResult result = study({"void", "demo", "0", "--reason", "overloaded"});

  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Trial 0 is void"));
  EXPECT_EQ(trial("0")["state"], "failed");
  EXPECT_EQ(trial("0")["reason"], "voided");
  EXPECT_EQ(trial("0")["value"], 4);
  EXPECT_EQ(last_event()["kind"], "voided");
  EXPECT_EQ(last_event()["author"], "ann");
  EXPECT_EQ(study({"void", "demo", "7"}).status, 1);
  EXPECT_EQ(study({"tell", "demo", "0", "--reason", "voided"}).status, 2);
}

TEST_F(PeopleCommands, ParksATrialUntilAHeartbeat) {
  study({"ask", "demo", "--worker", "W1"});

  const RunResult parked = study({"park", "demo", "0", "--for-s", "1800", "--reason", "limit"});

  EXPECT_EQ(parked.status, 0) << parked.err;
  EXPECT_THAT(parked.out, HasSubstr("Trial 0 is parked"));
  EXPECT_TRUE(trial("0").contains("parked_until"));
  EXPECT_THAT(study({"status", "demo"}).out, HasSubstr("parked until"));
  EXPECT_THAT(study({"trials", "demo"}).out, HasSubstr("running (parked)"));
  EXPECT_TRUE(study({"status", "demo", "--json"}).json()["workers"][0].contains("parked_until"));
  EXPECT_EQ(study({"heartbeat", "demo", "0"}).status, 0);
  EXPECT_FALSE(trial("0").contains("parked_until"));
  EXPECT_EQ(study({"park", "demo", "0"}).status, 2);
  EXPECT_EQ(study({"park", "demo", "0", "--until", "tomorrow"}).status, 2);
  EXPECT_EQ(study({"park", "demo", "0", "--until", "2026-03-01T12:00:00Z"}).status, 2)
      << "it is past";
}

TEST_F(PeopleCommands, ShowsAndReleasesWorkers) {
  EXPECT_THAT(study({"workers", "demo"}).out, HasSubstr("No worker has asked yet"));
  for (int attempt = 0; attempt < 3; ++attempt) {
    const Json asked = study({"ask", "demo", "--worker", "W1", "--json"}).json()["trials"][0];
    study({"tell", "demo", "0", "--reason", "infra", "--cause", "stall", "--lease",
           asked["lease"]["token"]});
  }

  const RunResult held_back = study({"ask", "demo", "--worker", "W1"});
  EXPECT_EQ(held_back.status, 0);
  EXPECT_THAT(held_back.out, HasSubstr("worker W1 is quarantined"));
  EXPECT_THAT(study({"workers", "demo"}).out, HasSubstr("W1"));
  const Json shown = study({"workers", "demo", "--json"}).json()["workers"][0];
  EXPECT_EQ(shown["failures"], 3);
  EXPECT_TRUE(shown["quarantined_until"].is_string());
  EXPECT_THAT(study({"status", "demo"}).out, HasSubstr("W1 is quarantined until"));
  EXPECT_EQ(study({"status", "demo", "--json"}).json()["quarantined"][0], shown);
  EXPECT_EQ(study({"workers", "demo", "--release", "W9"}).status, 1);
  EXPECT_EQ(study({"workers", "demo", "--release", "W1", "--author", "ann"}).status, 0);
  EXPECT_EQ(last_event()["author"], "ann");
  EXPECT_THAT(study({"ask", "demo", "--worker", "W1"}).out, HasSubstr("trial 1"));
  EXPECT_EQ(study({"tell", "demo", "1", "--cause", "stall"}).status, 2);
}

TEST_F(PeopleCommands, KeepsInsights) {
  const RunResult added = study({"insight", "add", "demo", "x", "above", "9", "crashes"});
  EXPECT_EQ(added.status, 0) << added.err;
  EXPECT_THAT(added.out, HasSubstr("Insight 1"));
  study({"insight", "add", "demo", "kind hardly matters", "--author", "bob"});

  EXPECT_THAT(study({"insight", "list", "demo"}).out, HasSubstr("  1  x above 9 crashes"));
  EXPECT_EQ(study({"ask", "demo", "--json"}).json()["trials"][0]["insights"].size(), 2U);
  EXPECT_EQ(study({"insight", "retire", "demo", "1"}).status, 0);
  const Json shown = study({"insight", "list", "demo", "--json"}).json()["insights"];
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0]["author"], "bob");
  EXPECT_EQ(study({"insight", "list", "demo", "--all", "--json"}).json()["insights"].size(), 2U);
  EXPECT_EQ(study({"insight", "retire", "demo", "5"}).status, 1);
  EXPECT_EQ(study({"insight", "add", "demo"}).status, 2);
  EXPECT_EQ(study({"insight", "burn", "demo"}).status, 2);
}

TEST_F(PeopleCommands, EditsAStudy) {
  const RunResult result =
      study({"edit", "demo", "limits.trials=5", "target=9.5", "workers.W1.focus=[\"x\"]",
             "sampler=qmc", "limits.cost_usd=null"});

  EXPECT_EQ(result.status, 0) << result.err;
  const Json spec = study({"show", "demo", "--json"}).json()["spec"];
  EXPECT_EQ(spec["limits"]["trials"], 5);
  EXPECT_FALSE(spec["limits"].contains("cost_usd"));
  EXPECT_EQ(spec["target"], 9.5);
  EXPECT_EQ(spec["workers"]["W1"]["focus"], Json::parse(R"(["x"])"));
  EXPECT_EQ(spec["sampler"]["name"], "qmc");
  EXPECT_EQ(study({"ask", "demo", "--json"}).json()["trials"][0]["sampler"], "qmc");
  EXPECT_EQ(study({"edit", "demo", "limits.trials=0"}).status, 2);
  EXPECT_EQ(study({"edit", "demo", "direction=minimize"}).status, 2);
  EXPECT_EQ(study({"edit", "demo", "limits"}).status, 2);
}

TEST_F(PeopleCommands, EnqueueTakesTagsAndDependencies) {
  study({"enqueue", "demo", "x=1", "kind=a", "--title", "corner"});
  study({"enqueue", "demo", "x=2", "kind=a", "--after", "0", "--tag", "gpu", "--tag", "big"});
  EXPECT_EQ(trial("1")["after"], Json::parse("[0]"));
  EXPECT_EQ(trial("1")["tags"], Json::parse(R"(["big", "gpu"])"));

  EXPECT_THAT(study({"ask", "demo"}).out, HasSubstr("corner"));
  study({"tell", "demo", "0", "1"});

  EXPECT_EQ(study({"ask", "demo", "--json"}).json()["trials"][0]["number"], 2);
  EXPECT_EQ(study({"ask", "demo", "--accepts", "gpu", "--accepts", "big", "--json"})
                .json()["trials"][0]["number"],
            1);
}

TEST_F(PeopleCommands, StatusShowsTheBudget) {
  study({"ask", "demo", "--worker", "W1"});

  EXPECT_THAT(study({"status", "demo"}).out, HasSubstr("cost_usd 0.00 of 40"));
  EXPECT_THAT(study({"show", "demo"}).out, HasSubstr("cost_usd 0 of 40"));
  const Json budget = study({"status", "demo", "--json"}).json()["study"]["budget"];
  study({"tell", "demo", "0", "1", "--cost-usd", "12.5", "--turns", "3", "--tokens", "4000"});
  EXPECT_THAT(study({"status", "demo"}).out, HasSubstr("cost_usd 12.50 of 40"));
  EXPECT_EQ(trial("0")["usage"], Json::parse(R"({"cost_usd": 12.5, "turns": 3, "tokens": 4000})"));
  EXPECT_EQ(study({"tell", "demo", "0", "1", "--cost-usd", "-1"}).status, 2);
  EXPECT_EQ(budget[0], Json::parse(R"({"limit": "trials", "used": 0, "reserved": 1, "of": 3,
                                       "left": 2})"));
}

}  // namespace
}  // namespace studyhall::cli
