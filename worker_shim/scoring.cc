#include "worker_shim/scoring.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "worker_shim/claude.h"
#include "worker_shim/file_guard.h"
#include "worker_shim/protected_files.h"
#include "worker_shim/text.h"

namespace studyhall::worker_shim {
namespace {

bool is_claude(const RunContext& run) { return run.experiment().agent == AgentKind::Claude; }

// Rounding when a number is written down and read again is no difference.
bool differs(double claimed, double measured) {
  return std::abs(claimed - measured) > 1e-6 * std::max(1.0, std::abs(measured));
}

// What an agent claimed and the measurement does not bear out.
void flag_claim(RunContext& run, const Score& measured, RunOutcome& outcome) {
  const auto& claimed = run.state.claimed;
  if (!claimed || claimed->values.size() != measured.values.size()) return;
  if (std::equal(claimed->values.begin(), claimed->values.end(), measured.values.begin(),
                 [](double a, double b) { return !differs(a, b); })) {
    return;
  }
  outcome.tell.evidence["claimed"] = claimed->values;
  run.state.notes.push_back(fmt::format("the agent claimed {}, measured was {}",
                                        fmt::join(claimed->values, ", "),
                                        fmt::join(measured.values, ", ")));
}

// Why a value is none that counts; empty: all do.
std::string out_of_range(const ScoreSpec& spec, const std::vector<double>& values) {
  if (!spec.range) return "";
  for (const double value : values) {
    if (value >= spec.range->first && value <= spec.range->second) continue;
    return fmt::format("score {}: expected a number from {} to {} (experiment.score.range)", value,
                       spec.range->first, spec.range->second);
  }
  return "";
}

RunOutcome scored(RunContext& run, Score score, const std::string& kind) {
  std::vector<std::string>& notes = run.state.notes;
  if (score.problem.empty()) score.problem = out_of_range(run.experiment().score, score.values);
  if (score.values.empty() || !score.problem.empty()) {
    const bool vouched = kind == "attested" && !(is_claude(run) && score.absent);
    notes.insert(notes.begin(), score.problem);
    return failed(vouched ? FailReason::BadConfig : FailReason::Declined,
                  fmt::format("{}", fmt::join(notes, "\n")));
  }
  notes.insert(notes.end(), score.notes.begin(), score.notes.end());
  RunOutcome outcome;
  outcome.tell.state = TrialState::Complete;
  outcome.tell.values = score.values;
  outcome.tell.metrics = score.metrics;
  outcome.tell.evidence = {{"kind", kind}};
  outcome.tell.evidence.update(score.evidence);
  if (!run.experiment().protect.empty()) {
    outcome.tell.evidence["protected"] = protected_evidence(run.plan, run.workspace);
  }
  if (kind == "attested") flag_claim(run, score, outcome);
  outcome.tell.note = printable(fmt::format("{}", fmt::join(notes, "\n")), kLongestNote);
  return outcome;
}

RunOutcome run_score_command(RunContext& run) {
  set_score_file_aside(run);
  ProcessSpec spec =
      run.process_for(run.experiment().score.command, without_credentials(run.environment));
  spec.limit = run.plan.time_limit;
  const auto pattern = score_pattern(run.experiment());
  OutputLog log(run.workspace.score_log());
  ProcessHooks hooks;
  hooks.stop = [&run] { return run.should_stop(); };
  hooks.output = [&](Stream stream, std::string_view bytes) {
    log.write(bytes);
    if (pattern) pattern->feed(stream, bytes);
  };
  const ProcessEnd end = run.run(spec, hooks);
  log.close();

  const std::string limit =
      fmt::format("score command: time limit of {} min", run.experiment().time_limit_min);
  if (auto outcome = run.ended_by_worker(end, {spec.limit, limit})) return *outcome;
  if (is_machine_fault(end, log)) {
    return failed(FailReason::Infra, "score command: " + trouble(end, log));
  }
  if (end.kind != EndKind::Exited || end.code != 0) {
    return failed(is_claude(run) ? FailReason::Declined : FailReason::BadConfig,
                  with_log("score command: " + describe(end), log));
  }
  Score score = pattern ? pattern->finish() : read_score_file(run);
  score.evidence["command"] = spec.argv;
  score.evidence["exit_code"] = end.code;
  return scored(run, score, "attested");
}

}  // namespace

Score read_score_file(const RunContext& run) {
  return read_score_file(run.workspace.place(), run.experiment().score, run.plan.required_metrics,
                         run.plan.time_ratio.value_or(1));
}

std::unique_ptr<PatternSearch> score_pattern(const ExperimentSpec& experiment) {
  if (experiment.score.pattern.empty()) return nullptr;
  return std::make_unique<PatternSearch>(experiment.score.pattern);
}

void set_score_file_aside(const RunContext& run) {
  if (run.experiment().score.file.empty()) return;
  const std::filesystem::path file = run.workspace.place() / run.experiment().score.file;
  std::filesystem::path aside = file;
  aside += ".before-score";
  if (std::filesystem::exists(std::filesystem::symlink_status(file))) {
    std::filesystem::rename(file, aside);
  }
}

bool has_measured(const RunContext& run) {
  const auto& measured = run.state.measured;
  return measured && measured->problem.empty() && !measured->values.empty();
}

RunOutcome find_score(RunContext& run) {
  if (auto refused = guard_files(run)) return *refused;
  if (!run.experiment().score.command.empty()) return run_score_command(run);
  const auto& [measured, claimed] = std::tie(run.state.measured, run.state.claimed);
  if (measured && (!measured->absent || !claimed)) return scored(run, *measured, "attested");
  return scored(run, claimed.value_or(Score()), "claimed");
}

}  // namespace studyhall::worker_shim
