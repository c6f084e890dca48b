#include "worker_shim/account.h"

#include <gtest/gtest.h>

#include "tests/support/processes.h"
#include "tests/support/temp_dir.h"

namespace studyhall::worker_shim {
namespace {

using namespace std::chrono_literals;

TEST(Login, IsNamedWithoutItsSecret) {
  const Login key = login_of({{"ANTHROPIC_API_KEY", "sk-1234"}});
  EXPECT_TRUE(key.present);
  EXPECT_EQ(key.words, "API key (ANTHROPIC_API_KEY)");
  EXPECT_EQ(key.id.find("1234"), std::string::npos);
  EXPECT_NE(key.id, login_of({{"ANTHROPIC_API_KEY", "sk-5678"}}).id);
  EXPECT_EQ(key.id, login_of({{"ANTHROPIC_API_KEY", "sk-1234"}, {"PATH", "/bin"}}).id);
  EXPECT_EQ(login_of({{"CLAUDE_CODE_OAUTH_TOKEN", "t"}}).words,
            "subscription token (CLAUDE_CODE_OAUTH_TOKEN)");
}

TEST(Login, IsTheAccountOfALoginMadeInTheWorkersHome) {
  const testing::TempDir dir;
  EXPECT_FALSE(login_of({{"CLAUDE_CONFIG_DIR", dir.path().string()}}).present);
  std::vector<std::string> ids;
  for (const std::string home : {"a", "b", "c"}) {
    const auto config = dir.path() / home;
    std::filesystem::create_directory(config);
    testing::spit(config / ".credentials.json", "{}");
    testing::spit(config / ".claude.json", home == "c"
                                               ? R"({"oauthAccount": {"accountUuid": "two"}})"
                                               : R"({"oauthAccount": {"accountUuid": "one"}})");
    const Login login = login_of({{"CLAUDE_CONFIG_DIR", config.string()}});
    EXPECT_EQ(login.words, "login in " + config.string());
    ids.push_back(login.id);
  }
  EXPECT_EQ(ids[0], ids[1]) << "two homes of one account share its rate limit";
  EXPECT_NE(ids[0], ids[2]);
}

TEST(AccountNotice, IsWhatTheWorkersOfALoginTellEachOther) {
  const testing::TempDir dir;
  const Login login = login_of({{"ANTHROPIC_API_KEY", "sk-1234"}});
  const AccountNotice one(dir.path(), login);
  const AccountNotice two(dir.path(), login);
  const AccountNotice other(dir.path(), login_of({{"ANTHROPIC_API_KEY", "sk-5678"}}));
  const AccountNotice::Time now(1'700'000'000s);

  EXPECT_FALSE(two.paused_until());
  one.pause_until(now + 60s);
  two.pause_until(now + 30s);
  EXPECT_EQ(two.paused_until(), now + 60s) << "a pause is never shortened";
  EXPECT_FALSE(other.paused_until());

  one.refuse(now, "no credit");
  EXPECT_EQ(two.refused_after(now - 1s), "no credit");
  EXPECT_FALSE(two.refused_after(now)) << "who starts later may have mended it";
  EXPECT_EQ(two.paused_until(), now + 60s);
}

TEST(AccountNotice, CountsAsNothingSaidWhereItCannotBeRead) {
  const testing::TempDir dir;
  const Login login = login_of({{"ANTHROPIC_API_KEY", "sk-1234"}});
  testing::spit(dir.path() / (".account-" + login.id + ".json"), "not json");
  const AccountNotice notice(dir.path(), login);
  EXPECT_FALSE(notice.paused_until());
  EXPECT_FALSE(notice.refused_after({}));
  const AccountNotice nowhere(dir.path() / "absent", login);
  nowhere.pause_until(AccountNotice::Time(1s));
  EXPECT_FALSE(nowhere.paused_until());
}

}  // namespace
}  // namespace studyhall::worker_shim
