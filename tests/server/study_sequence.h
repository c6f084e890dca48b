// A sequence of everything that can happen to a study, compared step by step with a plain
// reference.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/error.h"
#include "server/study_service.h"
#include "storage/storage.h"
#include "tests/support/fake_clock.h"
#include "tests/support/reference_study.h"
#include "tests/support/temp_dir.h"

namespace studyhall::server {

using studyhall::testing::ReferenceStudy;
using studyhall::testing::ReferenceTrial;

inline constexpr const char* kStudy = "s";

// What a step does with a, b and c depends on what there is when it comes.
struct Step {
  int verb = 0;
  int a = 0;
  int b = 0;
  int c = 0;
};
// For RapidCheck.
inline void showValue(const Step& step, std::ostream& out) {
  out << '{' << step.verb << ", " << step.a << ", " << step.b << ", " << step.c << '}';
}

// A departure from the reference.
struct Departure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void require(bool holds, const std::string& what) {
  if (!holds) throw Departure(what);
}

template <typename T, typename U>
void require_equal(const T& found, const U& expected, const std::string& what) {
  if (found == expected) return;
  throw Departure(
      fmt::format("{}: found {}, expected {}", what, Json(found).dump(), Json(expected).dump()));
}

template <typename T>
std::optional<T> unless_refused(const std::function<T()>& verb) {
  try {
    return verb();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::Conflict && error.code() != ErrorCode::Invalid) throw;
    return std::nullopt;
  }
}

// A service on a storage of its own, and the reference beside it. Throws Departure where the two
// differ.
class Sequence {
 public:
  Sequence(bool sqlite, int variant);
  void run(const std::vector<Step>& steps);

 private:
  static constexpr int kHighest = 4;
  static std::vector<Json> all_configurations();
  std::unique_ptr<storage::Storage> open();
  void start();
  void take(const Step& step);
  static std::string worker_name(int n) { return n % 4 == 0 ? "" : "W" + std::to_string(n % 4); }
  [[nodiscard]] std::int64_t any_trial(int n) const {
    return n % static_cast<int>(reference_.trials.size());
  }
  [[nodiscard]] bool has_trials() const { return !reference_.trials.empty(); }
  // The last lease of the trial, an older one, none, or one of another trial.
  [[nodiscard]] std::string any_lease(std::int64_t number, int n) const;
  // A trial that runs, mostly.
  [[nodiscard]] std::int64_t likely_running(int n) const;

  void ask(const Step& step);
  // While several workers are quarantined all may have to wait.
  [[nodiscard]] bool all_wait_allowed() const;
  void take_in(const AskedTrial& asked, std::int64_t expected, const AskRequest& request);
  static void require_same_trials(const std::vector<AskedTrial>& found,
                                  const std::vector<AskedTrial>& expected);
  void tell(const Step& step);
  // Distinct for each step's figures and few enough to be told twice.
  static double value_of(const Step& step) { return step.a + step.c / 64.0; }
  void tell(std::int64_t number, const TellRequest& request);
  [[nodiscard]] bool has_replicates() const;
  // Whether a beat went through to a trial that goes on.
  bool beat(std::int64_t number, const std::string& lease, const std::function<BeatAnswer()>& verb);
  void report(const Step& step);
  void heartbeat(const Step& step);
  void park(const Step& step);
  void release(const Step& step);
  void void_trial(const Step& step);
  void enqueue(const Step& step);
  [[nodiscard]] std::int64_t any_number(int n) const {
    return n % (static_cast<int>(reference_.trials.size()) + 1);
  }
  void stop_or_resume();
  void edit(const Step& step);
  void change_insights(const Step& step);
  void release_worker(const Step& step);
  void advance(const Step& step);
  void jump(const Step& step);
  void crash();
  void write_foreign(const Step& step);
  static int step_k(const Trial& trial) { return static_cast<int>(trial.config[0]); }

  // A trial or a task.
  [[nodiscard]] bool something_runs() const;
  void act_on_tasks(const Step& step);
  void add_task(const Step& step);
  void ask_task(const Step& step);
  void tell_task(const Step& step);
  void step_in_task(const Step& step);
  // Ends the task and, unless it is done, what waits for it.
  void end_task(std::size_t number, TaskState state);
  void compare_tasks();

  void compare();
  static void compare(const TrialView& view, const ReferenceTrial& trial, std::size_t n);
  void compare_best(const StudyInfo& info);

  studyhall::testing::TempDir dir_;
  studyhall::testing::FakeClock clock_;
  int tokens_ = 0;
  bool sqlite_;
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<StudyService> service_;
  ReferenceStudy reference_;
  std::set<std::int64_t> foreign_;  // that another program wrote
  struct SequenceTask {
    TaskState state = TaskState::Waiting;
    double priority = 0;
    std::vector<std::int64_t> after{};
    int attempt = 0;
    std::string lease{};  // the last one
  };
  std::vector<SequenceTask> tasks_;
  std::map<std::string, std::string> asked_tasks_;  // lease by request id
  // Answers by request id.
  std::map<std::string, std::vector<AskedTrial>> asked_;
  std::map<std::string, TellAnswer> told_;
  std::map<std::string, std::vector<std::int64_t>> enqueued_;
};

}  // namespace studyhall::server
