#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "tests/cli/cli_run.h"
#include "tests/cli/study_process.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;

class ServeCommand : public CliTest {};

TEST_F(ServeCommand, ServesUntilItIsTold) {
  ServerProcess server(database(), dir_.path());
  const RunResult created =
      run_plain({"create", "-", "--server", server.url()}, study_file("demo"));
  EXPECT_EQ(created.status, 0) << created.err;
  EXPECT_EQ(run_plain({"ask", "demo", "--server", server.url()}).status, 0);
  EXPECT_EQ(run_plain({"tell", "demo", "0", "-1.5", "--server", server.url()}).status, 0);
  EXPECT_EQ(run_plain({"tell", "demo", "0", "-2", "--server", server.url()}).status, 1);
  EXPECT_EQ(run_plain({"show", "nobody", "--server", server.url()}).status, 1);
  const RunResult csv = run_plain({"export", "demo", "--server", server.url()});

  server.process().signal(SIGINT);
  EXPECT_EQ(server.process().wait(), 0);
  EXPECT_THAT(server.process().read_all(), HasSubstr("Ended."));

  EXPECT_EQ(study({"export", "demo"}).out, csv.out);
  EXPECT_EQ(run_plain({"list", "--server", server.url()}).status, 4);
}

TEST_F(ServeCommand, IsUsedByCommandsOnItsDatabase) {
  ServerProcess server(database(), dir_.path());
  const RunResult created = study({"create", "-"}, study_file("demo"));
  EXPECT_EQ(created.status, 0) << created.err;
  EXPECT_THAT(created.out, HasSubstr(server.url()));
  EXPECT_EQ(study({"ask", "demo"}).status, 0);
  EXPECT_EQ(study({"show", "demo", "--json"}).json()["counts"]["running"], 1);
}

TEST_F(ServeCommand, SaysThatAPortIsInUse) {
  ServerProcess first(database(), dir_.path());
  const std::string port = first.url().substr(first.url().rfind(':') + 1);

  StudyProcess second({"serve", "--db", path("other.db").string(), "--port", port}, dir_.path());
  const std::string said = second.read_all();
  EXPECT_EQ(second.wait(), 1);
  EXPECT_THAT(said, HasSubstr(port));
}

TEST_F(ServeCommand, SaysThatTheDatabaseIsServedAlready) {
  ServerProcess first(database(), dir_.path());
  StudyProcess second({"serve", "--db", database().string(), "--port", "0"}, dir_.path());
  EXPECT_THAT(second.read_all(), HasSubstr("is served already, at " + first.url()));
  EXPECT_EQ(second.wait(), 1);
}

TEST_F(ServeCommand, RefusesWhatItCannotServe) {
  write_file("text.db", std::string(5000, 'x'));
  EXPECT_EQ(run_plain({"serve", "--db", path("text.db").string(), "--port", "0"}).status, 1);
  EXPECT_EQ(run_plain({"serve", "--db", dir_.path().string(), "--port", "0"}).status, 1);
  EXPECT_EQ(study({"serve", "--port", "70000"}).status, 2);
  EXPECT_EQ(run_plain({"serve", "--server", "http://127.0.0.1:1"}).status, 2);
}

TEST_F(ServeCommand, AKilledServerLosesNothingThatWasAnswered) {
  {
    ServerProcess server(database(), dir_.path());
    study({"create", "-"}, study_file("demo"));
    study({"ask", "demo", "--count", "3"});
    ASSERT_EQ(study({"tell", "demo", "1", "0.5"}).status, 0);
    server.process().signal(SIGKILL);
    server.process().wait();
  }
  const Json trials = study({"trials", "demo", "--json"}).json()["trials"];
  ASSERT_EQ(trials.size(), 3U);
  EXPECT_EQ(trials[1]["value"], 0.5);
  ServerProcess again(database(), dir_.path());
  EXPECT_EQ(study({"tell", "demo", "0", "1.5"}).status, 0);
}

// Programs without a server, several at once: each ask and each tell is a process of its own.
TEST_F(ServeCommand, ManyProcessesShareOneFileWithoutAServer) {
  const RunResult made = study({"create", "-"}, R"({"name": "demo", "direction": "maximize",
      "seed": 3, "sampler": {"name": "random"},
      "params": {"x": {"type": "int", "low": 0, "high": 39}}})");
  ASSERT_EQ(made.status, 0) << made.err;
  constexpr int kWorkers = 5;
  constexpr int kRounds = 6;
  const std::string db = database().string();
  std::vector<std::thread> workers;
  std::atomic<int> failures{0};
  for (int w = 0; w < kWorkers; ++w)
    workers.emplace_back([&, w] {
      for (int i = 0; i < kRounds; ++i) {
        StudyProcess ask({"ask", "demo", "--json", "--db", db, "--worker", "W" + std::to_string(w)},
                         dir_.path());
        const Json answer = Json::parse(ask.read_all(), nullptr, false);
        if (ask.wait() != 0 || !answer.contains("trials")) {
          ++failures;
          continue;
        }
        const Json& trial = answer["trials"][0];
        StudyProcess tell({"tell", "demo", dump_json(trial["number"]),
                           dump_json(trial["params"]["x"]), "--db", db},
                          dir_.path());
        if (tell.wait() != 0) ++failures;
      }
    });
  for (std::thread& worker : workers) worker.join();

  EXPECT_EQ(failures, 0);
  const Json trials = study({"trials", "demo", "--json"}).json()["trials"];
  ASSERT_EQ(trials.size(), static_cast<std::size_t>(kWorkers * kRounds));
  std::set<int> configurations;
  for (std::size_t n = 0; n < trials.size(); ++n) {
    EXPECT_EQ(trials[n]["number"], n);
    EXPECT_EQ(trials[n]["value"], trials[n]["params"]["x"]);
    configurations.insert(trials[n]["params"]["x"].get<int>());
  }
  EXPECT_EQ(configurations.size(), trials.size());
}

}  // namespace
}  // namespace studyhall::cli
