// What a SQLite file holds, read through a connection of its own beside the writing one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "storage/connection.h"
#include "storage/optuna_time.h"
#include "storage/storage.h"
#include "storage/stored_spec.h"

namespace studyhall::storage {

// The reads of Storage, each from one snapshot. Thread safety: one thread at a time.
class SqliteReader {
 public:
  SqliteReader(const std::filesystem::path& file, std::chrono::milliseconds busy_timeout,
               SpecCache& specs, NaiveTime zone);

  std::vector<StudyRecord> studies();
  std::optional<StudyRecord> find_study(const std::string& name);
  std::vector<Trial> trials(StudyId study, const TrialFilter& filter);
  std::vector<std::int64_t> trial_blocks(StudyId study);
  std::optional<std::string> trial_block(StudyId study, std::int64_t first);
  std::vector<Event> events(StudyId study, std::int64_t after, int limit);
  std::int64_t last_sequence(StudyId study);
  std::vector<LeaseRecord> leases(StudyId study);
  std::vector<Fact> facts(StudyId study);
  std::vector<TaskRecord> tasks(StudyId study);
  std::optional<RequestRecord> find_request(StudyId study, const std::string& request_id);

 private:
  StudyRecord study_of(Query& row);
  std::vector<Direction> directions(StudyId study);

  Connection connection_;
  SpecCache& specs_;
  NaiveTime zone_;
};

}  // namespace studyhall::storage
