// The job that a worker holds, kept in its journal until it is told or given back.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/study_api.h"
#include "worker_shim/beat.h"
#include "worker_shim/journal.h"
#include "worker_shim/patience.h"
#include "worker_shim/run_outcome.h"

namespace studyhall::worker_shim {

class HeldJob {
 public:
  // All must outlive this.
  HeldJob(StudyApi& api, std::string study, const Journal& journal, const Patience& patience,
          Say say)
      : api_(api),
        study_(std::move(study)),
        journal_(journal),
        patience_(patience),
        say_(std::move(say)) {}

  // What an earlier process left.
  void load() { entry_ = journal_.load(); }
  JournalEntry& entry() { return entry_; }
  [[nodiscard]] const JournalEntry& entry() const { return entry_; }
  [[nodiscard]] bool is_empty() const { return !entry_.job.has_value(); }
  // REQUIRES: !is_empty().
  [[nodiscard]] const Job& job() const { return *entry_.job; }
  [[nodiscard]] std::string label() const { return job().label(); }

  // False, after saying why, if the journal cannot be written.
  bool save();
  void save_or_throw() const { journal_.save(entry_); }
  // Holds nothing from now on; jobs that wait for answers stay. drop() writes that down.
  void clear();
  void drop();
  // The held job waits for the answer of a question from now on, and another may be held.
  void set_aside(std::int64_t question);
  // Holds that one of entry().waiting, with the answer. REQUIRES: is_empty().
  void take_up(std::size_t waiting, std::string answer);

  // The lease still is this worker's, as far as the server answers.
  [[nodiscard]] bool is_still_held() const;
  // From now on this is how it ended, whatever becomes of this process; `result` is a task's.
  // REQUIRES: !is_empty().
  void set_result(TellRequest tell, const Json& result);
  [[nodiscard]] bool has_result() const { return entry_.tell || entry_.task_tell; }
  // These three REQUIRE has_result().
  [[nodiscard]] bool is_done() const;  // a complete trial, a task that is done
  [[nodiscard]] bool is_infra_fault() const;
  [[nodiscard]] const std::string& note() const;
  enum class Told {
    Yes,
    Refused,  // and said; the server has what became of that
    NotYet,   // interrupted before an answer: the journal keeps it
  };
  // Tells its result until it is answered; `lines` are what to say of it.
  Told tell(std::vector<std::string>& lines);
  // Gives it back and drops it, with what the attempt has used, which counts though nothing came
  // of it.
  void give_back(const RunOutcome& outcome);
  void give_back();

 private:
  // nullopt when interrupted; throws what the verb throws.
  std::optional<std::vector<std::string>> call_tell();
  void tell_refusal(const std::string& why, std::vector<std::string>& lines);

  StudyApi& api_;
  std::string study_;
  const Journal& journal_;
  const Patience& patience_;
  Say say_;
  JournalEntry entry_;
};

}  // namespace studyhall::worker_shim
