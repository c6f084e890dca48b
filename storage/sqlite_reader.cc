#include "storage/sqlite_reader.h"

#include <fmt/format.h>

#include "core/json.h"
#include "storage/optuna_values.h"
#include "storage/task_rows.h"
#include "storage/trial_reader.h"

namespace studyhall::storage {
namespace {

constexpr std::string_view kStudyColumns =
    "SELECT s.study_id, s.study_name, h.spec, h.stopped, h.created_us "
    "FROM studies s LEFT JOIN studyhall_studies h ON h.study_id = s.study_id ";

Timestamp timestamp(std::int64_t microseconds) { return Timestamp(Duration(microseconds)); }

Json stored_json(std::string_view text, std::string_view what) {
  try {
    return parse_json(text, what);
  } catch (const Error& error) {
    throw Error(ErrorCode::Corrupt, error.what());
  }
}

EventKind stored_kind(std::string_view name) {
  const std::optional<EventKind> kind = event_kind_from_string(name);
  if (!kind) {
    throw Error(ErrorCode::Corrupt, fmt::format("an event of unknown kind \"{}\"", name));
  }
  return *kind;
}

}  // namespace

SqliteReader::SqliteReader(const std::filesystem::path& file,
                           std::chrono::milliseconds busy_timeout, SpecCache& specs, NaiveTime zone)
    : connection_(file, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, busy_timeout),
      specs_(specs),
      zone_(zone) {
  connection_.exec("PRAGMA query_only = ON");
}

std::vector<StudyRecord> SqliteReader::studies() {
  const Transaction snapshot(connection_, Transaction::Kind::Reading);
  std::vector<StudyRecord> studies;
  Query row = connection_.query(std::string(kStudyColumns) + "ORDER BY s.study_id");
  while (row.next()) {
    studies.push_back(study_of(row));
  }
  return studies;
}

std::optional<StudyRecord> SqliteReader::find_study(const std::string& name) {
  const Transaction snapshot(connection_, Transaction::Kind::Reading);
  Query row = connection_.query(std::string(kStudyColumns) + "WHERE s.study_name = ?1", name);
  return row.next() ? std::optional(study_of(row)) : std::nullopt;
}

StudyRecord SqliteReader::study_of(Query& row) {
  StudyRecord study;
  study.id = row.integer(0);
  study.name = row.text(1);
  study.directions = directions(study.id);
  if (!row.is_null(2)) {
    study.spec = specs_.find(study.id, row.text(2))->spec;
    study.stopped = row.text(3);
    study.created = timestamp(row.integer(4));
  }
  return study;
}

std::vector<Direction> SqliteReader::directions(StudyId study) {
  std::vector<Direction> directions;
  Query row = connection_.query(
      "SELECT direction FROM study_directions WHERE study_id = ?1 ORDER BY objective", study);
  while (row.next()) {
    directions.push_back(direction_from_column(row.text(0)));
  }
  return directions;
}

std::vector<Trial> SqliteReader::trials(StudyId study, const TrialFilter& filter) {
  const Transaction snapshot(connection_, Transaction::Kind::Reading);
  std::shared_ptr<const StoredSpec> spec;
  {
    Query row = connection_.query("SELECT spec FROM studyhall_studies WHERE study_id = ?1", study);
    if (!row.next()) {
      return {};
    }
    spec = specs_.find(study, row.text(0));
  }
  return read_trials(connection_, study, *spec, filter, zone_);
}

std::vector<std::int64_t> SqliteReader::trial_blocks(StudyId study) {
  std::vector<std::int64_t> firsts;
  Query row = connection_.query(
      "SELECT first_number FROM studyhall_trial_blocks WHERE study_id = ?1 ORDER BY first_number",
      study);
  while (row.next()) {
    firsts.push_back(row.integer(0));
  }
  return firsts;
}

std::optional<std::string> SqliteReader::trial_block(StudyId study, std::int64_t first) {
  Query row = connection_.query(
      "SELECT body FROM studyhall_trial_blocks WHERE study_id = ?1 AND first_number = ?2", study,
      first);
  return row.next() ? std::optional(std::string(row.bytes(0))) : std::nullopt;
}

std::vector<Event> SqliteReader::events(StudyId study, std::int64_t after, int limit) {
  std::vector<Event> events;
  Query row = connection_.query(
      "SELECT sequence, time_us, author, kind, body FROM studyhall_events "
      "WHERE study_id = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3",
      study, after, limit > 0 ? limit : -1);
  while (row.next()) {
    events.push_back({.sequence = row.integer(0),
                      .time = timestamp(row.integer(1)),
                      .author = std::string(row.text(2)),
                      .kind = stored_kind(row.text(3)),
                      .body = stored_json(row.text(4), "a stored event")});
  }
  return events;
}

std::int64_t SqliteReader::last_sequence(StudyId study) {
  Query row =
      connection_.query("SELECT max(sequence) FROM studyhall_events WHERE study_id = ?1", study);
  return row.next() ? row.integer(0) : 0;
}

std::vector<LeaseRecord> SqliteReader::leases(StudyId study) {
  std::vector<LeaseRecord> leases;
  Query row = connection_.query(
      "SELECT number, token, worker, attempt, length_us, expires_us, is_current, "
      "told_as FROM studyhall_leases WHERE study_id = ?1 ORDER BY number, place",
      study);
  while (row.next()) {
    leases.push_back({.number = row.integer(0),
                      .token = std::string(row.text(1)),
                      .worker = std::string(row.text(2)),
                      .attempt = static_cast<int>(row.integer(3)),
                      .length = Duration(row.integer(4)),
                      .expires_at = timestamp(row.integer(5)),
                      .current = row.integer(6) != 0,
                      .told_as = row.integer(7)});
  }
  return leases;
}

std::vector<Fact> SqliteReader::facts(StudyId study) {
  std::vector<Fact> facts;
  Query row = connection_.query(
      "SELECT kind, \"key\", body FROM studyhall_facts WHERE study_id = ?1 ORDER BY kind, \"key\"",
      study);
  while (row.next()) {
    facts.push_back({.kind = std::string(row.text(0)),
                     .key = std::string(row.text(1)),
                     .body = stored_json(row.text(2), "a stored fact")});
  }
  return facts;
}

std::vector<TaskRecord> SqliteReader::tasks(StudyId study) {
  return read_tasks(connection_, study);
}

std::optional<RequestRecord> SqliteReader::find_request(StudyId study,
                                                        const std::string& request_id) {
  Query row = connection_.query(
      "SELECT verb, answer FROM studyhall_requests WHERE study_id = ?1 AND request_id = ?2", study,
      request_id);
  if (!row.next()) {
    return std::nullopt;
  }
  return RequestRecord{.request_id = request_id,
                       .verb = std::string(row.text(0)),
                       .answer = stored_json(row.text(1), "a stored answer")};
}

}  // namespace studyhall::storage
