#include "server/metered_storage.h"

namespace studyhall::server {
namespace {

using namespace studyhall::storage;

class MeteredStorage final : public Storage {
 public:
  MeteredStorage(Storage& storage, CommitMetrics& metrics) : storage_(storage), metrics_(metrics) {}

  CommitResult commit(std::span<const Change> group) override {
    const auto begin = std::chrono::steady_clock::now();
    try {
      CommitResult result = storage_.commit(group);
      if (result.outcome == CommitOutcome::Stale) {
        metrics_.stale.fetch_add(1, std::memory_order_relaxed);
        return result;
      }
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      metrics_.seconds.add(took.count());
      metrics_.changes.add(static_cast<double>(group.size()));
      return result;
    } catch (...) {
      metrics_.failures.fetch_add(1, std::memory_order_relaxed);
      throw;
    }
  }
  bool refresh() override { return storage_.refresh(); }
  std::vector<StudyRecord> studies() override { return storage_.studies(); }
  std::optional<StudyRecord> find_study(const std::string& name) override {
    return storage_.find_study(name);
  }
  std::vector<Trial> trials(StudyId study, const TrialFilter& filter) override {
    return storage_.trials(study, filter);
  }
  std::vector<std::int64_t> trial_blocks(StudyId study) override {
    return storage_.trial_blocks(study);
  }
  std::optional<std::string> trial_block(StudyId study, std::int64_t first) override {
    return storage_.trial_block(study, first);
  }
  std::vector<Event> events(StudyId study, std::int64_t after, int limit) override {
    return storage_.events(study, after, limit);
  }
  std::int64_t last_sequence(StudyId study) override { return storage_.last_sequence(study); }
  std::vector<LeaseRecord> leases(StudyId study) override { return storage_.leases(study); }
  std::vector<Fact> facts(StudyId study) override { return storage_.facts(study); }
  std::vector<TaskRecord> tasks(StudyId study) override { return storage_.tasks(study); }
  std::optional<RequestRecord> find_request(StudyId study, const std::string& request_id) override {
    return storage_.find_request(study, request_id);
  }

 private:
  Storage& storage_;
  CommitMetrics& metrics_;
};

}  // namespace

std::unique_ptr<Storage> meter(Storage& storage, CommitMetrics& metrics) {
  return std::make_unique<MeteredStorage>(storage, metrics);
}

}  // namespace studyhall::server
