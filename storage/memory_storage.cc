#include "storage/memory_storage.h"

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/space_edit.h"
#include "storage/group_check.h"

namespace studyhall::storage {
namespace {

struct Study {
  StudyRecord record;
  std::vector<Trial> trials;
  std::vector<Event> events;
  std::vector<LeaseRecord> leases;
  std::unordered_map<std::string, std::size_t> lease_positions;  // by token
  std::map<std::string, RequestRecord> requests;
  std::map<std::pair<std::string, std::string>, Json> facts;  // by kind and key
  std::vector<TaskRecord> tasks;
};

using Studies = std::map<StudyId, Study>;

// Applies the changes of one group to `studies`, noting how to take each back.
class GroupWriter {
 public:
  GroupWriter(Studies& studies, StudyId& last_id) : studies_(studies), last_id_(last_id) {}

  void apply(const Change& change) {
    study_ = change.study;
    deleted_ = false;
    if (change.event) {
      check_next_event(*change.event, study_ == kNewStudy ? 0 : std::ssize(study(study_).events));
    }
    if (study_ != kNewStudy) {
      study(study_);
    }
    for (const Write& one : change.writes) {
      if (std::holds_alternative<CreateStudy>(one) != (study_ == kNewStudy) || deleted_) {
        throw misplaced_write(study_);
      }
      std::visit([&](const auto& what) { write(what); }, one);
    }
    if (study_ == kNewStudy) {
      throw misplaced_write(study_);
    }
    if (!deleted_) {
      finish(change);
    }
  }

  // Takes back everything that was applied.
  void roll_back() {
    for (auto step = undo_.rbegin(); step != undo_.rend(); ++step) {
      (*step)();
    }
  }

  [[nodiscard]] const std::vector<StudyId>& created() const { return created_; }

 private:
  Study& study(StudyId id) {
    const auto found = studies_.find(id);
    if (found == studies_.end()) {
      throw no_such_study(id);
    }
    return found->second;
  }

  // Appends to a list of the study, undone by dropping the last element.
  template <class Element>
  void append(std::vector<Element> Study::*list, Element element) {
    (study(study_).*list).push_back(std::move(element));
    undo_.emplace_back([this, id = study_, list] { (study(id).*list).pop_back(); });
  }

  // Replaces an element of a list of the study, undone by putting the old one back.
  template <class Element>
  void replace(std::vector<Element> Study::*list, std::size_t position, Element element) {
    std::swap((study(study_).*list)[position], element);
    undo_.emplace_back([this, id = study_, list, position, old = std::move(element)] {
      (study(id).*list)[position] = old;
    });
  }

  void write(const CreateStudy& create) {
    check_new_study(create.study);
    for (const auto& [id, known] : studies_) {
      if (known.record.name == create.study.name) {
        throw name_taken(known.record.name);
      }
    }
    // An id is not given out twice, so that it is not taken back either.
    study_ = ++last_id_;
    Study& added = studies_[study_];
    added.record = create.study;
    added.record.id = study_;
    undo_.emplace_back([this, id = study_] { studies_.erase(id); });
    created_.push_back(study_);
  }

  void write(const DeleteStudy& /*remove*/) {
    auto node = std::make_shared<Studies::node_type>(studies_.extract(study_));
    undo_.emplace_back([this, node] { studies_.insert(std::move(*node)); });
    deleted_ = true;
  }

  void write(const SetStopped& stop) {
    std::string old = std::exchange(study(study_).record.stopped, stop.reason);
    undo_.emplace_back(
        [this, id = study_, old = std::move(old)] { study(id).record.stopped = old; });
  }

  void write(const AddTrial& add) {
    const Study& target = study(study_);
    check_trial(add.trial, *target.record.spec);
    check_next_number(add.trial, std::ssize(target.trials));
    append(&Study::trials, add.trial);
  }

  void write(const UpdateTrial& update) {
    const Study& target = study(study_);
    check_trial(update.trial, *target.record.spec);
    const std::size_t position = position_of(update.trial.number);
    check_state_change(update.trial.number, target.trials[position].state, update.from,
                       update.trial.state);
    replace(&Study::trials, position, update.trial);
  }

  void write(const SetIntermediate& set) {
    const std::size_t position = position_of(set.number);
    std::map<std::int64_t, double>& values = study(study_).trials[position].intermediate;
    const auto old = values.find(set.step);
    const auto old_value = old == values.end() ? std::nullopt : std::optional(old->second);
    values[set.step] = set.value;
    undo_.emplace_back([this, id = study_, position, step = set.step, old_value] {
      std::map<std::int64_t, double>& undone = study(id).trials[position].intermediate;
      if (old_value) {
        undone[step] = *old_value;
      } else {
        undone.erase(step);
      }
    });
  }

  void write(const PutLease& put) {
    Study& target = study(study_);
    const std::string& token = put.lease.token;
    const auto [known, is_new] = target.lease_positions.emplace(token, target.leases.size());
    if (!is_new) {
      replace(&Study::leases, known->second, put.lease);
      return;
    }
    undo_.emplace_back([this, id = study_, token] { study(id).lease_positions.erase(token); });
    append(&Study::leases, put.lease);
  }

  void write(const PutFact& put) {
    const std::pair key(put.fact.kind, put.fact.key);
    std::map<std::pair<std::string, std::string>, Json>& facts = study(study_).facts;
    const auto old = facts.find(key);
    const auto old_body = old == facts.end() ? std::nullopt : std::optional(old->second);
    facts[key] = put.fact.body;
    undo_.emplace_back([this, id = study_, key, old_body] {
      if (old_body) {
        study(id).facts[key] = *old_body;
      } else {
        study(id).facts.erase(key);
      }
    });
  }

  void write(const AddTask& add) {
    check_next_task(add.record.task, std::ssize(study(study_).tasks));
    append(&Study::tasks, add.record);
  }

  void write(const UpdateTask& update) {
    const std::vector<TaskRecord>& tasks = study(study_).tasks;
    const std::int64_t number = update.record.task.number;
    if (number < 0 || number >= std::ssize(tasks)) throw no_such_task(study_, number);
    const auto position = static_cast<std::size_t>(number);
    check_task_change(number, tasks[position].task.state, update.from, update.record.task.state);
    replace(&Study::tasks, position, update.record);
  }

  void write(const SetSpec& set) {
    Study& edited = study(study_);
    auto old = std::exchange(edited.record.spec, set.spec);
    undo_.emplace_back([this, id = study_, old] { study(id).record.spec = old; });
    if (same_space(*old, *set.spec)) {
      return;
    }
    undo_.emplace_back([this, id = study_, trials = edited.trials] { study(id).trials = trials; });
    for (Trial& trial : edited.trials) {
      refit_trial(*old, *set.spec, trial);
    }
  }

  // Nothing is ever read again at a start.
  void write(const PutTrialBlock& /*put*/) {}

  std::size_t position_of(std::int64_t number) {
    if (number < 0 || number >= std::ssize(study(study_).trials)) {
      throw no_such_trial(study_, number);
    }
    return static_cast<std::size_t>(number);
  }

  void finish(const Change& change) {
    if (change.event) {
      append(&Study::events, *change.event);
    }
    if (change.request) {
      const std::string& request_id = change.request->request_id;
      if (!study(study_).requests.emplace(request_id, *change.request).second) {
        throw request_taken(request_id);
      }
      undo_.emplace_back([this, id = study_, request_id] { study(id).requests.erase(request_id); });
    }
  }

  Studies& studies_;
  StudyId& last_id_;
  std::vector<std::function<void()>> undo_;
  StudyId study_ = kNewStudy;
  bool deleted_ = false;
  std::vector<StudyId> created_;
};

bool passes(const Trial& trial, const TrialFilter& filter) {
  return (!filter.number || trial.number == *filter.number) &&
         (!filter.state || trial.state == *filter.state) &&
         (filter.worker.empty() || trial.record.worker == filter.worker);
}

template <class Element>
bool is_full(const std::vector<Element>& found, int limit) {
  return limit > 0 && std::ssize(found) >= limit;
}

class MemoryStorage final : public Storage {
 public:
  CommitResult commit(std::span<const Change> group) override {
    const std::unique_lock lock(mutex_);
    GroupWriter writer(studies_, last_id_);
    try {
      for (const Change& change : group) {
        writer.apply(change);
      }
    } catch (...) {
      writer.roll_back();
      throw;
    }
    return {.outcome = CommitOutcome::Committed, .created = writer.created()};
  }

  bool refresh() override { return false; }

  std::vector<StudyRecord> studies() override {
    const std::shared_lock lock(mutex_);
    std::vector<StudyRecord> records;
    for (const auto& [id, study] : studies_) {
      records.push_back(study.record);
    }
    return records;
  }

  std::optional<StudyRecord> find_study(const std::string& name) override {
    const std::shared_lock lock(mutex_);
    for (const auto& [id, study] : studies_) {
      if (study.record.name == name) {
        return study.record;
      }
    }
    return std::nullopt;
  }

  std::vector<Trial> trials(StudyId study, const TrialFilter& filter) override {
    const std::shared_lock lock(mutex_);
    std::vector<Trial> found;
    const std::vector<Trial>& all = find(study).trials;
    const auto begin = static_cast<std::size_t>(std::max<std::int64_t>(filter.after + 1, 0));
    for (std::size_t position = begin; position < all.size(); ++position) {
      if (passes(all[position], filter)) {
        found.push_back(all[position]);
      }
      if (is_full(found, filter.limit)) {
        break;
      }
    }
    return found;
  }

  std::vector<std::int64_t> trial_blocks(StudyId /*study*/) override { return {}; }
  std::optional<std::string> trial_block(StudyId /*study*/, std::int64_t /*first*/) override {
    return std::nullopt;
  }

  std::vector<Event> events(StudyId study, std::int64_t after, int limit) override {
    const std::shared_lock lock(mutex_);
    std::vector<Event> found;
    const std::vector<Event>& all = find(study).events;
    const auto begin = static_cast<std::size_t>(std::max<std::int64_t>(after, 0));
    for (std::size_t position = begin; position < all.size(); ++position) {
      found.push_back(all[position]);
      if (is_full(found, limit)) {
        break;
      }
    }
    return found;
  }

  std::int64_t last_sequence(StudyId study) override {
    const std::shared_lock lock(mutex_);
    return std::ssize(find(study).events);
  }

  std::vector<LeaseRecord> leases(StudyId study) override {
    const std::shared_lock lock(mutex_);
    std::vector<LeaseRecord> found = find(study).leases;
    std::ranges::stable_sort(found, {}, &LeaseRecord::number);
    return found;
  }

  std::vector<Fact> facts(StudyId study) override {
    const std::shared_lock lock(mutex_);
    std::vector<Fact> found;
    for (const auto& [key, body] : find(study).facts)
      found.push_back({key.first, key.second, body});
    return found;
  }

  std::vector<TaskRecord> tasks(StudyId study) override {
    const std::shared_lock lock(mutex_);
    return find(study).tasks;
  }

  std::optional<RequestRecord> find_request(StudyId study, const std::string& request_id) override {
    const std::shared_lock lock(mutex_);
    const auto& requests = find(study).requests;
    const auto found = requests.find(request_id);
    return found == requests.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  // An empty study for an id that is not there.
  [[nodiscard]] const Study& find(StudyId study) const {
    static const Study kNone;
    const auto found = studies_.find(study);
    return found == studies_.end() ? kNone : found->second;
  }

  std::shared_mutex mutex_;
  Studies studies_;
  StudyId last_id_ = kNewStudy;
};

}  // namespace

std::unique_ptr<Storage> make_memory_storage() { return std::make_unique<MemoryStorage>(); }

}  // namespace studyhall::storage
