#include "worker_shim/stage_agent.h"

#include "worker_shim/claude.h"
#include "worker_shim/claude_events.h"
#include "worker_shim/files.h"
#include "worker_shim/prompt.h"
#include "worker_shim/scoring.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kLastLines = 20;
constexpr std::size_t kLastBytes = 1500;
constexpr double kPause = 60;       // units, after a passing trouble of the API
constexpr double kLongPause = 900;  // after a rate limit that the CLI did not even try to wait out

std::optional<RunOutcome> outcome_of(const ClaudeVerdict& verdict, const std::string& words,
                                     bool retried) {
  switch (verdict.end) {
    case ClaudeEnd::Ok:
      return std::nullopt;
    case ClaudeEnd::Budget:
    case ClaudeEnd::BadOutput:
    case ClaudeEnd::Refused:
      return failed(FailReason::Declined, words);
    case ClaudeEnd::Cancelled:
      return failed(FailReason::Cancelled, words);
    case ClaudeEnd::Crash:
      return failed(FailReason::Infra, words);
    case ClaudeEnd::RateLimited:
      return given_back(words, false, retried ? kPause : kLongPause);
    case ClaudeEnd::Retryable:
      return given_back(words, false, kPause);
    case ClaudeEnd::Config:
    case ClaudeEnd::Auth:
      break;
  }
  return given_back(words, true, 0);
}

// The worker's own folder of the CLI: a login made once in it goes on working.
std::filesystem::path make_home(const Plan& plan) {
  std::filesystem::path home = plan.study_folder / (".home-" + plan.worker);
  std::filesystem::create_directories(home);
  std::filesystem::permissions(home, std::filesystem::perms::owner_all);
  return home;
}

Score claimed_score(const RunContext& run, const ClaudeEvents& events, const ProcessSpec& spec,
                    const ProcessEnd& end) {
  Score score;
  if (const auto pattern = score_pattern(run.experiment())) {
    pattern->feed(Stream::Out, events.final_text());
    score = pattern->finish();
  } else {
    score = read_score_file(run);
  }
  score.evidence["command"] = spec.argv;
  score.evidence["exit_code"] = end.code;
  return score;
}

}  // namespace

std::optional<RunOutcome> run_agent_stage(RunContext& run, const StageSpec& stage) {
  const std::filesystem::path prompt_file =
      run.is_pipeline() ? run.workspace.prompt(stage.name) : run.workspace.prompt();
  write_file(prompt_file, render_prompt(run.plan, stage.prompt, run.trial, run.workspace));
  const std::filesystem::path home = make_home(run.plan);
  const ShortTempDir tmp;
  const TimeLimit limit = run.limit_for(stage);

  ProcessSpec spec;
  spec.program = run.plan.claude;
  spec.argv = claude_arguments(run.experiment().claude, stage, new_session_id());
  Environment environment = run.environment;
  environment["STUDY_STAGE"] = stage.name;
  spec.environment = claude_environment(std::move(environment), home, tmp.path());
  spec.directory = run.workspace.dir;
  spec.stdin_file = prompt_file;
  spec.limit = limit.time;
  spec.grace = run.plan.grace;

  ClaudeEvents events;
  OutputLog event_log(run.workspace.events());
  OutputLog log(run.workspace.run_log());
  ProcessHooks hooks;
  hooks.stop = [&] { return run.should_stop() || events.auth_refused(); };
  hooks.output = [&](Stream stream, std::string_view bytes) {
    (stream == Stream::Out ? event_log : log).write(bytes);
    if (stream == Stream::Out) events.feed(bytes);
  };
  const ProcessEnd end = run.run(spec, hooks);
  events.finish();
  event_log.close();
  log.close();
  add(run.state.usage, events.usage());

  if (auto outcome = run.ended_by_worker(end, limit)) return outcome;
  if (end.kind == EndKind::CannotStart) {
    return failed(FailReason::Infra, run.stage_words(stage) + describe(end));
  }
  const ClaudeVerdict verdict = classify(events, end, log.last_lines(kLastLines, kLastBytes));
  const std::string words =
      verdict.words.empty() ? std::string() : run.stage_words(stage) + verdict.words;
  if (!words.empty()) run.state.notes.push_back(words);
  if (auto outcome = outcome_of(verdict, words, events.retried())) return outcome;
  run.state.claimed = claimed_score(run, events, spec, end);
  return std::nullopt;
}

}  // namespace studyhall::worker_shim
