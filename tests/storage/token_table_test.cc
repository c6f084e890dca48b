#include "storage/token_table.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "storage/sqlite_storage.h"
#include "tests/storage/raw_database.h"
#include "tests/storage/study_builder.h"
#include "tests/support/temp_dir.h"

namespace studyhall::storage {
namespace {

class TokenTableTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return dir_.path() / "studies.db"; }
  static TokenRecord full(const std::string& name) {
    return {.name = name,
            .role = TokenRole::Worker,
            .study = "s",
            .worker = "W\"1",
            .allow = {"enqueue", "insight"},
            .hash = std::string(63, 'a') + name.back(),
            .created = at_second(1),
            .expires = at_second(2.5)};
  }

  studyhall::testing::TempDir dir_;
  std::unique_ptr<Storage> storage_ = open_sqlite_storage(file());
};

TEST_F(TokenTableTest, KeepsWhatItIsGiven) {
  EXPECT_TRUE(TokenTable(file()).list().empty());
  const TokenRecord plain{.name = "a", .hash = std::string(64, 'b'), .created = at_second(0)};
  TokenTable(file()).add(full("b"));
  TokenTable(file()).add(plain);
  EXPECT_EQ(TokenTable(file()).list(), (std::vector{plain, full("b")}));
}

TEST_F(TokenTableTest, GivesNoNameTwice) {
  TokenTable table(file());
  table.add(full("a"));
  table.revoke("a", at_second(3));
  EXPECT_THROW(table.add(full("a")), Error);
  EXPECT_EQ(table.list().size(), 1U);
}

TEST_F(TokenTableTest, RevokesOnce) {
  TokenTable table(file());
  EXPECT_THROW(table.revoke("a", at_second(3)), Error);
  table.add(full("a"));
  table.revoke("a", at_second(3));
  table.revoke("a", at_second(4));
  EXPECT_EQ(table.list().front().revoked, at_second(3));
  EXPECT_THROW(table.revoke("b", at_second(3)), Error);
}

TEST_F(TokenTableTest, SeesWhatOthersChange) {
  TokenTable reader(file());
  EXPECT_TRUE(reader.list_if_changed().has_value());
  EXPECT_FALSE(reader.list_if_changed().has_value());
  TokenTable(file()).add(full("a"));
  EXPECT_EQ(reader.list_if_changed()->size(), 1U);
  EXPECT_FALSE(reader.list_if_changed().has_value());
}

// The storage takes a new token for another program's write: it looks, and goes on.
TEST_F(TokenTableTest, LetsAStorageOnTheSameFileGoOn) {
  const auto spec = make_spec("s");
  const auto create = [&](const std::string& name) {
    const auto named = make_spec(name);
    return Change{.event = Event{1, at_second(0), "user", EventKind::Created, named->resolved},
                  .writes = {CreateStudy{make_record(named)}}};
  };
  EXPECT_EQ(storage_->commit(std::vector{create("one")}).outcome, CommitOutcome::Committed);
  TokenTable(file()).add(full("a"));
  EXPECT_EQ(storage_->commit(std::vector{create("two")}).outcome, CommitOutcome::Stale);
  EXPECT_TRUE(storage_->refresh());
  EXPECT_EQ(storage_->commit(std::vector{create("two")}).outcome, CommitOutcome::Committed);
  EXPECT_EQ(TokenTable(file()).list().size(), 1U);
}

TEST_F(TokenTableTest, NamesARoleThatIsNone) {
  TokenTable(file()).add(full("a"));
  RawDatabase(file()).run("UPDATE studyhall_tokens SET role = 'king'");
  EXPECT_THROW(static_cast<void>(TokenTable(file()).list()), Error);
}

}  // namespace
}  // namespace studyhall::storage
