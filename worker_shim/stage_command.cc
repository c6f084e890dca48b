#include "worker_shim/stage_command.h"

#include <csignal>

#include "worker_shim/file_guard.h"
#include "worker_shim/progress.h"
#include "worker_shim/scoring.h"

namespace studyhall::worker_shim {
namespace {

std::optional<RunOutcome> ended_badly(const RunContext& run, const StageSpec& stage,
                                      const ProcessEnd& end, const OutputLog& log) {
  if (end.kind == EndKind::Exited && end.code == 0) return std::nullopt;
  const bool perhaps_memory = end.kind == EndKind::Signalled && end.code == SIGKILL;
  const std::string words = with_log(run.stage_words(stage) + trouble(end, log) +
                                         (perhaps_memory ? ", perhaps for want of memory" : ""),
                                     log);
  if (is_machine_fault(end, log)) return failed(FailReason::Infra, words);
  const bool by_someone = end.kind == EndKind::Signalled &&
                          (end.code == SIGTERM || end.code == SIGINT || end.code == SIGHUP);
  if (by_someone) return failed(FailReason::Cancelled, words);
  // What an agent before it did may be why.
  const bool after_an_agent = run.experiment().agent == AgentKind::Claude;
  return failed(
      after_an_agent && end.kind == EndKind::Exited ? FailReason::Declined : FailReason::BadConfig,
      words);
}

}  // namespace

std::optional<RunOutcome> run_command_stage(RunContext& run, const StageSpec& stage) {
  const bool measures = run.experiment().score.command.empty();
  const TimeLimit limit = run.limit_for(stage);
  Environment environment = run.environment;
  environment["STUDY_STAGE"] = stage.name;
  ProcessSpec spec = run.process_for(stage.command, environment);
  spec.limit = limit.time;
  if (measures && run.state.claimed) {
    set_score_file_aside(run);
    if (auto outcome = guard_files(run)) return outcome;
  }

  const auto pattern = measures ? score_pattern(run.experiment()) : nullptr;
  const bool reports = run.plan.study->directions.size() == 1;  // a value is of one objective
  ProgressLines progress([&run, reports](std::int64_t step, double value) {
    if (reports) run.beat.report(step, value);
  });
  Watchdog dog(run.watch_limits(stage));
  OutputLog log(run.workspace.run_log());
  ProcessHooks hooks;
  hooks.stop = [&] { return run.should_stop() || dog.bites(); };
  hooks.output = [&](Stream stream, std::string_view bytes) {
    log.write(bytes);
    dog.saw(bytes.size());
    progress.feed(stream, bytes);
    if (pattern) pattern->feed(stream, bytes);
  };
  const ProcessEnd end = run.run(spec, hooks);
  log.close();

  if (auto outcome = run.ended_by_worker(end, limit)) return outcome;
  if (end.stopped && dog.bite()) {
    return bitten(*dog.bite(), with_log(run.stage_words(stage) + dog.words(), log),
                  FailReason::BadConfig);
  }
  if (auto outcome = ended_badly(run, stage, end, log)) return outcome;
  if (measures) {
    run.state.measured = pattern ? pattern->finish() : read_score_file(run);
    run.state.measured->evidence["command"] = spec.argv;
    run.state.measured->evidence["exit_code"] = end.code;
  }
  return std::nullopt;
}

}  // namespace studyhall::worker_shim
