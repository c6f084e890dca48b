#include "storage/sqlite_storage.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "storage/optuna_schema.h"
#include "storage/sqlite_reader.h"
#include "storage/sqlite_writer.h"

namespace studyhall::storage {
namespace {

constexpr std::size_t kIdleReaders = 4;

std::chrono::milliseconds milliseconds(Duration duration) {
  return std::chrono::ceil<std::chrono::milliseconds>(duration);
}

// Runs `work`, with SQLite's faults turned into Errors about `file`.
template <class Work>
auto guarded(const std::filesystem::path& file, const Work& work) {
  try {
    return work();
  } catch (const SQLite::Exception& fault) {
    throw storage_error(file, fault);
  }
}

// SQLite does not wait for a busy database where it changes to the write-ahead log.
void use_write_ahead_log(Connection& connection, const std::filesystem::path& file,
                         Duration busy_timeout) {
  const auto deadline = std::chrono::steady_clock::now() + busy_timeout;
  for (;;) {
    try {
      Query mode = connection.query("PRAGMA journal_mode = WAL");
      mode.next();
      if (mode.text(0) != "wal") {
        throw Error(ErrorCode::Unsupported,
                    fmt::format("{}: this filesystem cannot hold a write-ahead log (journal mode "
                                "\"{}\"). Keep the file on a local disk: run `study serve` on the "
                                "machine that has it and set STUDY_SERVER to its address here",
                                file.string(), mode.text(0)));
      }
      return;
    } catch (const SQLite::Exception& fault) {
      const bool busy = (fault.getErrorCode() & 0xff) == SQLITE_BUSY;
      if (!busy || std::chrono::steady_clock::now() >= deadline) {
        throw;
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

// Connections for reading, opened as threads need them.
class ReaderPool {
 public:
  using Open = std::function<std::unique_ptr<SqliteReader>()>;
  explicit ReaderPool(Open open) : open_(std::move(open)) {}

  // One reader for as long as this lives.
  class Loan {
   public:
    explicit Loan(ReaderPool& pool) : pool_(pool), reader_(pool.take()) {}
    ~Loan() { pool_.give_back(std::move(reader_)); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    SqliteReader& operator*() { return *reader_; }

   private:
    ReaderPool& pool_;
    std::unique_ptr<SqliteReader> reader_;
  };

 private:
  std::unique_ptr<SqliteReader> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<SqliteReader> reader = std::move(idle_.back());
        idle_.pop_back();
        return reader;
      }
    }
    return open_();
  }

  void give_back(std::unique_ptr<SqliteReader> reader) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kIdleReaders) {
      idle_.push_back(std::move(reader));
    }
  }

  Open open_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<SqliteReader>> idle_;
};

// Runs `work` on a reader of `readers`.
template <class Work>
auto read(const std::filesystem::path& file, ReaderPool& readers, const Work& work) {
  return guarded(file, [&] {
    ReaderPool::Loan reader(readers);
    return work(*reader);
  });
}

class SqliteStorage final : public Storage {
 public:
  SqliteStorage(std::filesystem::path file, const SqliteOptions& options)
      : file_(std::move(file)),
        connection_(file_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX,
                    milliseconds(options.busy_timeout)),
        readers_([this, timeout = milliseconds(options.busy_timeout)] {
          return std::make_unique<SqliteReader>(file_, timeout, specs_, zone_);
        }) {
    connection_.exec("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL");
    prepare_schema(connection_, file_);
    use_write_ahead_log(connection_, file_, options.busy_timeout);
    zone_ = stored_naive_time(connection_);
    writer_.emplace(connection_, specs_, zone_);
    seen_version_ = connection_.data_version();
  }

  CommitResult commit(std::span<const Change> group) override {
    const std::lock_guard lock(mutex_);
    return guarded(file_, [&]() -> CommitResult {
      Transaction transaction(connection_, Transaction::Kind::Writing);
      if (connection_.data_version() != seen_version_) {
        writer_->forget();
        return {.outcome = CommitOutcome::Stale, .created = {}};
      }
      try {
        CommitResult result{.outcome = CommitOutcome::Committed, .created = writer_->apply(group)};
        transaction.commit();
        return result;
      } catch (...) {
        writer_->forget();
        throw;
      }
    });
  }

  bool refresh() override {
    const std::lock_guard lock(mutex_);
    return guarded(file_, [&] {
      const std::int64_t version = connection_.data_version();
      const bool changed = std::exchange(seen_version_, version) != version;
      if (changed) writer_->forget();
      return changed;
    });
  }

  std::vector<StudyRecord> studies() override {
    return read(file_, readers_, [](SqliteReader& reader) { return reader.studies(); });
  }
  std::optional<StudyRecord> find_study(const std::string& name) override {
    return read(file_, readers_, [&](SqliteReader& reader) { return reader.find_study(name); });
  }
  std::vector<Trial> trials(StudyId study, const TrialFilter& filter) override {
    return read(file_, readers_,
                [&](SqliteReader& reader) { return reader.trials(study, filter); });
  }
  std::vector<std::int64_t> trial_blocks(StudyId study) override {
    return read(file_, readers_, [&](SqliteReader& reader) { return reader.trial_blocks(study); });
  }
  std::optional<std::string> trial_block(StudyId study, std::int64_t first) override {
    return read(file_, readers_,
                [&](SqliteReader& reader) { return reader.trial_block(study, first); });
  }
  std::vector<Event> events(StudyId study, std::int64_t after, int limit) override {
    return read(file_, readers_,
                [&](SqliteReader& reader) { return reader.events(study, after, limit); });
  }
  std::int64_t last_sequence(StudyId study) override {
    return read(file_, readers_, [&](SqliteReader& reader) { return reader.last_sequence(study); });
  }
  std::vector<LeaseRecord> leases(StudyId study) override {
    return read(file_, readers_, [&](SqliteReader& reader) { return reader.leases(study); });
  }
  std::vector<Fact> facts(StudyId study) override {
    return read(file_, readers_, [&](SqliteReader& reader) { return reader.facts(study); });
  }
  std::vector<TaskRecord> tasks(StudyId study) override {
    return read(file_, readers_, [&](SqliteReader& reader) { return reader.tasks(study); });
  }
  std::optional<RequestRecord> find_request(StudyId study, const std::string& request_id) override {
    return read(file_, readers_,
                [&](SqliteReader& reader) { return reader.find_request(study, request_id); });
  }

 private:
  std::filesystem::path file_;
  SpecCache specs_;
  NaiveTime zone_ = NaiveTime::Local;
  std::mutex mutex_;  // guards the writing connection and what follows
  Connection connection_;
  std::optional<SqliteWriter> writer_;
  std::int64_t seen_version_ = 0;
  ReaderPool readers_;
};

}  // namespace

std::unique_ptr<Storage> open_sqlite_storage(const std::filesystem::path& file,
                                             const SqliteOptions& options) {
  const std::filesystem::path absolute = std::filesystem::absolute(file);
  refuse_network_mount(absolute, options.mount_of(absolute));
  return guarded(absolute, [&] { return std::make_unique<SqliteStorage>(absolute, options); });
}

}  // namespace studyhall::storage
