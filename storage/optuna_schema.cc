#include "storage/optuna_schema.h"

#include <fmt/format.h>

#include <string>

#include "core/error.h"

namespace studyhall::storage {
namespace {

constexpr std::string_view kAlembicVersion = "v3.2.0.a";
constexpr int kOptunaSchema = 12;
// The first Optuna with this schema: what a file of ours says it was made by.
constexpr std::string_view kLibraryVersion = "3.2.0";
constexpr int kOwnSchema = 4;

// Tables, columns and constraints are those that Optuna's own create_all() gives (Optuna 3.2 to 5),
// but for AUTOINCREMENT, by which SQLite gives no id twice.
constexpr const char* kOptunaTables = R"sql(
CREATE TABLE alembic_version (
  version_num VARCHAR(32) NOT NULL,
  CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE version_info (
  version_info_id INTEGER NOT NULL,
  schema_version INTEGER,
  library_version VARCHAR(256),
  PRIMARY KEY (version_info_id),
  CHECK (version_info_id=1)
);
CREATE TABLE studies (
  study_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  study_name VARCHAR(512) NOT NULL
);
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
CREATE TABLE study_directions (
  study_direction_id INTEGER NOT NULL,
  direction VARCHAR(8) NOT NULL,
  study_id INTEGER NOT NULL,
  objective INTEGER NOT NULL,
  PRIMARY KEY (study_direction_id),
  UNIQUE (study_id, objective),
  FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
CREATE TABLE study_user_attributes (
  study_user_attribute_id INTEGER NOT NULL,
  study_id INTEGER,
  "key" VARCHAR(512),
  value_json TEXT,
  PRIMARY KEY (study_user_attribute_id),
  UNIQUE (study_id, "key"),
  FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
CREATE TABLE study_system_attributes (
  study_system_attribute_id INTEGER NOT NULL,
  study_id INTEGER,
  "key" VARCHAR(512),
  value_json TEXT,
  PRIMARY KEY (study_system_attribute_id),
  UNIQUE (study_id, "key"),
  FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
CREATE TABLE trials (
  trial_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  number INTEGER,
  study_id INTEGER,
  state VARCHAR(8) NOT NULL,
  datetime_start DATETIME,
  datetime_complete DATETIME,
  FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
CREATE INDEX ix_trials_study_id ON trials (study_id);
CREATE TABLE trial_user_attributes (
  trial_user_attribute_id INTEGER NOT NULL,
  trial_id INTEGER,
  "key" VARCHAR(512),
  value_json TEXT,
  PRIMARY KEY (trial_user_attribute_id),
  UNIQUE (trial_id, "key"),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
CREATE TABLE trial_system_attributes (
  trial_system_attribute_id INTEGER NOT NULL,
  trial_id INTEGER,
  "key" VARCHAR(512),
  value_json TEXT,
  PRIMARY KEY (trial_system_attribute_id),
  UNIQUE (trial_id, "key"),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
CREATE TABLE trial_params (
  param_id INTEGER NOT NULL,
  trial_id INTEGER,
  param_name VARCHAR(512),
  param_value FLOAT,
  distribution_json TEXT,
  PRIMARY KEY (param_id),
  UNIQUE (trial_id, param_name),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
CREATE TABLE trial_values (
  trial_value_id INTEGER NOT NULL,
  trial_id INTEGER NOT NULL,
  objective INTEGER NOT NULL,
  value FLOAT,
  value_type VARCHAR(7) NOT NULL,
  PRIMARY KEY (trial_value_id),
  UNIQUE (trial_id, objective),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
CREATE TABLE trial_intermediate_values (
  trial_intermediate_value_id INTEGER NOT NULL,
  trial_id INTEGER NOT NULL,
  step INTEGER NOT NULL,
  intermediate_value FLOAT,
  intermediate_value_type VARCHAR(7) NOT NULL,
  PRIMARY KEY (trial_intermediate_value_id),
  UNIQUE (trial_id, step),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
CREATE TABLE trial_heartbeats (
  trial_heartbeat_id INTEGER NOT NULL,
  trial_id INTEGER NOT NULL,
  heartbeat DATETIME NOT NULL,
  PRIMARY KEY (trial_heartbeat_id),
  UNIQUE (trial_id),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
)sql";

// A trigger runs for every program's writes: a study that Optuna deletes takes our rows with it,
// and no id of a deleted row is given out again, also in a file that Optuna made.
constexpr const char* kOwnTables = R"sql(
CREATE TABLE studyhall_schema (version INTEGER NOT NULL);
CREATE TABLE studyhall_ids (name TEXT PRIMARY KEY, high_water INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO studyhall_ids VALUES ('studies', 0), ('trials', 0);
CREATE TABLE studyhall_studies (
  study_id INTEGER PRIMARY KEY,
  spec TEXT NOT NULL,
  stopped TEXT NOT NULL,
  created_us INTEGER NOT NULL
);
CREATE TABLE studyhall_events (
  study_id INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  time_us INTEGER NOT NULL,
  author TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (study_id, sequence)
) WITHOUT ROWID;
CREATE TABLE studyhall_requests (
  study_id INTEGER NOT NULL,
  request_id TEXT NOT NULL,
  verb TEXT NOT NULL,
  answer TEXT NOT NULL,
  PRIMARY KEY (study_id, request_id)
) WITHOUT ROWID;
CREATE INDEX studyhall_trials_number ON trials (study_id, number);
CREATE INDEX studyhall_trials_state ON trials (study_id, state, number);
CREATE INDEX studyhall_trials_worker ON trial_user_attributes (value_json, trial_id)
  WHERE "key" = 'worker';
CREATE TRIGGER studyhall_study_deleted AFTER DELETE ON studies BEGIN
  UPDATE studyhall_ids SET high_water = max(high_water, OLD.study_id) WHERE name = 'studies';
  DELETE FROM studyhall_studies WHERE study_id = OLD.study_id;
  DELETE FROM studyhall_events WHERE study_id = OLD.study_id;
  DELETE FROM studyhall_leases WHERE study_id = OLD.study_id;
  DELETE FROM studyhall_requests WHERE study_id = OLD.study_id;
END;
CREATE TRIGGER studyhall_trial_deleted AFTER DELETE ON trials BEGIN
  UPDATE studyhall_ids SET high_water = OLD.trial_id
    WHERE name = 'trials' AND high_water < OLD.trial_id;
END;
)sql";

// Leases in the order of their trials: one tree that grows at its end. `place` counts those of a
// trial.
constexpr std::string_view kLeasesTable = R"sql(
CREATE TABLE studyhall_leases (
  study_id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  place INTEGER NOT NULL,
  token TEXT NOT NULL,
  worker TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  length_us INTEGER NOT NULL,
  expires_us INTEGER NOT NULL,
  is_current INTEGER NOT NULL,
  told_as INTEGER NOT NULL,
  PRIMARY KEY (study_id, number, place)
) WITHOUT ROWID;
)sql";

// Up to version 3 the table of leases had an id, and indexes on tokens and numbers.
constexpr std::string_view kKeepLeases = R"sql(
CREATE TEMP TABLE studyhall_kept AS
  SELECT study_id, number, row_number() OVER (PARTITION BY study_id, number ORDER BY lease_id) - 1,
    token, worker, attempt, length_us, expires_us, is_current, told_as FROM studyhall_leases;
DROP TABLE studyhall_leases;
)sql";
constexpr std::string_view kPutLeasesBack = R"sql(
INSERT INTO studyhall_leases SELECT * FROM temp.studyhall_kept;
DROP TABLE temp.studyhall_kept;
)sql";

// What version 2 of our tables has and version 1 had not.
constexpr std::string_view kFactsTable = R"sql(
CREATE TABLE studyhall_facts (
  study_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  "key" TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (study_id, kind, "key")
) WITHOUT ROWID;
CREATE TRIGGER studyhall_study_deleted_facts AFTER DELETE ON studies BEGIN
  DELETE FROM studyhall_facts WHERE study_id = OLD.study_id;
END;
)sql";

// What version 3 has and version 2 had not.
constexpr std::string_view kTasksTable = R"sql(
CREATE TABLE studyhall_tasks (
  study_id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  state TEXT NOT NULL,
  body TEXT NOT NULL,
  leases TEXT NOT NULL,
  PRIMARY KEY (study_id, number)
) WITHOUT ROWID;
CREATE TRIGGER studyhall_study_deleted_tasks AFTER DELETE ON studies BEGIN
  DELETE FROM studyhall_tasks WHERE study_id = OLD.study_id;
END;
)sql";

// What version 4 has and version 3 had not. A block holds what stands in the rows of its trials, so
// it goes when they change. 1024: kTrialsPerBlock.
constexpr std::string_view kTrialBlocksTable = R"sql(
CREATE TABLE studyhall_trial_blocks (
  block_id INTEGER PRIMARY KEY,
  study_id INTEGER NOT NULL,
  first_number INTEGER NOT NULL,
  body BLOB NOT NULL,
  UNIQUE (study_id, first_number)
);
CREATE TRIGGER studyhall_study_deleted_blocks AFTER DELETE ON studies BEGIN
  DELETE FROM studyhall_trial_blocks WHERE study_id = OLD.study_id;
END;
CREATE TRIGGER studyhall_spec_changed_blocks AFTER UPDATE OF spec ON studyhall_studies BEGIN
  DELETE FROM studyhall_trial_blocks WHERE study_id = OLD.study_id;
END;
CREATE TRIGGER studyhall_trial_changed_blocks AFTER UPDATE ON trials
  WHEN OLD.state NOT IN ('RUNNING', 'WAITING') BEGIN
  DELETE FROM studyhall_trial_blocks
    WHERE study_id = OLD.study_id AND first_number = OLD.number - OLD.number % 1024;
END;
)sql";

bool has_table(Connection& connection, std::string_view name) {
  return connection.query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1", name)
      .next();
}

// The one value that `sql` selects; empty for none.
std::string selected_text(Connection& connection, std::string_view sql) {
  Query query = connection.query(sql);
  return query.next() ? std::string(query.text(0)) : std::string();
}

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& found,
                         const std::string& expected) {
  throw Error(ErrorCode::Corrupt,
              fmt::format("{}: {}; expected {}", file.string(), found, expected));
}

void check_optuna_version(Connection& connection, const std::filesystem::path& file) {
  if (!has_table(connection, "version_info") || !has_table(connection, "alembic_version")) {
    refuse(file, "a SQLite database of another program: it has no table alembic_version",
           "a database made by studyhall or by Optuna 3.2 or later");
  }
  const std::string alembic = selected_text(connection, "SELECT version_num FROM alembic_version");
  const std::string schema = selected_text(connection, "SELECT schema_version FROM version_info");
  if (alembic != kAlembicVersion || schema != std::to_string(kOptunaSchema)) {
    refuse(file, fmt::format("schema version {} ({})", alembic.empty() ? "none" : alembic, schema),
           fmt::format("{} ({}). A file of an older Optuna can be brought up to it by `optuna "
                       "storage upgrade`",
                       kAlembicVersion, kOptunaSchema));
  }
}

std::string own_version(Connection& connection) {
  return selected_text(connection, "SELECT version FROM studyhall_schema");
}

void check_own_version(Connection& connection, const std::filesystem::path& file) {
  const std::string found = own_version(connection);
  if (found != std::to_string(kOwnSchema)) {
    refuse(file, fmt::format("version {} of the studyhall tables", found.empty() ? "?" : found),
           fmt::format("version {}", kOwnSchema));
  }
}

// Versions that are brought up to this one.
bool is_earlier_version(const std::string& version) {
  return version == "1" || version == "2" || version == "3";
}

// Whether everything is there already; throws as prepare_schema() does.
bool is_prepared(Connection& connection, const std::filesystem::path& file) {
  if (!connection.query("SELECT 1 FROM sqlite_master").next()) {
    return false;
  }
  check_optuna_version(connection, file);
  if (!has_table(connection, "studyhall_schema")) {
    return false;
  }
  if (is_earlier_version(own_version(connection))) {
    return false;
  }
  check_own_version(connection, file);
  return true;
}

}  // namespace

void prepare_schema(Connection& connection, const std::filesystem::path& file) {
  if (is_prepared(connection, file)) {
    return;
  }
  Transaction transaction(connection, Transaction::Kind::Writing);
  if (is_prepared(connection, file)) {
    return;
  }
  if (has_table(connection, "studyhall_schema")) {
    const std::string version = own_version(connection);
    if (version == "1") {
      connection.exec(std::string(kFactsTable));
    }
    if (version != "3") {
      connection.exec(std::string(kTasksTable));
    }
    connection.exec(std::string(kTrialBlocksTable));
    connection.exec(std::string(kKeepLeases).append(kLeasesTable).append(kPutLeasesBack));
    connection.query("UPDATE studyhall_schema SET version = ?1", kOwnSchema).run();
    transaction.commit();
    return;
  }
  if (!has_table(connection, "studies")) {
    connection.exec(kOptunaTables);
    connection.query("INSERT INTO alembic_version VALUES (?1)", kAlembicVersion).run();
    connection.query("INSERT INTO version_info VALUES (1, ?1, ?2)", kOptunaSchema, kLibraryVersion)
        .run();
  }
  connection.exec(std::string(kLeasesTable));
  connection.exec(kOwnTables);
  connection.exec(std::string(kFactsTable));
  connection.exec(std::string(kTasksTable));
  connection.exec(std::string(kTrialBlocksTable));
  connection.query("INSERT INTO studyhall_schema VALUES (?1)", kOwnSchema).run();
  transaction.commit();
}

NaiveTime stored_naive_time(Connection& connection) {
  return naive_time_of(selected_text(connection, "SELECT library_version FROM version_info"));
}

}  // namespace studyhall::storage
