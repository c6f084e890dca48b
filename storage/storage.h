// Where studies and trials are kept.
//
// Thread safety: every call may be made from any thread. commit() calls are serialised; reads run
// beside them and
//   see whole groups or nothing of them.
// Durability: when commit() returns, its group survives a crash of this process and a power loss.
// Values: what is returned is a copy; later writes never change it.
// Identity: a study id is never given out twice, not even after its study is deleted. Trial numbers
// are
//   dense: a study's trials are 0, 1, 2, ... in the order in which they were added.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/event.h"
#include "core/study_spec.h"
#include "core/task.h"
#include "core/trial.h"

namespace studyhall::storage {

using StudyId = std::int64_t;
// In a Change: the study that this change creates.
inline constexpr StudyId kNewStudy = 0;
inline constexpr std::int64_t kTrialsPerBlock = 1024;

struct StudyRecord {
  StudyId id = kNewStudy;
  std::string name;
  std::vector<Direction> directions;
  std::shared_ptr<const StudySpec> spec;  // null for a study that another program (Optuna) made
  std::string stopped;                    // the reason; empty: not stopped
  Timestamp created;
};

struct LeaseRecord {
  std::int64_t number = -1;
  std::string token;
  std::string worker;
  int attempt = 1;
  Duration length{};  // full length, to which a beat extends it
  Timestamp expires_at{};
  bool current = true;  // false: superseded or its trial is done; kept to recognise a late tell
  std::int64_t told_as = -1;  // number of the trial that keeps its holder's result; -1: none told
  bool operator==(const LeaseRecord&) const = default;
};

// A task with its leases, in the order in which they were given.
struct TaskRecord {
  Task task;
  std::vector<LeaseRecord> leases{};
  bool operator==(const TaskRecord&) const = default;
};

// A thing known of a study that is no trial: how a worker stands, an insight. What `body` holds is
// for the one who wrote it.
struct Fact {
  std::string kind;
  std::string key;  // unique within the kind
  Json body;
  bool operator==(const Fact&) const = default;
};

// An answer to be repeated when the same request comes again.
struct RequestRecord {
  std::string request_id;
  std::string verb;  // "ask", "tell", "enqueue", "task", "task tell"
  Json answer;
};

// --- What a change does to the rows ---

struct CreateStudy {
  StudyRecord study;  // its id is ignored
};
struct DeleteStudy {};
struct SetStopped {
  std::string reason;  // empty: resumed
};
// REQUIRES: trial.number is the number of trials that the study has.
struct AddTrial {
  Trial trial;
};
// Replaces the trial of that number. Throws Error(Conflict), and nothing of the group is written,
// unless its stored state is `from` and the change is legal (core/trial.h) or none.
struct UpdateTrial {
  TrialState from = TrialState::Running;
  Trial trial;
};
// Adds or replaces one intermediate value, without rewriting the trial.
struct SetIntermediate {
  std::int64_t number = -1;
  std::int64_t step = 0;
  double value = 0;
};
// Adds a lease, or replaces the one of that trial with that token.
struct PutLease {
  LeaseRecord lease;
};
// Adds a fact, or replaces the one of that kind and key.
struct PutFact {
  Fact fact;
};
// Adds a task: REQUIRES: its number is the number of tasks that the study has.
struct AddTask {
  TaskRecord record;
};
// Replaces the task of that number, with its leases. Throws Error(Conflict), and nothing of the
// group is written, unless its stored state is `from` and the change is legal (core/task.h) or
// none.
struct UpdateTask {
  TaskState from = TaskState::Running;
  TaskRecord record;
};
// Replaces the study file. Trials keep the parameters that they have: from then on reads give them
// as core/space_edit.h fits them to the new space. REQUIRES: the same name and directions.
struct SetSpec {
  std::shared_ptr<const StudySpec> spec;
};

// Keeps the ended trials first .. first + kTrialsPerBlock - 1 in one piece, in a form of the
// writer's, so that a start need not read their rows. Goes when one of these trials or the study
// file is changed, by whichever program; nothing is lost with it, and a storage may keep none.
// REQUIRES: `first` is a multiple of kTrialsPerBlock, and these trials have ended.
struct PutTrialBlock {
  std::int64_t first = 0;
  std::string bytes;
};

using Write =
    std::variant<CreateStudy, DeleteStudy, SetStopped, AddTrial, UpdateTrial, SetIntermediate,
                 PutLease, PutFact, SetSpec, AddTask, UpdateTask, PutTrialBlock>;

// One event with everything that it changes. Only the extension of a lease has no event.
struct Change {
  StudyId study = kNewStudy;
  std::optional<Event> event{};
  std::vector<Write> writes{};
  std::optional<RequestRecord> request{};
};

enum class CommitOutcome {
  Committed,
  // Another connection has written to the database since the last refresh(): nothing was written.
  // Call refresh(), bring the state up to date, and decide again.
  Stale,
};

struct CommitResult {
  CommitOutcome outcome = CommitOutcome::Committed;
  std::vector<StudyId> created;  // ids of the CreateStudy writes, in their order
};

struct TrialFilter {
  std::int64_t after = -1;               // numbers above this
  std::optional<std::int64_t> number{};  // only this one
  std::optional<TrialState> state{};
  std::string worker{};  // empty: any
  int limit = 0;         // 0: all
};

class Storage {
 public:
  virtual ~Storage() = default;

  // Makes all changes of the group durable together, or none of them. Changes of one study are in
  // the order of their events, which continue the study's sequence without a gap.
  //
  // Throws Error(Unavailable) if the database is busy for longer than its timeout, the disk is full
  // or a write fails; Error(Conflict) as stated at the writes, for a study name that is taken, or
  // an event, trial or task number that does not continue, or a request id that has been answered;
  // Error(NotFound) for a study or trial that is not there; Error(Invalid) for a trial that does
  // not fit its study, with a value that is NaN, or with a metric named "worker";
  // Error(Unsupported) for trials of a study without a spec. Nothing is written then.
  [[nodiscard]] virtual CommitResult commit(std::span<const Change> group) = 0;

  // Whether another connection has written since the last refresh (or since opening), and forget
  // it: the next commit is not Stale on account of it. Reads that follow see what was written.
  [[nodiscard]] virtual bool refresh() = 0;

  // Ascending by id.
  [[nodiscard]] virtual std::vector<StudyRecord> studies() = 0;
  [[nodiscard]] virtual std::optional<StudyRecord> find_study(const std::string& name) = 0;

  // Ascending by number. A study without a spec has no trials here.
  [[nodiscard]] virtual std::vector<Trial> trials(StudyId study, const TrialFilter& filter) = 0;
  // The first trials of the blocks that there are, ascending.
  [[nodiscard]] virtual std::vector<std::int64_t> trial_blocks(StudyId study) = 0;
  // The bytes of one; nullopt: there is none.
  [[nodiscard]] virtual std::optional<std::string> trial_block(StudyId study,
                                                               std::int64_t first) = 0;
  // Events with a sequence above `after`, ascending, at most `limit` (0: all).
  [[nodiscard]] virtual std::vector<Event> events(StudyId study, std::int64_t after, int limit) = 0;
  // The last event's sequence; 0 for a study without events.
  [[nodiscard]] virtual std::int64_t last_sequence(StudyId study) = 0;
  // All leases of trials that are not finished, and those of finished ones that are still kept,
  // ascending by number, then in the order in which they were added.
  [[nodiscard]] virtual std::vector<LeaseRecord> leases(StudyId study) = 0;
  // By kind, then by key.
  [[nodiscard]] virtual std::vector<Fact> facts(StudyId study) = 0;
  // Ascending by number.
  [[nodiscard]] virtual std::vector<TaskRecord> tasks(StudyId study) = 0;
  [[nodiscard]] virtual std::optional<RequestRecord> find_request(
      StudyId study, const std::string& request_id) = 0;
};

}  // namespace studyhall::storage
