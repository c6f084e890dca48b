// Keeps the lease of a trial or task alive while it runs, and hears whether to go on.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/study_api.h"
#include "worker_shim/job.h"

namespace studyhall::worker_shim {

using Say = std::function<void(const std::string& line)>;

enum class BeatVerdict {
  GoOn,
  Prune,
  Stop,  // the study was stopped, or the job is no longer this worker's
};

// A thread of its own calls the server, so that an experiment never waits for an answer. A server
// that does not answer changes nothing: the experiment goes on.
class Beat {
 public:
  // Of a run that is no trial: nothing is sent, and it goes on.
  Beat() = default;
  // The lease's api must outlive this; `say` may be called from the thread.
  Beat(JobLease lease, std::chrono::milliseconds every, Say say);
  // Reports what is still to be reported, then ends; takes as long as a call to the server may.
  ~Beat() { finish(); }
  Beat(const Beat&) = delete;
  Beat& operator=(const Beat&) = delete;

  // Queues an intermediate value of a trial. Of more than kMostQueued the oldest are dropped.
  void report(std::int64_t step, double value);
  // What it is at, said with the next beat, which comes at once.
  void set_stage(const std::string& stage);
  // Parks the job for `time` in place of beating, until resume(): its lease is kept meanwhile.
  // What the server has to say is heard at each beat as before.
  void park(std::chrono::duration<double> time, const std::string& reason);
  void resume();
  // May be called from any thread.
  [[nodiscard]] BeatVerdict verdict() const { return verdict_; }
  void finish();

  static constexpr std::size_t kMostQueued = 1000;

 private:
  struct Report {
    std::int64_t step = 0;
    double value = 0;
  };

  void run();
  // False: the server did not answer.
  bool send(const Report* report);
  BeatAnswer beat();
  void heed(const BeatAnswer& answer);

  const std::optional<JobLease> lease_;
  const std::chrono::milliseconds every_{0};
  const Say say_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Report> queue_;
  std::optional<std::chrono::steady_clock::time_point> parked_until_;
  std::string park_reason_;
  std::string stage_;
  bool beat_now_ = false;
  bool finishing_ = false;
  bool unanswered_ = false;
  std::atomic<BeatVerdict> verdict_ = BeatVerdict::GoOn;
  std::thread thread_;
};

}  // namespace studyhall::worker_shim
