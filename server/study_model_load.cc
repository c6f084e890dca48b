#include <algorithm>
#include <future>
#include <utility>

#include "server/foreign_trial.h"
#include "server/stored_trials.h"
#include "server/study_model.h"

namespace studyhall::server {

using storage::LeaseRecord;

StudyModel StudyModel::load(storage::Storage& storage, const storage::StudyRecord& record) {
  StudyModel study(record);
  study.last_sequence_ = storage.last_sequence(record.id);
  for (storage::TaskRecord& task : storage.tasks(record.id)) study.place_task(std::move(task));
  study.load_trials(storage);
  study.rank_all();
  for (const storage::Fact& fact : storage.facts(record.id)) study.recall(fact);
  std::sort(study.insights_.begin(), study.insights_.end(),
            [](const Insight& a, const Insight& b) { return a.id < b.id; });
  std::sort(study.questions_.begin(), study.questions_.end(),
            [](const Question& a, const Question& b) { return a.id < b.id; });
  std::sort(study.topics_.begin(), study.topics_.end(),
            [](const Topic& a, const Topic& b) { return a.numbers < b.numbers; });
  return study;
}

void StudyModel::load_trials(storage::Storage& storage) {
  std::future<std::vector<LeaseRecord>> leases = std::async(
      std::launch::async, [&storage, study = record_.id] { return storage.leases(study); });
  StoredTrials stored(storage, record_.id);
  std::vector<std::int64_t> maybe_news;
  for (;;) {
    StoredTrials::Piece piece = stored.next();
    if (piece.trials.empty()) break;
    const std::int64_t first = piece.trials.front().trial.number;
    for (BlockTrial& one : piece.trials) {
      Trial& trial = one.trial;
      if (trial.record.told == 0) maybe_news.push_back(trial.number);
      const std::optional<Digest> held = piece.is_block ? one.holds : held_of(trial);
      place(std::move(trial), held);
    }
    if (piece.is_block) blocks_.note_stored(first);
  }
  for (LeaseRecord& lease : leases.get()) {
    if (lease.current) expiries_.emplace(lease.expires_at, lease.number);
    leases_.add(std::move(lease));
  }
  for (const std::int64_t number : maybe_news) {
    if (is_news(trial(number))) foreign_.push_back(number);
  }
}

bool StudyModel::is_news(const Trial& trial) const {
  if (is_finished(trial.state)) return trial.record.told == 0;
  const TrialRecord& record = trial.record;
  const bool waits_of_ours =
      record.attempt > 0 || record.purpose != Purpose::Suggested || !record.sampler.empty();
  const bool ours =
      trial.state == TrialState::Running ? current_lease(trial.number) != nullptr : waits_of_ours;
  return !ours && record.foreign != foreign_digest(space(), trial);
}

void StudyModel::find_foreign(Trial trial) {
  const std::int64_t number = trial.number;
  place(std::move(trial));
  foreign_.push_back(number);
}

void StudyModel::rank_all() {
  std::vector<std::pair<std::int64_t, std::int64_t>> finished;  // told, number
  TrialOutline trial;
  for (std::size_t n = 0; n < trials_.size(); ++n) {
    trials_.read(n, trial);
    const bool failed = trial.state == TrialState::Fail && trial.reason == FailReason::BadConfig;
    if ((trial.state == TrialState::Complete || failed) && trial.told > 0) {
      finished.emplace_back(trial.told, n);
    }
  }
  std::sort(finished.begin(), finished.end());
  standing_ = Standing(spec());
  for (const auto& [told, number] : finished) rank(this->trial(number));
}

std::optional<storage::Write> StudyModel::take_block_write() {
  const std::optional<std::int64_t> first = blocks_.take();
  if (!first) return std::nullopt;
  TrialBlockWriter block;
  for (std::int64_t n = *first; n < *first + storage::kTrialsPerBlock; ++n) {
    block.add(trial(n), holders_.held_by(n));
  }
  return storage::PutTrialBlock{*first, block.bytes()};
}

}  // namespace studyhall::server
