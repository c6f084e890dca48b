#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "tests/cli/cli_run.h"
#include "tests/cli/study_process.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TokenCommand : public CliTest {
 protected:
  // The token itself.
  std::string made(std::vector<std::string> args) {
    args.insert(args.begin(), {"token", "create"});
    const RunResult result = study(args);
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out.substr(0, result.out.find('\n'));
  }
};

TEST_F(TokenCommand, ShowsATokenOnceAndKeepsItsHash) {
  const std::string token = made({"ann", "--role", "admin"});
  EXPECT_TRUE(std::regex_match(token, std::regex("sh_[0-9a-f]{64}"))) << token;
  const RunResult list = study({"token", "list"});
  EXPECT_THAT(list.out, HasSubstr("ann"));
  EXPECT_THAT(list.out + study({"token", "list", "--json"}).out, Not(HasSubstr(token)));
  EXPECT_THAT(read_file(database()) + read_file(database().string() + "-wal"),
              Not(HasSubstr(token.substr(3))));
}

TEST_F(TokenCommand, RefusesWhatMakesNoSense) {
  const std::vector<std::vector<std::string>> wrong{
      {"create", "a"},
      {"create", "--role", "admin"},
      {"create", "a b", "--role", "admin"},
      {"create", "a", "--role", "king"},
      {"create", "a", "--role", "worker"},
      {"create", "a", "--role", "admin", "--study", "s"},
      {"create", "a", "--role", "read", "--worker", "W1"},
      {"create", "a", "--role", "worker", "--study", "s", "--allow", "delete"},
      {"create", "a", "--role", "read", "--expires", "2001-01-01"},
      {"create", "a", "--role", "read", "--expires", "soon"},
      {"create", "a", "--role", "read", "--expires", "0d"},
      {"revoke"},
      {"melt", "a"},
  };
  for (std::vector<std::string> args : wrong) {
    args.insert(args.begin(), "token");
    EXPECT_EQ(study(args).status, 2) << args.at(2);
  }
  EXPECT_EQ(run_plain({"token", "list", "--server", "http://127.0.0.1:1"}).status, 2);
  EXPECT_EQ(study({"token", "revoke", "a"}).status, 1);
  EXPECT_THAT(study({"token", "list"}).out, HasSubstr("No tokens."));
}

TEST_F(TokenCommand, RevokesAndNeverGivesANameAgain) {
  made({"a", "--role", "read", "--expires", "30d"});
  EXPECT_EQ(study({"token", "revoke", "a"}).status, 0);
  EXPECT_EQ(study({"token", "create", "a", "--role", "read"}).status, 1);
  const Json token = study({"token", "list", "--json"}).json()["tokens"][0];
  EXPECT_EQ(token["state"], "revoked");
  EXPECT_TRUE(token["expires"].is_string());
}

TEST_F(TokenCommand, AServerForOthersNeedsOne) {
  StudyProcess open({"serve", "--db", database().string(), "--host", "0.0.0.0", "--port", "0"},
                    dir_.path());
  EXPECT_THAT(open.read_all(), HasSubstr("study token create"));
  EXPECT_EQ(open.wait(), 2);

  StudyProcess insecure(
      {"serve", "--db", database().string(), "--host", "0.0.0.0", "--port", "0", "--insecure"},
      dir_.path());
  EXPECT_THAT(insecure.read_until("Ctrl-C"), HasSubstr("http://127.0.0.1"));
}

TEST_F(TokenCommand, OpensAServerToWhoHasOne) {
  const std::string admin = made({"root", "--role", "admin"});
  const std::string worker = made({"w1", "--role", "worker", "--study", "demo", "--worker", "W1"});
  ServerProcess server(database(), dir_.path(), {"--require-tokens"});
  const auto remote = [&](std::vector<std::string> args, const std::string& input = "") {
    args.insert(args.end(), {"--server", server.url()});
    return run_plain(args, input);
  };

  const RunResult without = remote({"list"});
  EXPECT_EQ(without.status, 1);
  EXPECT_THAT(without.err, HasSubstr("STUDY_TOKEN"));
  EXPECT_EQ(remote({"create", "-", "--token", admin}, study_file("demo")).status, 0);

  env_.variables["STUDY_TOKEN"] = worker;
  EXPECT_EQ(remote({"ask", "demo"}).status, 0);
  EXPECT_EQ(remote({"tell", "demo", "0", "1"}).status, 0);
  EXPECT_EQ(remote({"stop", "demo"}).status, 1);
  EXPECT_EQ(remote({"ask", "demo", "--worker", "W2"}).status, 1);
  EXPECT_EQ(remote({"show", "demo", "--json"}).json()["counts"]["complete"], 1);
  env_.variables.erase("STUDY_TOKEN");

  const auto file = write_file("token", admin + "\n");
  EXPECT_EQ(remote({"list", "--token-file", file.string()}).status, 0);
  EXPECT_EQ(remote({"list", "--token-file", path("none").string()}).status, 2);
  env_.variables["STUDY_TOKEN_FILE"] = file.string();
  EXPECT_EQ(remote({"list"}).status, 0);

  const Json trials = remote({"trials", "demo", "--json"}).json()["trials"];
  EXPECT_EQ(trials[0]["worker"], "W1");
  server.process().signal(SIGTERM);
  EXPECT_EQ(server.process().wait(), 0);
  const Json audit = study({"audit", "--json"}).json()["audit"];
  ASSERT_EQ(audit.size(), 5U) << audit;
  EXPECT_EQ(audit[0]["by"], "root");
  EXPECT_EQ(audit[1]["by"], "w1");
  EXPECT_EQ(audit[1]["path"], "/api/v1/studies/demo/ask");
  EXPECT_EQ(audit[3]["status"], 403);
  EXPECT_EQ(study({"audit", "--by", "w1", "--json"}).json()["audit"].size(), 4U);
}

TEST_F(TokenCommand, ARunningServerTakesNewTokensAndDropsRevokedOnes) {
  const std::string admin = made({"root", "--role", "admin"});
  ServerProcess server(database(), dir_.path(), {"--require-tokens"});
  const auto status_with = [&](const std::string& token) {
    return run_plain({"list", "--server", server.url(), "--token", token}).status;
  };
  const auto becomes = [&](const std::string& token, int status) {
    for (int i = 0; i < 1000 && status_with(token) != status; ++i) usleep(10'000);
    return status_with(token) == status;
  };
  const std::string reader = made({"reader", "--role", "read"});
  EXPECT_TRUE(becomes(reader, 0));
  EXPECT_EQ(study({"token", "revoke", "reader"}).status, 0);
  EXPECT_TRUE(becomes(reader, 1));
  EXPECT_EQ(status_with(admin), 0);
}

}  // namespace
}  // namespace studyhall::cli
