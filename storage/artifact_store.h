// Where artifacts are kept: a SQLite file beside the database, so that no blob ever stands in the
// way of a commit, and the database stays small and Optuna's.
//
// Thread safety: every call may be made from any thread; several programs may use one file.
// Durability: when a call returns, its effect survives a crash of this process and a power loss.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/artifact_api.h"

namespace studyhall::storage {

// "studies.artifacts.db" of "studies.db".
std::filesystem::path artifact_file(const std::filesystem::path& database);

// Which study: names are given out again, with another time of creation.
struct ArtifactOwner {
  std::string study;
  Timestamp created;
  WorkRef work;
};

// Calls throw Error(Unavailable) where the file cannot be read or written, Error(Corrupt) for one
// that is no such file.
class ArtifactStore {
 public:
  // The file is made by the first put().
  explicit ArtifactStore(std::filesystem::path file);
  ~ArtifactStore();
  ArtifactStore(const ArtifactStore&) = delete;
  ArtifactStore& operator=(const ArtifactStore&) = delete;

  // Takes the place of one of the same name. Throws Error(Invalid) or Error(TooLarge) where the
  // trial or task would have more, or more bytes, than it may (core/artifact_api.h).
  void put(const ArtifactOwner& owner, const Artifact& artifact, std::string_view bytes);
  // By name.
  std::vector<Artifact> list(const ArtifactOwner& owner);
  std::optional<std::string> find(const ArtifactOwner& owner, const std::string& name);
  // False where there is none of that name.
  bool remove(const ArtifactOwner& owner, const std::string& name);
  // All of every study that had this name.
  void remove_study(const std::string& study);

  // What is wrong with the file, a sentence each: SQLite's integrity, and bytes that are not what
  // they were.
  std::vector<std::string> problems();
  // As it is at one moment. Throws Error(Conflict) where `copy` exists.
  void back_up(const std::filesystem::path& copy);

 private:
  class Database;
  // Null where there is no file yet and none is to be made.
  Database* opened(bool make);
  template <class Work>
  auto guarded(const Work& work);

  std::filesystem::path file_;
  std::mutex mutex_;
  std::unique_ptr<Database> database_;
};

}  // namespace studyhall::storage
