#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>

#include "cli/compose.h"
#include "cli/spawn.h"
#include "tests/cli/cli_run.h"
#include "tests/cli/study_process.h"

namespace studyhall::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Yaml, QuotesEveryTextAndNestsByIndentation) {
  const Json value =
      Json::parse(R"({"a": {"list": ["yes", "1"], "rows": [{"x": 1, "y": ["z"]}, {"x": 2}]},
      "none": null, "empty": {}, "odd key": true})");

  EXPECT_EQ(to_yaml(value),
            "a:\n"
            "  list:\n"
            "    - \"yes\"\n"
            "    - \"1\"\n"
            "  rows:\n"
            "    - x: 1\n"
            "      y:\n"
            "        - \"z\"\n"
            "    - x: 2\n"
            "none:\n"
            "empty: {}\n"
            "\"odd key\": true\n");
}

TEST(Compose, HasServicesOfRolesAndOneThatDoesResearch) {
  ContainerPlan plan;
  plan.study = "heat";
  plan.image = "img";
  plan.database = "/srv/studies.db";
  plan.workers = {{.name = "W1"},
                  {.name = "orchestrator", .role = "orchestrator", .research_every = "15m"},
                  {.name = "docs-1", .role = "docs"},
                  {.name = "server", .role = "server"}};
  const Json file = compose_file(plan);
  EXPECT_FALSE(file["services"].contains("worker2"));
  EXPECT_EQ(file["services"]["server"]["command"][1], "serve");
  EXPECT_THAT(file["services"]["role-server"]["command"].dump(), HasSubstr(R"("--role","server")"));
  EXPECT_THAT(file["services"]["docs-1"]["command"].dump(),
              HasSubstr(R"("--worker","docs-1","--runs","/runs","--role","docs")"));
  const std::string command = file["services"]["orchestrator"]["command"].dump();
  EXPECT_THAT(command, HasSubstr(R"("--role","orchestrator","--every","15m")"));
}

TEST(Compose, GivesEachWorkerItsProcessorsMemoryAndVolumes) {
  ContainerPlan plan;
  plan.study = "heat";
  plan.image = "img";
  plan.database = "/srv/studies.db";
  plan.token_file = "/srv/heat.token";
  plan.experiment = "/srv/$exp";
  plan.workers = {{.name = "W1", .cpus = {0, 1, 2}, .memory_gb = 1.5}, {.name = "W2"}};
  plan.gpus = "1";

  const Json file = compose_file(plan);

  const Json& worker = file["services"]["worker1"];
  EXPECT_EQ(worker["cpuset"], "0-2");
  EXPECT_EQ(worker["mem_limit"], "1536m");
  EXPECT_EQ(worker["environment"]["STUDY_SERVER"], "http://server:8642");
  EXPECT_EQ(worker["volumes"][1]["source"], "login-W1");
  EXPECT_EQ(worker["volumes"][1]["target"], "/runs/heat/.home-W1");
  EXPECT_EQ(worker["volumes"][2]["source"], "/srv/$$exp") << "compose would read $exp";
  EXPECT_EQ(worker["deploy"]["resources"]["reservations"]["devices"][0]["count"], 1);
  EXPECT_EQ(worker["depends_on"]["server"]["condition"], "service_healthy");
  EXPECT_FALSE(file["services"]["worker2"].contains("cpuset"));
  EXPECT_TRUE(file["volumes"].contains("login-W2"));
  plan.server_url = "http://head:8642";
  EXPECT_FALSE(compose_file(plan)["services"].contains("server"));
}

TEST(Kubernetes, HasAJobAndAVolumeForEachWorker) {
  ContainerPlan plan;
  plan.study = "Heat_1";
  plan.image = "img";
  plan.server_url = "http://head:8642";
  plan.workers = {{.name = "W1", .cpus = {0, 1}, .memory_gb = 2}, {.name = "w1"}};

  const std::vector<Json> manifests = kubernetes_manifests(plan, "hush");

  std::vector<std::string> kinds;
  std::set<std::string> names;
  for (const Json& manifest : manifests) {
    kinds.push_back(manifest["kind"]);
    names.insert(manifest["kind"].get<std::string>() +
                 manifest["metadata"]["name"].get<std::string>());
  }
  EXPECT_THAT(
      kinds, ElementsAre("Secret", "PersistentVolumeClaim", "Job", "PersistentVolumeClaim", "Job"));
  EXPECT_EQ(names.size(), 5U) << "W1 and w1 stay apart";
  const Json& container = manifests[2]["spec"]["template"]["spec"]["containers"][0];
  EXPECT_EQ(container["resources"]["limits"]["cpu"], "2");
  EXPECT_EQ(container["resources"]["limits"]["memory"], "2048Mi");
  EXPECT_THAT(container["command"].get<std::vector<std::string>>(),
              ElementsAre("study", "work", "Heat_1", "--worker", "W1", "--runs", "/runs"));
}

class ComposeCommand : public CliTest {
 protected:
  void SetUp() override {
    const auto file = write_file("experiment/study.jsonc", R"({
        "name": "demo", "direction": "maximize", "seed": 3, "sampler": {"name": "random"},
        "params": {"x": {"type": "int", "low": 0, "high": 63}},
        "experiment": {"command": ["true"]}})");
    ASSERT_EQ(study({"create", file.string()}).status, 0);
  }
};

TEST_F(ComposeCommand, MakesATokenThatTheServerTakes) {
  const RunResult made = study({"compose", "demo", "--workers", "2", "--memory-gb", "1", "-o",
                                path("compose.yaml").string()});

  ASSERT_EQ(made.status, 0) << made.err;
  const std::string text = read_file(path("compose.yaml"));
  EXPECT_THAT(text, HasSubstr("worker2:"));
  EXPECT_THAT(text, HasSubstr("mem_limit: \"1024m\""));
  const std::string token = read_file(path("demo.token"));
  EXPECT_THAT(text, Not(HasSubstr(token.substr(0, 12))));
  struct stat found {};
  ASSERT_EQ(::stat(path("demo.token").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  ServerProcess server(database(), dir_.path(), {"--require-tokens"});
  EXPECT_EQ(run_plain({"show", "demo", "--server", server.url()}).status, 1);
  EXPECT_EQ(run_plain({"show", "demo", "--server", server.url(), "--token-file",
                       path("demo.token").string()})
                .status,
            0);
  EXPECT_EQ(run_plain({"ask", "demo", "--worker", "W1", "--server", server.url(), "--token-file",
                       path("demo.token").string()})
                .status,
            0);
}

// An independent reader: the client can read a file without an engine.
TEST_F(ComposeCommand, ComposeTakesTheFile) {
  const auto compose = program_on_path("docker-compose");
  if (!compose) GTEST_SKIP() << "there is no docker-compose";
  study(
      {"compose", "demo", "--workers", "3", "--gpus", "all", "-o", path("compose.yaml").string()});

  const ProgramAnswer answer = run_to_end(
      *compose, {"docker-compose", "-f", path("compose.yaml").string(), "config", "--services"});

  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("worker3"));
}

TEST_F(ComposeCommand, KubernetesNeedsAServerThatPodsReach) {
  EXPECT_EQ(study({"compose", "demo", "--kubernetes"}).status, 2);
  ServerProcess server(database(), dir_.path());
  const RunResult made =
      run_plain({"compose", "demo", "--kubernetes", "--workers", "2", "--server", server.url()});
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("kind: \"Job\""));
  EXPECT_THAT(made.out, HasSubstr("value: \"" + server.url() + "\""));
}

}  // namespace
}  // namespace studyhall::cli
