#include "worker_shim/run_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "worker_shim/environment.h"
#include "worker_shim/placeholders.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kLastLines = 20;
constexpr std::size_t kLastBytes = 1500;
constexpr double kGibibyte = 1 << 30;
constexpr double kMegabyte = 1e6;
constexpr double kGigabyte = 1e9;
// Times of one program vary by a fifth on one machine (doc/noise.md).
constexpr double kSlowRatio = 1.25;

}  // namespace

std::chrono::milliseconds minutes_of(double count) {
  return std::chrono::milliseconds(std::llround(std::ceil(count * 60'000)));
}

RunContext::RunContext(const Plan& its_plan, const Job& its_job, const Workspace& folder,
                       const std::string& run_id, Beat& its_beat,
                       const std::atomic<bool>& stop_flag, RunState from)
    : plan(its_plan),
      job(its_job),
      workspace(folder),
      beat(its_beat),
      interrupted(stop_flag),
      environment(job_environment(its_plan, its_job, folder, run_id)),
      placeholders(placeholder_values(its_plan, its_job, folder)),
      state(std::move(from)) {
  if (!state.usage.seconds) state.usage.seconds = 0;
}

bool RunContext::should_stop() const { return interrupted || beat.verdict() != BeatVerdict::GoOn; }

std::optional<RunOutcome> RunContext::stopped() const {
  if (interrupted) return failed(FailReason::Cancelled, "the worker was stopped");
  switch (beat.verdict()) {
    case BeatVerdict::GoOn:
      break;
    case BeatVerdict::Stop:
      return failed(FailReason::Cancelled, "the server said to stop");
    case BeatVerdict::Prune: {
      RunOutcome outcome;
      outcome.tell.state = TrialState::Pruned;
      return outcome;
    }
  }
  return std::nullopt;
}

ProcessSpec RunContext::process_for(const std::vector<std::string>& command,
                                    const Environment& variables) const {
  ProcessSpec spec;
  for (const std::string& argument : command) {
    spec.argv.push_back(fill_placeholders(argument, placeholders));
  }
  const auto program = find_program(spec.argv.front(), search_path(variables), plan.dir);
  if (!program) {
    throw Error(ErrorCode::Unavailable,
                fmt::format("cannot start {}: no such program, or it may not be executed",
                            brief(Json(spec.argv.front()))));
  }
  spec.program = *program;
  // Programs that look for their files beside argv[0] run in another folder than it is relative
  // to.
  if (spec.argv.front().find('/') != std::string::npos) spec.argv.front() = program->string();
  spec.environment = variables;
  spec.directory = workspace.place();
  spec.grace = plan.grace;
  return spec;
}

TimeLimit RunContext::limit_for(const StageSpec& stage) const {
  TimeLimit limit;
  if (plan.time_limit.count() > 0) {
    const auto used = std::chrono::milliseconds(std::llround(*state.usage.seconds * 1000));
    // Never 0, which would be no limit.
    limit.time = std::max(plan.time_limit - used, std::chrono::milliseconds(1));
    limit.words = fmt::format("time limit of {} min", experiment().time_limit_min);
  }
  if (stage.time_limit_min > 0 &&
      (limit.time.count() == 0 || minutes_of(stage.time_limit_min) < limit.time)) {
    limit.time = minutes_of(stage.time_limit_min);
    limit.words = fmt::format("{}time limit of {} min", stage_words(stage), stage.time_limit_min);
  }
  return limit;
}

ProcessEnd RunContext::run(const ProcessSpec& spec, const ProcessHooks& hooks) {
  const ResourceSpec& resources = plan.resources;
  ProcessSpec bounded = spec;
  bounded.cpus = resources.cpus;
  bounded.nice = resources.nice.value_or(0);
  bounded.memory_bytes = static_cast<std::uint64_t>(resources.memory_gb.value_or(0) * kGibibyte);
  const auto before = plan.read_processors(resources.cpus);
  const ProcessEnd end = run_process(bounded, hooks);
  const auto after = plan.read_processors(resources.cpus);
  load_.reset();
  if (before && after) load_ = load_between(*before, *after, end.cpu_seconds);
  *state.usage.seconds += end.seconds;
  if (end.left_over > 0) {
    state.notes.push_back(fmt::format("{} processes could not be killed", end.left_over));
  }
  return end;
}

std::optional<RunOutcome> RunContext::ended_by_worker(const ProcessEnd& end,
                                                      const TimeLimit& limit) const {
  if (end.stopped) {
    if (auto outcome = stopped()) return outcome;
  }
  if (end.out_of_memory) {
    return failed(FailReason::BadConfig,
                  fmt::format("out of memory: {:.3g} GB, and memory_gb is {}",
                              static_cast<double>(end.memory_peak) / kGibibyte,
                              plan.resources.memory_gb.value_or(0)));
  }
  if (!end.timed_out) return std::nullopt;
  const std::string excuse_words = excuse();
  return failed(excuse_words.empty() ? FailReason::BadConfig : FailReason::Infra,
                limit.words + excuse_words);
}

std::string RunContext::excuse() const {
  if (plan.time_ratio.value_or(1) > kSlowRatio) {
    return fmt::format(", on a machine that takes {:.3g} times as long as the study's reference",
                       *plan.time_ratio);
  }
  if (load_ && is_contended(*load_)) {
    return fmt::format(", while others took {:.0f} % of the processors and {:.0f} % were idle",
                       100 * load_->others, 100 * load_->idle);
  }
  return "";
}

WatchLimits RunContext::watch_limits(const StageSpec& stage) const {
  WatchLimits limits;
  limits.stall = minutes_of(stage.stall_min);
  limits.output_bytes =
      static_cast<std::uint64_t>(std::ceil(experiment().max_output_mb.value_or(0) * kMegabyte));
  limits.disk_bytes =
      static_cast<std::uint64_t>(std::ceil(experiment().max_disk_gb.value_or(0) * kGigabyte));
  limits.folder = workspace.dir;
  return limits;
}

std::string RunContext::stage_words(const StageSpec& stage) const {
  return is_pipeline() ? fmt::format("stage {}: ", stage.name) : std::string();
}

RunOutcome bitten(Bite bite, const std::string& words, FailReason reason) {
  if (bite != Bite::Stall) return failed(reason, words);
  RunOutcome outcome = failed(FailReason::Infra, words);
  outcome.tell.cause = FaultCause::Stall;
  return outcome;
}

std::string with_log(const std::string& words, const OutputLog& log) {
  const std::string last = log.last_lines(kLastLines, kLastBytes);
  return last.empty() ? words : words + "; last output:\n" + last;
}

std::string trouble(const ProcessEnd& end, const OutputLog& log) {
  if (log.write_error() == 0) return describe(end);
  return fmt::format("{}; its output could not be written: {}", describe(end),
                     system_words(log.write_error()));
}

bool is_machine_fault(const ProcessEnd& end, const OutputLog& log) {
  return end.kind == EndKind::CannotStart || end.kind == EndKind::Lost || log.write_error() != 0;
}

}  // namespace studyhall::worker_shim
