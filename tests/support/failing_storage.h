// A Storage whose next commits can be made to fail.
#pragma once

#include <atomic>
#include <span>
#include <string>
#include <vector>

#include "core/error.h"
#include "storage/storage.h"

namespace studyhall::testing {

class FailingStorage : public storage::Storage {
 public:
  explicit FailingStorage(storage::Storage& inner) : inner_(inner) {}

  // The next `commits` commits throw Error(Unavailable) and write nothing.
  void fail_next(int commits) { failures_ = commits; }

  storage::CommitResult commit(std::span<const storage::Change> group) override {
    if (failures_ > 0) {
      --failures_;
      throw Error(ErrorCode::Unavailable, "database or disk is full");
    }
    return inner_.commit(group);
  }
  bool refresh() override { return inner_.refresh(); }
  std::vector<storage::StudyRecord> studies() override { return inner_.studies(); }
  std::optional<storage::StudyRecord> find_study(const std::string& name) override {
    return inner_.find_study(name);
  }
  std::vector<Trial> trials(storage::StudyId study, const storage::TrialFilter& filter) override {
    return inner_.trials(study, filter);
  }
  std::vector<std::int64_t> trial_blocks(storage::StudyId study) override {
    return inner_.trial_blocks(study);
  }
  std::optional<std::string> trial_block(storage::StudyId study, std::int64_t first) override {
    return inner_.trial_block(study, first);
  }
  std::vector<Event> events(storage::StudyId study, std::int64_t after, int limit) override {
    return inner_.events(study, after, limit);
  }
  std::int64_t last_sequence(storage::StudyId study) override {
    return inner_.last_sequence(study);
  }
  std::vector<storage::LeaseRecord> leases(storage::StudyId study) override {
    return inner_.leases(study);
  }
  std::vector<storage::Fact> facts(storage::StudyId study) override { return inner_.facts(study); }
  std::vector<storage::TaskRecord> tasks(storage::StudyId study) override {
    return inner_.tasks(study);
  }
  std::optional<storage::RequestRecord> find_request(storage::StudyId study,
                                                     const std::string& id) override {
    return inner_.find_request(study, id);
  }

 private:
  storage::Storage& inner_;
  std::atomic<int> failures_ = 0;
};

}  // namespace studyhall::testing
