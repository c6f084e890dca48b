#include "cli/app.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "tests/cli/cli_run.h"

namespace studyhall::cli {
namespace {

class App : public CliTest {};

const std::vector<std::string>& all_commands() {
  static const std::vector<std::string> kCommands{
      "serve",   "create",    "schema",  "list",      "show",   "ask",  "tell",
      "report",  "heartbeat", "release", "enqueue",   "trials", "best", "importance",
      "explain", "export",    "plot",    "work",      "status", "logs", "events",
      "stop",    "resume",    "delete",  "completion"};
  return kCommands;
}

TEST_F(App, EveryCommandExplainsItselfWithExamples) {
  const RunResult root = run_plain({"--help"});
  EXPECT_EQ(root.status, 0);
  for (const std::string& command : all_commands()) {
    EXPECT_NE(root.out.find("\n  " + command + " "), std::string::npos) << command;

    const RunResult help = run_plain({command, "--help"});
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_EQ(help.err, "");
    EXPECT_NE(help.out.find("Examples:\n"), std::string::npos) << command;
    EXPECT_NE(help.out.find("study " + command), std::string::npos) << command;
    for (const char* option : {"--server", "--db", "--json"})
      EXPECT_NE(help.out.find(option), std::string::npos) << command << " " << option;
  }
}

TEST_F(App, KnowsItsVersion) {
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"--version"}, {"list", "--version"}}) {
    const RunResult result = run_plain(args);
    EXPECT_EQ(result.status, 0);
    EXPECT_TRUE(result.out.starts_with("study ")) << result.out;
    EXPECT_NE(result.out.find('.'), std::string::npos);
  }
}

TEST_F(App, WithoutACommandItIsWrongUse) {
  const RunResult result = run_plain({});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("Usage"), std::string::npos);
}

TEST_F(App, NamesTheNearestCommand) {
  const RunResult result = run_plain({"crate", "x.jsonc"});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("did you mean create?"), std::string::npos) << result.err;
}

TEST_F(App, RefusesUnknownOptionsAndWordsTooMany) {
  EXPECT_EQ(study({"list", "--nonsense"}).status, 2);
  EXPECT_EQ(study({"list", "too", "many"}).status, 2);
  EXPECT_EQ(study({"show"}).status, 2);
  EXPECT_EQ(study({"best", "demo", "--top", "x"}).status, 2);
}

TEST_F(App, TakesGlobalOptionsBeforeAndAfterTheCommand) {
  create();
  const std::string db = database().string();
  EXPECT_EQ(run_plain({"--db", db, "--json", "show", "demo"}).json()["name"], "demo");
  EXPECT_EQ(run_plain({"show", "demo", "--json", "--db", db}).json()["name"], "demo");
  env_.variables["STUDY_DB"] = db;
  EXPECT_EQ(run_plain({"show", "demo", "--json"}).json()["name"], "demo");
}

TEST_F(App, ServerAndDatabaseExcludeEachOther) {
  EXPECT_EQ(run_plain({"list", "--db", "x.db", "--server", "http://127.0.0.1:1"}).status, 2);
}

TEST_F(App, SaysWhenTheServerCannotBeReached) {
  env_.variables["STUDY_SERVER"] = "http://127.0.0.1:1";
  const RunResult result = run_plain({"list", "--json"});
  EXPECT_EQ(result.status, 4);
  EXPECT_EQ(result.json()["error"]["code"], "unreachable");
  EXPECT_NE(result.err.find("http://127.0.0.1:1"), std::string::npos) << result.err;
}

TEST_F(App, ADatabaseNamedOnTheCommandLineGoesBeforeTheServerOfTheEnvironment) {
  env_.variables["STUDY_SERVER"] = "http://127.0.0.1:1";
  EXPECT_EQ(study({"list"}).status, 0);
}

TEST_F(App, AStudyMayHaveTheNameOfACommand) {
  create("list");
  EXPECT_EQ(study({"show", "list", "--json"}).json()["name"], "list");
}

TEST_F(App, PrintsErrorsAsJsonToo) {
  const RunResult result = study({"show", "nobody", "--json"});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.json()["error"]["code"], "not_found");
  EXPECT_TRUE(result.err.starts_with("study: ")) << result.err;
}

TEST_F(App, RefusesADatabaseThatIsNone) {
  write_file("text.db", std::string(5000, 'x'));
  std::filesystem::create_directory(path("folder.db"));
  for (const char* name : {"text.db", "folder.db"}) {
    const std::string db = path(name).string();
    for (const std::vector<std::string>& args :
         {std::vector<std::string>{"list", "--db", db}, {"create", "-", "--db", db}}) {
      const RunResult result = run_plain(args, study_file("demo"));
      EXPECT_EQ(result.status, 1) << name;
      EXPECT_NE(result.err.find(name), std::string::npos) << result.err;
    }
  }
  EXPECT_EQ(read_file(path("text.db")), std::string(5000, 'x'));
}

TEST_F(App, RefusesADatabaseOfAnotherSchemaVersionNamingBoth) {
  create();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(database().c_str(), &db), SQLITE_OK);
  EXPECT_EQ(
      sqlite3_exec(db, "UPDATE version_info SET schema_version = 11", nullptr, nullptr, nullptr),
      SQLITE_OK);
  sqlite3_close(db);

  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"list"}, {"ask", "demo"}, {"serve", "--port", "0"}}) {
    const RunResult result = study(args);
    EXPECT_EQ(result.status, 1) << args.front();
    EXPECT_NE(result.err.find("11"), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("12"), std::string::npos) << result.err;
  }
}

TEST_F(App, ReadingMakesNoDatabase) {
  EXPECT_EQ(study({"list"}).status, 0);
  const RunResult show = study({"show", "demo"});
  EXPECT_EQ(show.status, 1);
  EXPECT_NE(show.err.find("there is no database"), std::string::npos) << show.err;
  EXPECT_EQ(study({"ask", "demo"}).status, 1);
  EXPECT_FALSE(std::filesystem::exists(database()));
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
}

TEST_F(App, SaysThatTheFolderOfADatabaseIsMissing) {
  const RunResult result =
      run_plain({"create", "-", "--db", path("no/such.db").string()}, study_file("demo"));
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.err.find("there is no folder"), std::string::npos) << result.err;
}

// What a stream on a full disk does: it takes nothing.
class FullDisk : public std::streambuf {
  int overflow(int) override { return traits_type::eof(); }
};

TEST_F(App, SaysWhenTheOutputCannotBeWritten) {
  create();
  FullDisk disk;
  std::istringstream in;
  std::ostream out(&disk);
  std::ostringstream err;
  EXPECT_EQ(run({"show", "demo", "--db", database().string()}, in, out, err, env_), 1);
  EXPECT_NE(err.str().find("cannot be written"), std::string::npos);
}

}  // namespace
}  // namespace studyhall::cli
