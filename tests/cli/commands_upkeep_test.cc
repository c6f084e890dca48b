#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/cli_run.h"
#include "tests/cli/study_process.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;

class UpkeepCommand : public CliTest {};

TEST_F(UpkeepCommand, BacksUpAServedDatabase) {
  create();
  const ServerProcess server(database(), dir_.path());
  EXPECT_EQ(study({"ask", "demo"}).status, 0);
  const RunResult backup = study({"backup", path("copy.db").string()});
  EXPECT_EQ(backup.status, 0) << backup.err;
  EXPECT_THAT(backup.out, HasSubstr("1 studies, 1 trials"));
  EXPECT_EQ(study({"backup", path("copy.db").string()}).status, 1);
  EXPECT_EQ(run_plain({"show", "demo", "--db", path("copy.db").string(), "--json"})
                .json()["counts"]["running"],
            1);
  EXPECT_EQ(run_plain({"replay", "demo", "--db", path("copy.db").string()}).status, 0);
  EXPECT_EQ(run_plain({"backup", "x.db", "--server", server.url()}).status, 2);
}

TEST_F(UpkeepCommand, ChecksADatabase) {
  EXPECT_EQ(study({"check"}).status, 1);
  create();
  EXPECT_EQ(study({"ask", "demo"}).status, 0);
  EXPECT_THAT(study({"check"}).out, HasSubstr("is whole"));
  EXPECT_TRUE(study({"check", "--json"}).json()["problems"].empty());
  EXPECT_EQ(run_plain({"check", "--db", write_file("other.db", "nonsense").string()}).status, 1);
}

TEST_F(UpkeepCommand, MigratesADatabaseThatNobodyServes) {
  create();
  const Json done = study({"migrate", "--backup", path("before.db").string(), "--json"}).json();
  EXPECT_EQ(done["from"], done["to"]);
  EXPECT_TRUE(std::filesystem::exists(path("before.db")));
  const ServerProcess server(database(), dir_.path());
  const RunResult refused = study({"migrate"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("is served at " + server.url()));
}

TEST_F(UpkeepCommand, SaysThatThereIsNoAuditLog) {
  create();
  const RunResult none = study({"audit"});
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("--audit"));
}

TEST_F(UpkeepCommand, ServesHttpsToWhoTrustsIt) {
  const std::string cert = path("cert.pem");
  const std::string key = path("key.pem");
  const std::string make =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
      "/CN=x -addext subjectAltName=IP:127.0.0.1 -keyout '" +
      key + "' -out '" + cert + "' 2>/dev/null";
  ASSERT_EQ(std::system(make.c_str()), 0);
  ServerProcess server(database(), dir_.path(), {"--tls-cert", cert, "--tls-key", key});
  EXPECT_THAT(server.url(), HasSubstr("https://"));
  EXPECT_EQ(run_plain({"list", "--server", server.url()}).status, 4);
  EXPECT_EQ(run_plain({"list", "--server", server.url(), "--tls-ca", cert}).status, 0);
  env_.variables["STUDY_TLS_CA"] = cert;
  EXPECT_EQ(study({"create", "-"}, study_file("demo")).status, 0);
  EXPECT_EQ(run_plain({"serve", "--tls-cert", cert, "--port", "0"}).status, 2);
}

TEST_F(UpkeepCommand, LogsRequestsAsJson) {
  ServerProcess server(database(), dir_.path(), {"--log-format", "json", "--log-level", "debug"});
  EXPECT_EQ(run_plain({"list", "--server", server.url()}).status, 0);
  server.process().signal(SIGTERM);
  const std::string text = server.process().read_all();
  const std::size_t begin = text.find("{\"time\"");
  ASSERT_NE(begin, std::string::npos) << text;
  const Json line = Json::parse(text.substr(begin, text.find('\n', begin) - begin));
  EXPECT_EQ(line["level"], "debug");
  EXPECT_EQ(line["target"], "/api/v1/studies");
  EXPECT_EQ(line["status"], 200);
  EXPECT_FALSE(line["request_id"].get<std::string>().empty());
}

}  // namespace
}  // namespace studyhall::cli
