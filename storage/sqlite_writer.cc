#include "storage/sqlite_writer.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "core/json.h"
#include "storage/group_check.h"
#include "storage/optuna_values.h"
#include "storage/task_rows.h"

namespace studyhall::storage {
namespace {

constexpr std::array<std::string_view, 6> kTablesOfTrials{"trial_params",
                                                          "trial_values",
                                                          "trial_intermediate_values",
                                                          "trial_user_attributes",
                                                          "trial_system_attributes",
                                                          "trial_heartbeats"};
// Children before their parents.
constexpr std::array<std::string_view, 5> kTablesOfStudies{
    "trials", "study_directions", "study_user_attributes", "study_system_attributes", "studies"};

std::int64_t microseconds(Timestamp time) { return time.time_since_epoch().count(); }

}  // namespace

std::vector<StudyId> SqliteWriter::apply(std::span<const Change> group) {
  std::vector<StudyId> created;
  for (const Change& change : group) {
    apply(change, created);
  }
  return created;
}

void SqliteWriter::apply(const Change& change, std::vector<StudyId>& created) {
  const bool creates = change.study == kNewStudy;
  if (!creates) {
    known(change.study);
  }
  if (change.event) {
    check_next_event(*change.event, creates ? 0 : last_sequence(change.study));
  }
  Target target{.study = change.study};
  for (const Write& one : change.writes) {
    const bool is_create = std::holds_alternative<CreateStudy>(one);
    if (is_create != (target.study == kNewStudy) || target.deleted) {
      throw misplaced_write(target.study);
    }
    std::visit([&](const auto& what) { write(target, what); }, one);
    if (is_create) {
      created.push_back(target.study);
    }
  }
  if (target.study == kNewStudy) {
    throw misplaced_write(target.study);
  }
  if (target.deleted) {
    return;
  }
  if (change.event) {
    add_event(target.study, *change.event);
  }
  if (change.request) {
    add_request(target.study, *change.request);
  }
}

void SqliteWriter::write(Target& target, const CreateStudy& create) {
  const StudyRecord& study = create.study;
  check_new_study(study);
  if (connection_.query("SELECT 1 FROM studies WHERE study_name = ?1", study.name).next()) {
    throw name_taken(study.name);
  }
  target.study = next_study_id();
  connection_
      .query("INSERT INTO studies (study_id, study_name) VALUES (?1, ?2)", target.study, study.name)
      .run();
  std::int64_t objective = 0;
  for (const Direction direction : study.directions) {
    connection_
        .query("INSERT INTO study_directions (direction, study_id, objective) VALUES (?1, ?2, ?3)",
               direction_column(direction), target.study, objective++)
        .run();
  }
  known_.studies[target.study] = {.last_sequence = 0, .trials = 0, .spec = nullptr};
  connection_
      .query(
          "INSERT INTO studyhall_studies (study_id, spec, stopped, created_us) "
          "VALUES (?1, ?2, ?3, ?4)",
          target.study, dump_json(study.spec->resolved), study.stopped, microseconds(study.created))
      .run();
}

void SqliteWriter::write(Target& target, const DeleteStudy& /*remove*/) {
  for (const std::string_view table : kTablesOfTrials) {
    connection_
        .query(fmt::format("DELETE FROM {} WHERE trial_id IN "
                           "(SELECT trial_id FROM trials WHERE study_id = ?1)",
                           table),
               target.study)
        .run();
  }
  for (const std::string_view table : kTablesOfStudies) {
    connection_.query(fmt::format("DELETE FROM {} WHERE study_id = ?1", table), target.study).run();
  }
  target.deleted = true;
  known_.clear();
}

void SqliteWriter::write(Target& target, const SetStopped& stop) {
  connection_
      .query("UPDATE studyhall_studies SET stopped = ?2 WHERE study_id = ?1", target.study,
             stop.reason)
      .run();
  if (connection_.changes() == 0) {
    throw study_without_spec(target.study);
  }
}

void SqliteWriter::write(Target& target, const AddTrial& add) {
  const auto spec = spec_of(target.study);
  check_trial(add.trial, *spec->spec);
  KnownRows::Study& study = known(target.study);
  if (!study.trials) study.trials = trials_.count(target.study);
  check_next_number(add.trial, *study.trials);
  if (!known_.next_trial_id) known_.next_trial_id = trials_.next_trial_id();
  const std::int64_t trial_id = (*known_.next_trial_id)++;
  trials_.insert(target.study, trial_id, add.trial, *spec);
  ++*study.trials;
  remember(target.study, trial_id, add.trial, spec);
}

void SqliteWriter::write(Target& target, const UpdateTrial& update) {
  const auto spec = spec_of(target.study);
  check_trial(update.trial, *spec->spec);
  const std::int64_t number = update.trial.number;
  if (const KnownRows::Running* before = running(target.study, number);
      before != nullptr && before->spec == spec) {
    check_state_change(number, before->trial.state, update.from, update.trial.state);
    trials_.update(before->trial_id, before->trial, update.trial, *spec);
    remember(target.study, before->trial_id, update.trial, spec);
    return;
  }
  const TrialRows::Found found = find_trial(target.study, number);
  check_state_change(number, found.state, update.from, update.trial.state);
  trials_.update(found.trial_id, update.trial, *spec);
  remember(target.study, found.trial_id, update.trial, spec);
}

void SqliteWriter::write(Target& target, const SetIntermediate& set) {
  KnownRows::Running* const known_trial = running(target.study, set.number);
  const std::int64_t trial_id = known_trial != nullptr
                                    ? known_trial->trial_id
                                    : find_trial(target.study, set.number).trial_id;
  trials_.put_intermediate(trial_id, set.step, set.value);
  if (known_trial != nullptr) known_trial->trial.intermediate[set.step] = set.value;
}

void SqliteWriter::write(Target& target, const PutLease& put) {
  const LeaseRecord& lease = put.lease;
  const auto put_lease = [&](std::string_view sql) {
    connection_
        .query(sql, target.study, lease.number, lease.token, lease.worker, lease.attempt,
               lease.length.count(), microseconds(lease.expires_at), lease.current ? 1 : 0,
               lease.told_as)
        .run();
    return connection_.changes() > 0;
  };
  const bool is_known = put_lease(
      "UPDATE studyhall_leases SET worker = ?4, attempt = ?5, length_us = ?6, expires_us = ?7, "
      "is_current = ?8, told_as = ?9 WHERE study_id = ?1 AND number = ?2 AND token = ?3");
  if (is_known) return;
  put_lease(
      "INSERT INTO studyhall_leases SELECT ?1, ?2, coalesce(max(place) + 1, 0), ?3, ?4, ?5, ?6, "
      "?7, ?8, ?9 FROM studyhall_leases WHERE study_id = ?1 AND number = ?2");
}

void SqliteWriter::write(Target& target, const PutFact& put) {
  connection_
      .query(
          "INSERT INTO studyhall_facts (study_id, kind, \"key\", body) VALUES (?1, ?2, ?3, ?4) "
          "ON CONFLICT (study_id, kind, \"key\") DO UPDATE SET body = excluded.body",
          target.study, put.fact.kind, put.fact.key, dump_json(put.fact.body))
      .run();
}

void SqliteWriter::write(Target& target, const SetSpec& set) {
  connection_
      .query("UPDATE studyhall_studies SET spec = ?2 WHERE study_id = ?1", target.study,
             dump_json(set.spec->resolved))
      .run();
  if (connection_.changes() == 0) {
    throw study_without_spec(target.study);
  }
  known(target.study).spec.reset();
}

void SqliteWriter::write(Target& target, const AddTask& add) {
  add_task(connection_, target.study, add.record);
}

void SqliteWriter::write(Target& target, const UpdateTask& update) {
  update_task(connection_, target.study, update.from, update.record);
}

void SqliteWriter::write(Target& target, const PutTrialBlock& put) {
  connection_
      .query(
          "INSERT INTO studyhall_trial_blocks (study_id, first_number, body) VALUES (?1, ?2, ?3) "
          "ON CONFLICT (study_id, first_number) DO UPDATE SET body = excluded.body",
          target.study, put.first, Blob{put.bytes})
      .run();
}

void SqliteWriter::add_event(StudyId study, const Event& event) {
  connection_
      .query(
          "INSERT INTO studyhall_events (study_id, sequence, time_us, author, kind, body) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
          study, event.sequence, microseconds(event.time), event.author, to_string(event.kind),
          dump_json(event.body))
      .run();
  known(study).last_sequence = event.sequence;
}

void SqliteWriter::add_request(StudyId study, const RequestRecord& request) {
  connection_
      .query(
          "INSERT INTO studyhall_requests (study_id, request_id, verb, answer) "
          "VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
          study, request.request_id, request.verb, dump_json(request.answer))
      .run();
  if (connection_.changes() == 0) {
    throw request_taken(request.request_id);
  }
}

std::int64_t SqliteWriter::next_study_id() {
  Query id = connection_.query(
      "SELECT max(high_water, coalesce((SELECT max(study_id) FROM studies), 0)) + 1 "
      "FROM studyhall_ids WHERE name = 'studies'");
  id.next();
  return id.integer(0);
}

KnownRows::Study& SqliteWriter::known(StudyId study) {
  const auto found = known_.studies.find(study);
  if (found != known_.studies.end()) return found->second;
  if (!connection_.query("SELECT 1 FROM studies WHERE study_id = ?1", study).next()) {
    throw no_such_study(study);
  }
  return known_.studies[study];
}

std::int64_t SqliteWriter::last_sequence(StudyId study) {
  std::optional<std::int64_t>& sequence = known(study).last_sequence;
  if (!sequence) {
    Query last =
        connection_.query("SELECT max(sequence) FROM studyhall_events WHERE study_id = ?1", study);
    sequence = last.next() ? last.integer(0) : 0;
  }
  return *sequence;
}

std::shared_ptr<const StoredSpec> SqliteWriter::spec_of(StudyId study) {
  std::shared_ptr<const StoredSpec>& spec = known(study).spec;
  if (!spec) {
    Query row = connection_.query("SELECT spec FROM studyhall_studies WHERE study_id = ?1", study);
    if (!row.next()) {
      throw study_without_spec(study);
    }
    spec = specs_.find(study, row.text(0));
  }
  return spec;
}

KnownRows::Running* SqliteWriter::running(StudyId study, std::int64_t number) {
  auto& trials = known_.running[study];
  const auto found = trials.find(number);
  return found == trials.end() ? nullptr : &found->second;
}

void SqliteWriter::remember(StudyId study, std::int64_t trial_id, const Trial& trial,
                            std::shared_ptr<const StoredSpec> spec) {
  if (trial.state == TrialState::Running) {
    known_.running[study][trial.number] = {trial_id, trial, std::move(spec)};
  } else {
    known_.running[study].erase(trial.number);
  }
}

TrialRows::Found SqliteWriter::find_trial(StudyId study, std::int64_t number) {
  const auto found = trials_.find(study, number);
  if (!found) {
    throw no_such_trial(study, number);
  }
  return *found;
}

}  // namespace studyhall::storage
