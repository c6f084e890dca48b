// The insides of StudyService: which studies are in memory, and how a verb gets at one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/hash.h"
#include "server/ask_waiters.h"
#include "server/commit_queue.h"
#include "server/live_study.h"
#include "server/study_service.h"
#include "server/study_watchers.h"

namespace studyhall::server {

class StudyService::Impl {
 public:
  Impl(storage::Storage& storage, const Clock& clock, ServiceOptions options);

  using Live = std::shared_ptr<LiveStudy>;

  // The study of that name; Error(NotFound) naming it, and the nearest known name.
  Live find(const std::string& name);
  // Every study of the storage that has a study file.
  std::vector<Live> all();
  // Those that are in memory, so all that a worker of this service may hold a lease of.
  std::vector<Live> in_memory();
  void forget(const std::string& name);

  // The model, read from storage where it has to be. Error(NotFound) if the study was deleted.
  // REQUIRES: live.mutex is held.
  StudyModel& loaded(LiveStudy& live);

  // The same, to be changed: what other programs wrote is taken into the order first, queued to be
  // written before what the caller submits; `adopted` gets its ticket.
  StudyModel& writable(LiveStudy& live, std::vector<CommitQueue::Ticket>* adopted = nullptr);

  // Queues the changes with the leases that beats have moved, and remembers the answer. REQUIRES:
  // live.mutex is held since the changes were made; `changes` is not empty.
  CommitQueue::Ticket submit(LiveStudy& live, std::vector<storage::Change> changes,
                             std::optional<storage::RequestRecord> request = std::nullopt);

  // nullopt for an empty id.
  static std::optional<storage::RequestRecord> record_of(const std::string& request_id,
                                                         const std::string& verb, Json answer) {
    if (request_id.empty()) return std::nullopt;
    return storage::RequestRecord{request_id, verb, std::move(answer)};
  }

  // The answer given before to this request, once it is durable. Error(Conflict) if the id was used
  // for another verb. An empty id has no answer.
  std::optional<Json> answered(LiveStudy& live, const std::string& request_id,
                               std::string_view verb);

  // Trials lost by their workers, and trials that other programs wrote; after a jump of the clock
  // every lease gets its full length first. REQUIRES: live.mutex is
  // held.
  std::vector<CommitQueue::Ticket> tidy(LiveStudy& live);

  // Runs a verb on one study; again when another program wrote at the same time.
  template <typename Verb>
  auto on(const std::string& name, Verb verb) {
    for (int tries = 0; tries < kTries; ++tries) {
      const Live live = find(name);
      try {
        return verb(*live);
      } catch (const StateIsStale&) {
      }
    }
    throw Error(ErrorCode::Unavailable,
                "study \"" + name + "\": other programs keep writing to the database; try again");
  }

  void wait(const std::vector<CommitQueue::Ticket>& tickets);
  // The same, unless the caller keeps the answer back until they are written
  // (server/deferred_answer.h). For verbs whose answer is known without the database.
  void wait_or_defer(const std::vector<CommitQueue::Ticket>& tickets);
  void read_again();

  // Waits where the request asks for it and there is nothing to hand out.
  AskAnswer ask(LiveStudy& live, const AskRequest& request);

  // Jumps of the wall clock seen so far: it and the steady clock ran apart by more than a minute
  // between two calls.
  std::uint64_t clock_jumps();

  storage::Storage& storage;
  const Clock& clock;
  ServiceOptions options;

 private:
  static constexpr int kTries = 20;

  void note_written(std::span<const storage::Change> changes);
  // The ask as it can be answered now.
  AskAnswer ask_now(LiveStudy& live, const AskRequest& request);
  // One of the trials and tasks of an ask. Nothing in either when the status is not Trials.
  AskAnswer ask_one(LiveStudy& live, const AskRequest& request, int index,
                    CommitQueue::Ticket& ticket);
  // A task, where one comes before every trial that waits; else, to a worker that takes tasks
  // alone, what keeps it from one, and nullopt to one that takes trials as well.
  std::optional<AskAnswer> ask_task(LiveStudy& live, const AskRequest& request, int index,
                                    CommitQueue::Ticket& ticket);
  // One of the trials of an ask. Nothing in `trials` when the status is not Trials.
  AskAnswer ask_trial(LiveStudy& live, const AskRequest& request, int index,
                      CommitQueue::Ticket& ticket);
  AskAnswer hand_out(LiveStudy& live, const AskRequest& request, int index, std::int64_t number,
                     HandOut what, CommitQueue::Ticket& ticket);
  // The request record of the `index`-th trial or task of an ask; nullopt for an ask without an id.
  static std::optional<storage::RequestRecord> part_record(const AskRequest& request, int index,
                                                           const AskAnswer& answer);
  // Those that agents shall be shown.
  void add_insights(LiveStudy& live, AskAnswer& answer);
  void sync_asker(LiveStudy& live, StudyModel& study);

  std::mutex clock_mutex_;  // guards what follows
  Timestamp last_now_;
  Duration last_steady_{};
  std::uint64_t jumps_ = 0;

  std::mutex mutex_;  // guards studies_
  std::map<std::string, Live> studies_;

 public:
  StudyWatchers watchers;
  AskWaiters waiters;
  CommitQueue queue;  // the last, as its thread uses the others
};

// Of an ask of a study: how long it asks for, else the experiment's time limit + 10 %, else a day.
storage::LeaseRecord new_lease(const ServiceOptions& options, const StudySpec& spec,
                               const AskRequest& request, Timestamp now);
// Whether the answer to the ask would be Wait. May be wrong for a worker that takes tasks too, of a
// space that may be exhausted.
bool has_to_wait(const StudyModel& study, const AskRequest& request, Timestamp now);
// Tags that the asking worker takes, sorted: the request's, else the study file's.
std::vector<std::string> accepts_of(const StudySpec& spec, const AskRequest& request);

}  // namespace studyhall::server
