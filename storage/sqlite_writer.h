// What a group of changes does to the rows of a SQLite file.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "storage/connection.h"
#include "storage/known_rows.h"
#include "storage/storage.h"
#include "storage/stored_spec.h"
#include "storage/trial_rows.h"

namespace studyhall::storage {

// Thread safety: one thread at a time, the one that uses its connection.
class SqliteWriter {
 public:
  SqliteWriter(Connection& connection, SpecCache& specs, NaiveTime zone)
      : connection_(connection), specs_(specs), trials_(connection, zone) {}

  // Writes all changes and returns the ids of the studies created, in order. REQUIRES: within a
  // write Transaction, which the caller rolls back if this throws (as Storage::commit() does).
  std::vector<StudyId> apply(std::span<const Change> group);
  // To be called when the file may hold other rows than this has written.
  void forget() { known_.clear(); }

 private:
  // The study that a change is about while its writes are applied.
  struct Target {
    StudyId study = kNewStudy;
    bool deleted = false;
  };

  void apply(const Change& change, std::vector<StudyId>& created);
  void write(Target& target, const CreateStudy& create);
  void write(Target& target, const DeleteStudy& remove);
  void write(Target& target, const SetStopped& stop);
  void write(Target& target, const AddTrial& add);
  void write(Target& target, const UpdateTrial& update);
  void write(Target& target, const SetIntermediate& set);
  void write(Target& target, const PutLease& put);
  void write(Target& target, const PutFact& put);
  void write(Target& target, const SetSpec& set);
  void write(Target& target, const AddTask& add);
  void write(Target& target, const UpdateTask& update);
  void write(Target& target, const PutTrialBlock& put);
  void add_event(StudyId study, const Event& event);
  void add_request(StudyId study, const RequestRecord& request);

  std::int64_t next_study_id();
  // Of a study that exists; Error(NotFound) else.
  KnownRows::Study& known(StudyId study);
  std::int64_t last_sequence(StudyId study);
  std::shared_ptr<const StoredSpec> spec_of(StudyId study);
  TrialRows::Found find_trial(StudyId study, std::int64_t number);
  // The trial as it stands in the file, if that is known; null otherwise.
  KnownRows::Running* running(StudyId study, std::int64_t number);
  // Remembers a running trial, forgets another.
  void remember(StudyId study, std::int64_t trial_id, const Trial& trial,
                std::shared_ptr<const StoredSpec> spec);

  Connection& connection_;
  SpecCache& specs_;
  TrialRows trials_;
  KnownRows known_;
};

}  // namespace studyhall::storage
