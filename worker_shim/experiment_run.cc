#include "worker_shim/experiment_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <csignal>
#include <optional>

#include "core/error.h"
#include "worker_shim/claude.h"
#include "worker_shim/claude_events.h"
#include "worker_shim/environment.h"
#include "worker_shim/output_log.h"
#include "worker_shim/placeholders.h"
#include "worker_shim/progress.h"
#include "worker_shim/prompt.h"
#include "worker_shim/score.h"
#include "worker_shim/text.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kLongestNote = 2000;
constexpr std::size_t kLastLines = 20;
constexpr std::size_t kLastBytes = 1500;
constexpr double kPause = 60;       // units, after a passing trouble of the API
constexpr double kLongPause = 900;  // after a rate limit that the CLI did not even try to wait out

RunOutcome failed(FailReason reason, std::string note) {
  RunOutcome outcome;
  outcome.tell.state = TrialState::Fail;
  outcome.tell.reason = reason;
  outcome.tell.note = printable(std::move(note), kLongestNote);
  return outcome;
}

RunOutcome given_back(const std::string& words, bool fatal, double pause_units) {
  RunOutcome outcome;
  outcome.verdict = RunVerdict::GiveBack;
  outcome.fatal = fatal;
  outcome.pause_units = pause_units;
  outcome.words = words;
  return outcome;
}

std::string with_log(const std::string& words, const std::string& log) {
  return log.empty() ? words : words + "; last output:\n" + log;
}

class ExperimentRun {
 public:
  ExperimentRun(const Plan& plan, const AskedTrial& trial, const Workspace& workspace,
                const std::string& run_id, Beat& beat, const std::atomic<bool>& interrupted)
      : plan_(plan),
        trial_(trial),
        workspace_(workspace),
        beat_(beat),
        interrupted_(interrupted),
        environment_(trial_environment(plan, trial, workspace, run_id)),
        placeholders_(placeholder_values(plan, trial, workspace)) {}

  RunOutcome run() {
    RunOutcome outcome;
    try {
      outcome = is_claude() ? run_claude() : run_command();
    } catch (const Error& error) {
      outcome = failed(FailReason::Infra, error.what());
    } catch (const std::filesystem::filesystem_error& error) {
      outcome = failed(FailReason::Infra, error.what());
    }
    outcome.tell.usage = usage_;
    outcome.tell.usage.seconds = seconds_;
    return outcome;
  }

 private:
  [[nodiscard]] bool is_claude() const { return plan_.experiment().agent == AgentKind::Claude; }
  [[nodiscard]] const ScoreSpec& score_spec() const { return plan_.experiment().score; }
  [[nodiscard]] bool should_stop() const {
    return interrupted_ || beat_.verdict() != BeatVerdict::GoOn;
  }

  // argv with everything filled in, and the program it starts.
  ProcessSpec process_for(const std::vector<std::string>& command,
                          const Environment& environment) const {
    ProcessSpec spec;
    for (const std::string& argument : command) {
      spec.argv.push_back(fill_placeholders(argument, placeholders_));
    }
    const auto program = find_program(spec.argv.front(), search_path(environment), plan_.dir);
    if (!program) {
      throw Error(ErrorCode::Unavailable,
                  fmt::format("cannot start {}: no such program, or it may not be executed",
                              brief(Json(spec.argv.front()))));
    }
    spec.program = *program;
    // Programs that look for their files beside argv[0] run in another folder than it is relative
    // to.
    if (spec.argv.front().find('/') != std::string::npos) spec.argv.front() = program->string();
    spec.environment = environment;
    spec.directory = workspace_.dir;
    spec.limit = plan_.time_limit;
    spec.grace = plan_.grace;
    return spec;
  }

  RunOutcome run_command() {
    const ProcessSpec spec = process_for(plan_.experiment().command, environment_);
    std::optional<PatternSearch> pattern;
    if (!score_spec().pattern.empty() && score_spec().command.empty()) {
      pattern.emplace(score_spec().pattern);
    }
    const bool reports = plan_.study->directions.size() == 1;  // an intermediate value is of one
    ProgressLines progress([this, reports](std::int64_t step, double value) {
      if (reports) beat_.report(step, value);
    });
    OutputLog log(workspace_.run_log());
    ProcessHooks hooks;
    hooks.stop = [this] { return should_stop(); };
    hooks.output = [&](Stream stream, std::string_view bytes) {
      log.write(bytes);
      progress.feed(stream, bytes);
      if (pattern) pattern->feed(stream, bytes);
    };
    const ProcessEnd end = run_to_end(spec, hooks);
    log.close();

    if (auto outcome = ended_by_worker(end, "time limit")) return *outcome;
    if (auto outcome = ended_badly(end, log)) return *outcome;
    if (!score_spec().command.empty()) return run_score_command();
    const Score score = pattern ? pattern->finish() : read_file_score();
    return scored(score, "attested", spec.argv, end.code);
  }

  RunOutcome run_claude() {
    const std::string prompt = render_prompt(plan_, plan_.experiment().prompt, trial_, workspace_);
    write_file(workspace_.prompt(), prompt);
    const std::filesystem::path home = plan_.study_folder / (".home-" + plan_.worker);
    std::filesystem::create_directories(home);
    std::filesystem::permissions(home, std::filesystem::perms::owner_all);
    const ShortTempDir tmp;

    ProcessSpec spec;
    spec.program = plan_.claude;
    spec.argv = claude_arguments(plan_.experiment().claude, new_session_id());
    spec.environment = claude_environment(environment_, home, tmp.path());
    spec.directory = workspace_.dir;
    spec.stdin_file = workspace_.prompt();
    spec.limit = plan_.time_limit;
    spec.grace = plan_.grace;

    ClaudeEvents events;
    OutputLog event_log(workspace_.events());
    OutputLog log(workspace_.run_log());
    ProcessHooks hooks;
    hooks.stop = [&] { return should_stop() || events.auth_refused(); };
    hooks.output = [&](Stream stream, std::string_view bytes) {
      (stream == Stream::Out ? event_log : log).write(bytes);
      if (stream == Stream::Out) events.feed(bytes);
    };
    const ProcessEnd end = run_to_end(spec, hooks);
    events.finish();
    event_log.close();
    log.close();
    usage_ = events.usage();

    if (auto outcome = ended_by_worker(end, "time limit")) return *outcome;
    if (end.kind == EndKind::CannotStart) return failed(FailReason::Infra, describe(end));
    const ClaudeVerdict verdict = classify(events, end, log.last_lines(kLastLines, kLastBytes));
    notes_.insert(notes_.end(), verdict.words.empty() ? 0 : 1, verdict.words);
    if (auto outcome = claude_failed(verdict, events)) return *outcome;
    if (!score_spec().command.empty()) return run_score_command();
    return scored(claimed_score(events), "claimed", spec.argv, end.code);
  }

  std::optional<RunOutcome> claude_failed(const ClaudeVerdict& verdict,
                                          const ClaudeEvents& events) const {
    switch (verdict.end) {
      case ClaudeEnd::Ok:
        return std::nullopt;
      case ClaudeEnd::Budget:
      case ClaudeEnd::BadOutput:
      case ClaudeEnd::Refused:
        return failed(FailReason::Declined, verdict.words);
      case ClaudeEnd::Cancelled:
        return failed(FailReason::Cancelled, verdict.words);
      case ClaudeEnd::Crash:
        return failed(FailReason::Infra, verdict.words);
      case ClaudeEnd::RateLimited:
        return given_back(verdict.words, false, events.retried() ? kPause : kLongPause);
      case ClaudeEnd::Retryable:
        return given_back(verdict.words, false, kPause);
      case ClaudeEnd::Config:
      case ClaudeEnd::Auth:
        break;
    }
    return given_back(verdict.words, true, 0);
  }

  [[nodiscard]] Score claimed_score(const ClaudeEvents& events) const {
    if (score_spec().pattern.empty()) return read_file_score();
    PatternSearch pattern(score_spec().pattern);
    pattern.feed(Stream::Out, events.final_text());
    return pattern.finish();
  }

  [[nodiscard]] Score read_file_score() const {
    return read_score_file(workspace_.dir, score_spec(), plan_.required_metrics);
  }

  void set_score_file_aside() const {
    if (score_spec().file.empty()) return;
    const std::filesystem::path file = workspace_.dir / score_spec().file;
    std::filesystem::path aside = file;
    aside += ".before-score";
    if (std::filesystem::exists(std::filesystem::symlink_status(file))) {
      std::filesystem::rename(file, aside);
    }
  }

  RunOutcome run_score_command() {
    set_score_file_aside();
    const ProcessSpec spec = process_for(score_spec().command, without_credentials(environment_));
    std::optional<PatternSearch> pattern;
    if (!score_spec().pattern.empty()) pattern.emplace(score_spec().pattern);
    OutputLog log(workspace_.score_log());
    ProcessHooks hooks;
    hooks.stop = [this] { return should_stop(); };
    hooks.output = [&](Stream stream, std::string_view bytes) {
      log.write(bytes);
      if (pattern) pattern->feed(stream, bytes);
    };
    const ProcessEnd end = run_to_end(spec, hooks);
    log.close();

    if (auto outcome = ended_by_worker(end, "score command: time limit")) return *outcome;
    if (end.kind == EndKind::CannotStart || end.kind == EndKind::Lost || log.write_error() != 0) {
      return failed(FailReason::Infra, "score command: " + trouble(end, log));
    }
    if (end.kind != EndKind::Exited || end.code != 0) {
      return failed(
          is_claude() ? FailReason::Declined : FailReason::BadConfig,
          with_log("score command: " + describe(end), log.last_lines(kLastLines, kLastBytes)));
    }
    return scored(pattern ? pattern->finish() : read_file_score(), "attested", spec.argv, end.code);
  }

  ProcessEnd run_to_end(const ProcessSpec& spec, const ProcessHooks& hooks) {
    const ProcessEnd end = run_process(spec, hooks);
    seconds_ += end.seconds;
    if (end.left_over > 0) {
      notes_.push_back(fmt::format("{} processes could not be killed", end.left_over));
    }
    return end;
  }

  // The worker's own reasons come before everything that the program did when it was told to end.
  std::optional<RunOutcome> ended_by_worker(const ProcessEnd& end, const std::string& limit) const {
    if (end.stopped && interrupted_) return failed(FailReason::Cancelled, "the worker was stopped");
    if (end.stopped && beat_.verdict() == BeatVerdict::Stop) {
      return failed(FailReason::Cancelled, "the server said to stop");
    }
    if (end.stopped && beat_.verdict() == BeatVerdict::Prune) {
      RunOutcome outcome;
      outcome.tell.state = TrialState::Pruned;
      return outcome;
    }
    if (end.timed_out) {
      const double minutes = plan_.experiment().time_limit_min;
      return failed(FailReason::BadConfig, fmt::format("{} of {} min", limit, minutes));
    }
    return std::nullopt;
  }

  static std::string trouble(const ProcessEnd& end, const OutputLog& log) {
    if (log.write_error() == 0) return describe(end);
    return fmt::format("{}; its output could not be written: {}", describe(end),
                       system_words(log.write_error()));
  }

  static std::optional<RunOutcome> ended_badly(const ProcessEnd& end, const OutputLog& log) {
    if (end.kind == EndKind::Exited && end.code == 0) return std::nullopt;
    const bool perhaps_memory = end.kind == EndKind::Signalled && end.code == SIGKILL;
    const std::string words =
        with_log(trouble(end, log) + (perhaps_memory ? ", perhaps for want of memory" : ""),
                 log.last_lines(kLastLines, kLastBytes));
    if (end.kind == EndKind::CannotStart || end.kind == EndKind::Lost || log.write_error() != 0) {
      return failed(FailReason::Infra, words);
    }
    const bool by_someone = end.kind == EndKind::Signalled &&
                            (end.code == SIGTERM || end.code == SIGINT || end.code == SIGHUP);
    return failed(by_someone ? FailReason::Cancelled : FailReason::BadConfig, words);
  }

  RunOutcome scored(const Score& score, const std::string& kind,
                    const std::vector<std::string>& command, int exit_code) {
    if (score.values.empty() || !score.problem.empty()) {
      const bool vouched = kind == "attested" && !(is_claude() && score.absent);
      notes_.insert(notes_.begin(), score.problem);
      return failed(vouched ? FailReason::BadConfig : FailReason::Declined,
                    fmt::format("{}", fmt::join(notes_, "\n")));
    }
    notes_.insert(notes_.end(), score.notes.begin(), score.notes.end());
    RunOutcome outcome;
    outcome.tell.state = TrialState::Complete;
    outcome.tell.values = score.values;
    outcome.tell.metrics = score.metrics;
    outcome.tell.note = printable(fmt::format("{}", fmt::join(notes_, "\n")), kLongestNote);
    outcome.tell.evidence = {{"kind", kind}, {"command", command}, {"exit_code", exit_code}};
    outcome.tell.evidence.update(score.evidence);
    return outcome;
  }

  const Plan& plan_;
  const AskedTrial& trial_;
  const Workspace& workspace_;
  Beat& beat_;
  const std::atomic<bool>& interrupted_;
  const Environment environment_;
  const std::map<std::string, std::string> placeholders_;
  double seconds_ = 0;
  Usage usage_;
  std::vector<std::string> notes_;
};

}  // namespace

RunOutcome run_experiment(const Plan& plan, const AskedTrial& trial, const Workspace& workspace,
                          const std::string& run_id, Beat& beat,
                          const std::atomic<bool>& interrupted) {
  return ExperimentRun(plan, trial, workspace, run_id, beat, interrupted).run();
}

}  // namespace studyhall::worker_shim
