#include "storage/artifact_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "core/error.h"
#include "core/hash.h"
#include "storage/connection.h"
#include "tests/support/temp_dir.h"

namespace studyhall::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ArtifactStoreTest : public ::testing::Test {
 protected:
  static ArtifactOwner owner(std::int64_t created = 1) {
    return {.study = "s",
            .created = Timestamp(std::chrono::microseconds(created)),
            .work = {.is_task = false, .number = 3}};
  }
  static Artifact named(const std::string& name, const std::string& bytes) {
    return {.name = name,
            .type = "text/plain",
            .sha256 = sha256_hex(bytes),
            .created = Timestamp(std::chrono::seconds(5)),
            .bytes = bytes.size()};
  }

  studyhall::testing::TempDir dir_;
  std::filesystem::path file_ = dir_.path() / "a.artifacts.db";
  ArtifactStore store_{file_};
};

TEST_F(ArtifactStoreTest, MakesItsFileWhenThereIsSomethingToKeep) {
  EXPECT_FALSE(store_.find(owner(), "x"));
  EXPECT_FALSE(store_.remove(owner(), "x"));
  EXPECT_FALSE(std::filesystem::exists(file_));

  store_.put(owner(), named("x", "bytes"), "bytes");

  EXPECT_EQ(ArtifactStore(file_).find(owner(), "x"), "bytes");
}

TEST_F(ArtifactStoreTest, KnowsStudiesOfOneNameApart) {
  store_.put(owner(1), named("x", "bytes"), "bytes");
  EXPECT_FALSE(store_.find(owner(2), "x"));
  store_.remove_study("s");
  EXPECT_FALSE(store_.find(owner(1), "x"));
}

// The table that there was before artifacts of tasks.
TEST_F(ArtifactStoreTest, TakesAFileOfBeforeTasks) {
  store_.put(owner(), named("x", "bytes"), "bytes");
  SQLite::Database(file_.string(), SQLite::OPEN_READWRITE).exec("DROP TABLE task_artifacts");

  ArtifactStore later(file_);
  const ArtifactOwner task{.study = "s", .created = owner().created, .work = {true, 3}};
  EXPECT_EQ(later.find(owner(), "x"), "bytes");
  EXPECT_FALSE(later.find(task, "x"));
  later.put(task, named("x", "page"), "page");
  EXPECT_EQ(later.find(task, "x"), "page");
  EXPECT_EQ(later.find(owner(), "x"), "bytes");
  later.remove_study("s");
  EXPECT_FALSE(later.find(task, "x"));
}

TEST_F(ArtifactStoreTest, CopiesItselfWhole) {
  store_.put(owner(), named("x", "bytes"), "bytes");
  store_.back_up(dir_.path() / "copy.db");
  EXPECT_EQ(ArtifactStore(dir_.path() / "copy.db").find(owner(), "x"), "bytes");
  EXPECT_THROW(store_.back_up(dir_.path() / "copy.db"), Error);
}

TEST_F(ArtifactStoreTest, SeesWhatIsNotAsItWasPut) {
  store_.put(owner(), named("x", "bytes"), "bytes");
  store_.put(owner(), named("y", "bytes"), "bytes");
  EXPECT_TRUE(store_.problems().empty());

  SQLite::Database(file_.string(), SQLite::OPEN_READWRITE)
      .exec("UPDATE artifacts SET bytes = 'other' WHERE name = 'y'");

  EXPECT_THAT(store_.problems(), ElementsAre(HasSubstr("artifact y of trial 3 of study s")));
}

TEST_F(ArtifactStoreTest, LeavesAFileAloneThatIsAnother) {
  SQLite::Database(file_.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE mine (x)");
  EXPECT_THROW(store_.put(owner(), named("x", "b"), "b"), Error);

  std::ofstream(dir_.path() / "text") << std::string(10'000, 't');
  EXPECT_THROW(ArtifactStore(dir_.path() / "text").find(owner(), "x"), Error);
}

TEST(ArtifactFile, IsBesideTheDatabase) {
  EXPECT_EQ(artifact_file("/a/studies.db"), "/a/studies.artifacts.db");
  EXPECT_EQ(artifact_file("studies"), "studies.artifacts");
}

}  // namespace
}  // namespace studyhall::storage
