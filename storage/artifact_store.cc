#include "storage/artifact_store.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <array>
#include <utility>

#include "core/error.h"
#include "core/hash.h"
#include "storage/connection.h"

namespace studyhall::storage {
namespace {

constexpr int kBusyTimeoutMs = 5'000;
constexpr int kApplicationId = 0x53744172;  // "StAr"

// Of trials, and of tasks.
constexpr std::array<const char*, 2> kTables{"artifacts", "task_artifacts"};
constexpr const char* kSchema = R"(
CREATE TABLE IF NOT EXISTS {0} (
  study TEXT NOT NULL,
  created_study INTEGER NOT NULL,  -- microseconds since 1970, as everywhere here
  trial INTEGER NOT NULL,  -- in task_artifacts: the number of the task
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  created INTEGER NOT NULL,
  size INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (study, created_study, trial, name))
)";

std::int64_t micro(Timestamp time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

Timestamp time_of(std::int64_t micro) { return Timestamp(std::chrono::microseconds(micro)); }

void bind_owner(SQLite::Statement& statement, const ArtifactOwner& owner) {
  statement.bind(1, owner.study);
  statement.bind(2, micro(owner.created));
  statement.bind(3, owner.work.number);
}

const char* table_of(const ArtifactOwner& owner) { return kTables.at(owner.work.is_task ? 1 : 0); }

// "SELECT `columns` FROM its table" of what `owner` has.
std::string select(const ArtifactOwner& owner, const char* columns) {
  return fmt::format("SELECT {} FROM {} WHERE study = ?1 AND created_study = ?2 AND trial = ?3",
                     columns, table_of(owner));
}

}  // namespace

class ArtifactStore::Database {
 public:
  explicit Database(const std::filesystem::path& file)
      : handle(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs) {
    const std::int64_t id = handle.execAndGet("PRAGMA application_id").getInt64();
    const std::int64_t tables = handle.execAndGet("SELECT count(*) FROM sqlite_master").getInt64();
    if (id != kApplicationId && tables > 0) {
      throw Error(ErrorCode::Corrupt,
                  fmt::format("{} is no file of artifacts; move it away", file.string()));
    }
    handle.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    handle.exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
    for (const char* table : kTables) handle.exec(fmt::format(kSchema, table));
  }

  SQLite::Database handle;
};

std::filesystem::path artifact_file(const std::filesystem::path& database) {
  return database.parent_path() /
         (database.stem().string() + ".artifacts" + database.extension().string());
}

ArtifactStore::ArtifactStore(std::filesystem::path file) : file_(std::move(file)) {}
ArtifactStore::~ArtifactStore() = default;

ArtifactStore::Database* ArtifactStore::opened(bool make) {
  if (!database_ && (make || std::filesystem::exists(file_))) {
    database_ = std::make_unique<Database>(file_);
  }
  return database_.get();
}

template <class Work>
auto ArtifactStore::guarded(const Work& work) {
  const std::lock_guard lock(mutex_);
  try {
    return work();
  } catch (const SQLite::Exception& fault) {
    throw storage_error(file_, fault);
  }
}

void ArtifactStore::put(const ArtifactOwner& owner, const Artifact& artifact,
                        std::string_view bytes) {
  guarded([&] {
    SQLite::Database& handle = opened(true)->handle;
    SQLite::Transaction transaction(handle, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement others(handle,
                             select(owner, "count(*), coalesce(sum(size), 0)") + " AND name <> ?4");
    bind_owner(others, owner);
    others.bind(4, artifact.name);
    others.executeStep();
    if (others.getColumn(0).getInt64() >= static_cast<std::int64_t>(kMostArtifactsOfOne)) {
      throw Error(ErrorCode::Invalid, fmt::format("{} has {} artifacts already, and may have "
                                                  "no more",
                                                  to_string(owner.work), kMostArtifactsOfOne));
    }
    if (static_cast<std::size_t>(others.getColumn(1).getInt64()) + bytes.size() >
        kMostArtifactBytesOfOne) {
      throw Error(ErrorCode::TooLarge,
                  fmt::format("artifact {}: the artifacts of {} would have more than {} bytes",
                              artifact.name, to_string(owner.work), kMostArtifactBytesOfOne));
    }
    SQLite::Statement insert(
        handle, fmt::format("INSERT OR REPLACE INTO {} (study, created_study, trial, name, type, "
                            "sha256, created, size, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
                            "?9)",
                            table_of(owner)));
    bind_owner(insert, owner);
    insert.bind(4, artifact.name);
    insert.bind(5, artifact.type);
    insert.bind(6, artifact.sha256);
    insert.bind(7, micro(artifact.created));
    insert.bind(8, static_cast<std::int64_t>(bytes.size()));
    insert.bindNoCopy(9, bytes.data(), static_cast<int>(bytes.size()));
    insert.exec();
    transaction.commit();
  });
}

std::vector<Artifact> ArtifactStore::list(const ArtifactOwner& owner) {
  return guarded([&] {
    std::vector<Artifact> out;
    Database* const database = opened(false);
    if (database == nullptr) return out;
    SQLite::Statement query(database->handle,
                            select(owner, "name, type, sha256, created, size") + " ORDER BY name");
    bind_owner(query, owner);
    while (query.executeStep()) {
      out.push_back({.name = query.getColumn(0).getString(),
                     .type = query.getColumn(1).getString(),
                     .sha256 = query.getColumn(2).getString(),
                     .created = time_of(query.getColumn(3).getInt64()),
                     .bytes = static_cast<std::size_t>(query.getColumn(4).getInt64())});
    }
    return out;
  });
}

std::optional<std::string> ArtifactStore::find(const ArtifactOwner& owner,
                                               const std::string& name) {
  return guarded([&]() -> std::optional<std::string> {
    Database* const database = opened(false);
    if (database == nullptr) return std::nullopt;
    SQLite::Statement query(database->handle, select(owner, "bytes") + " AND name = ?4");
    bind_owner(query, owner);
    query.bind(4, name);
    if (!query.executeStep()) return std::nullopt;
    return query.getColumn(0).getString();
  });
}

bool ArtifactStore::remove(const ArtifactOwner& owner, const std::string& name) {
  return guarded([&] {
    Database* const database = opened(false);
    if (database == nullptr) return false;
    SQLite::Statement statement(database->handle,
                                fmt::format("DELETE FROM {} WHERE study = ?1 AND created_study = "
                                            "?2 AND trial = ?3 AND name = ?4",
                                            table_of(owner)));
    bind_owner(statement, owner);
    statement.bind(4, name);
    return statement.exec() > 0;
  });
}

void ArtifactStore::remove_study(const std::string& study) {
  guarded([&] {
    Database* const database = opened(false);
    if (database == nullptr) return;
    for (const char* table : kTables) {
      SQLite::Statement statement(database->handle,
                                  fmt::format("DELETE FROM {} WHERE study = ?1", table));
      statement.bind(1, study);
      statement.exec();
    }
  });
}

std::vector<std::string> ArtifactStore::problems() {
  return guarded([&] {
    std::vector<std::string> out;
    Database* const database = opened(false);
    if (database == nullptr) return out;
    SQLite::Statement check(database->handle, "PRAGMA integrity_check");
    while (check.executeStep()) {
      const std::string line = check.getColumn(0).getString();
      if (line != "ok") out.push_back(fmt::format("{}: {}", file_.string(), line));
    }
    if (!out.empty()) return out;
    for (const bool is_task : {false, true}) {
      SQLite::Statement query(database->handle,
                              fmt::format("SELECT study, trial, name, sha256, bytes FROM {}",
                                          kTables.at(is_task ? 1 : 0)));
      while (query.executeStep()) {
        if (sha256_hex(query.getColumn(4).getString()) == query.getColumn(3).getString()) continue;
        const WorkRef of{is_task, query.getColumn(1).getInt64()};
        out.push_back(fmt::format("{}: artifact {} of {} of study {} is not what was put there",
                                  file_.string(), query.getColumn(2).getString(), to_string(of),
                                  query.getColumn(0).getString()));
      }
    }
    return out;
  });
}

void ArtifactStore::back_up(const std::filesystem::path& copy) {
  if (std::filesystem::exists(copy)) {
    throw Error(ErrorCode::Conflict, fmt::format("{} is there already", copy.string()));
  }
  guarded([&] {
    Database* const database = opened(false);
    if (database == nullptr) return;
    SQLite::Statement statement(database->handle, "VACUUM INTO ?1");
    statement.bind(1, copy.string());
    statement.executeStep();
  });
}

}  // namespace studyhall::storage
