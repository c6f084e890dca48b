#include "worker_shim/stage_agent.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>
#include <utility>

#include "worker_shim/account.h"
#include "worker_shim/attempt_report.h"
#include "worker_shim/claude.h"
#include "worker_shim/claude_events.h"
#include "worker_shim/dialogue.h"
#include "worker_shim/files.h"
#include "worker_shim/prompt.h"
#include "worker_shim/scoring.h"
#include "worker_shim/text.h"
#include "worker_shim/watchdog.h"

namespace studyhall::worker_shim {
namespace {

using SystemClock = std::chrono::system_clock;

constexpr std::size_t kLastLines = 20;
constexpr std::size_t kLastBytes = 1500;
constexpr double kPause = 60;       // units, after a passing trouble of the API
constexpr double kLongPause = 900;  // after a rate limit that the CLI did not even try to wait out
constexpr double kLongestPause = 3600;
constexpr double kJitter = 0.25;  // of a pause, so that workers do not all come back at once
constexpr int kMostRetries = 4;   // of one stage, while the API is overloaded or away
constexpr std::chrono::milliseconds kGlance{20};

double jitter() {
  static thread_local std::mt19937 random{std::random_device{}()};
  return 1 + std::uniform_real_distribution<double>(0, kJitter)(random);
}

class AgentStage {
 public:
  AgentStage(RunContext& run, const StageSpec& stage)
      : run_(run),
        stage_(stage),
        environment_(claude_environment(stage_environment(run, stage), claude_home(run.plan),
                                        tmp_.path(), run.experiment().claude)),
        account_(run.plan.study_folder.parent_path(), login_of(environment_)),
        report_(run.plan, run.job),
        resumes_(run.state.dialogue && !run.state.dialogue->answer.empty()) {}

  std::optional<RunOutcome> run() {
    for (;;) {
      if (auto outcome = wait_for_account()) return outcome;
      again_ = false;
      auto outcome = attempt();
      if (!again_) return outcome;
    }
  }

 private:
  static Environment stage_environment(const RunContext& run, const StageSpec& stage) {
    Environment environment = run.environment;
    environment["STUDY_STAGE"] = stage.name;
    return environment;
  }

  // --- One process ---

  std::filesystem::path write_prompt() {
    const auto& dialogue = run_.state.dialogue;
    if (resumes_) {
      const std::filesystem::path answer = run_.workspace.prompt("answer");
      write_file(answer, answer_prompt(*dialogue));
      return answer;
    }
    const std::filesystem::path prompt =
        run_.is_pipeline() ? run_.workspace.prompt(stage_.name) : run_.workspace.prompt();
    std::string text =
        whole_prompt(run_.plan, stage_.prompt, run_.job, run_.workspace, run_.prompt_facts());
    if (dialogue) text += answer_section(*dialogue);
    write_file(prompt, text);
    return prompt;
  }

  ProcessSpec process() {
    const ClaudeSpec& claude = run_.experiment().claude;
    const std::filesystem::path prompt = write_prompt();
    session_ = resumes_ ? run_.state.dialogue->session_id : new_session_id();
    ClaudeFiles files;
    if (!claude.system_prompt.empty()) {
      files.system_prompt = run_.workspace.dir / "system_prompt.md";
      write_file(files.system_prompt, render_prompt(run_.plan, claude.system_prompt, run_.job,
                                                    run_.workspace, run_.prompt_facts()));
    }
    if (!claude.mcp.empty()) {  // may hold secrets
      files.mcp = tmp_.path() / "mcp.json";
      write_file(files.mcp, dump_json({{"mcpServers", claude.mcp}}), 0600);
    }
    ProcessSpec spec;
    spec.program = run_.plan.claude;
    spec.argv = claude_arguments(claude, stage_, {session_, resumes_}, files);
    spec.environment = environment_;
    spec.directory = run_.workspace.place();
    spec.stdin_file = prompt;
    spec.grace = run_.plan.grace;
    return spec;
  }

  [[nodiscard]] WatchLimits watch_limits() const {
    WatchLimits limits = run_.watch_limits(stage_);
    // The CLI ends a tool call at its limit; the worker only one that outlives that.
    limits.tool = minutes_of(run_.experiment().claude.tool_limit_min) + run_.plan.grace;
    limits.turns = stage_.max_turns + 1;  // the CLI's own count ends it before
    limits.tokens = stage_.max_tokens.value_or(0);
    return limits;
  }

  std::optional<RunOutcome> attempt() {
    ProcessSpec spec = process();
    const TimeLimit limit = run_.limit_for(stage_);
    spec.limit = limit.time;
    ClaudeEvents events;
    Watchdog dog(watch_limits());
    OutputLog event_log(run_.workspace.events());
    OutputLog log(run_.workspace.run_log());
    ProcessHooks hooks;
    hooks.stop = [&] { return run_.should_stop() || events.auth_refused() || dog.bites(); };
    hooks.output = [&](Stream stream, std::string_view bytes) {
      (stream == Stream::Out ? event_log : log).write(bytes);
      if (stream == Stream::Out) events.feed(bytes);
      dog.saw(bytes.size());
      dog.working(events.running_tool());
      dog.used(events.turns(), events.tokens());
    };
    const ProcessEnd end = run_.run(spec, hooks);
    events.finish();
    event_log.close();
    log.close();
    add(run_.state.usage, usage_of(events));
    run_.agent_ran = true;
    run_.last_words = events.final_text();
    run_.starts_clean = false;

    if (auto outcome = run_.ended_by_worker(end, limit)) return outcome;
    if (end.stopped && dog.bite()) {
      return bitten(*dog.bite(), run_.stage_words(stage_) + "claude: " + dog.words(),
                    FailReason::Declined);
    }
    if (end.kind == EndKind::CannotStart) {
      return failed(FailReason::Infra, run_.stage_words(stage_) + describe(end));
    }
    if (resumes_ && session_is_lost(events, end)) {
      run_.say(fmt::format("{}: its session cannot be gone on with; a new one is told the answer",
                           run_.job.label()));
      resumes_ = false;
      again_ = true;
      return std::nullopt;
    }
    return judge(events, spec, end, log.last_lines(kLastLines, kLastBytes));
  }

  // The CLI's cost is that of the session since its begin.
  [[nodiscard]] Usage usage_of(const ClaudeEvents& events) const {
    Usage usage = events.usage();
    if (resumes_ && usage.cost_usd) {
      usage.cost_usd = std::max(0.0, *usage.cost_usd - run_.state.dialogue->session_cost_usd);
    }
    return usage;
  }

  // The CLI does not know the session that was to go on, or not any more.
  [[nodiscard]] static bool session_is_lost(const ClaudeEvents& events, const ProcessEnd& end) {
    if (end.kind != EndKind::Exited || end.code == 0 || events.answered()) return false;
    return events.result().is_object()
               ? events.result().value("subtype", "") == "error_during_execution"
               : !events.began();
  }

  std::optional<RunOutcome> ask(const ClaudeEvents& events, const std::string& question) {
    run_.state.dialogue = Dialogue{session_, events.usage().cost_usd.value_or(0), question, {}};
    RunOutcome outcome;
    outcome.verdict = RunVerdict::Ask;
    return outcome;
  }

  std::optional<RunOutcome> judge(const ClaudeEvents& events, const ProcessSpec& spec,
                                  const ProcessEnd& end, const std::string& errors) {
    const ClaudeVerdict verdict = classify(events, end, errors);
    const std::string words =
        verdict.words.empty() ? std::string() : run_.stage_words(stage_) + verdict.words;
    switch (verdict.end) {
      case ClaudeEnd::Ok:
        if (const auto question = take_question(run_.workspace)) return ask(events, *question);
        run_.state.dialogue.reset();
        if (!words.empty()) run_.state.notes.push_back(words);
        // It said nothing at all: there is nothing that the next one should go on with.
        run_.starts_clean = events.final_text().empty();
        if (run_.starts_clean) {
          run_.state.notes.push_back(run_.stage_words(stage_) + "claude ended without a word");
        }
        if (!run_.job.is_task) run_.state.claimed = claimed_score(events, spec, end);
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
        return rate_limited(words, events);
      case ClaudeEnd::Retryable:
        return retry(words);
      case ClaudeEnd::Auth: {
        account_.refuse(SystemClock::now(), words);
        RunOutcome outcome = given_back(words, true, 0);
        outcome.cause = FaultCause::Auth;
        return outcome;
      }
      case ClaudeEnd::Config:
        break;
    }
    return given_back(words, true, 0);
  }

  [[nodiscard]] Score claimed_score(const ClaudeEvents& events, const ProcessSpec& spec,
                                    const ProcessEnd& end) const {
    Score score;
    if (const auto pattern = score_pattern(run_.experiment())) {
      pattern->feed(Stream::Out, events.final_text());
      score = pattern->finish();
    } else {
      score = read_score_file(run_);
    }
    score.evidence["command"] = spec.argv;
    score.evidence["exit_code"] = end.code;
    return score;
  }

  // --- Trouble with the API: the trial is kept, the stage begun again ---

  std::optional<RunOutcome> rate_limited(const std::string& words, const ClaudeEvents& events) {
    const double units =
        std::min((events.retried() ? kPause : kLongPause) * std::exp2(pauses_++), kLongestPause);
    account_.pause_until(SystemClock::now() + in_time(units));
    if (events.answered()) report_.write(run_.workspace, words, run_.last_words);
    run_.say(fmt::format("{}: {}", run_.job.label(), words));
    again_ = true;
    return std::nullopt;
  }

  std::optional<RunOutcome> retry(const std::string& words) {
    run_.starts_clean = true;
    report_.drop();
    if (retries_ == kMostRetries) return given_back(words, false, kPause);
    const std::chrono::duration<double> time =
        in_time(std::min(kPause * std::exp2(retries_++), kLongestPause)) * jitter();
    run_.say(fmt::format("{}: {}; trying again in {}", run_.job.label(), words,
                         duration_text(time.count())));
    wait_for(time);
    again_ = true;
    return run_.stopped() ? stopped() : std::nullopt;
  }

  // Parks the trial while the login's rate limit lasts, whichever worker met it.
  std::optional<RunOutcome> wait_for_account() {
    if (const auto words = account_.refused_after(run_.plan.began)) {
      return given_back(*words, true, 0);
    }
    const auto until = account_.paused_until();
    if (!until || *until <= SystemClock::now()) return std::nullopt;
    const std::chrono::duration<double> time = (*until - SystemClock::now()) * jitter();
    run_.beat.park(time, "rate limit");
    run_.say(fmt::format("{}: rate limit: parked for {}", run_.job.label(),
                         duration_text(time.count())));
    wait_for(time);
    run_.beat.resume();
    return run_.stopped() ? stopped() : std::nullopt;
  }

  std::optional<RunOutcome> stopped() {
    again_ = false;
    return run_.stopped();
  }

  void wait_for(std::chrono::duration<double> time) const {
    using SteadyClock = std::chrono::steady_clock;
    const auto until = SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(time);
    while (SteadyClock::now() < until && !run_.should_stop()) {
      std::this_thread::sleep_for(
          std::min<SteadyClock::duration>(kGlance, until - SteadyClock::now()));
    }
  }

  [[nodiscard]] SystemClock::duration in_time(double units) const {
    return std::chrono::duration_cast<SystemClock::duration>(units * run_.plan.backoff);
  }

  RunContext& run_;
  const StageSpec& stage_;
  const ShortTempDir tmp_;
  const Environment environment_;
  const AccountNotice account_;
  const AttemptReport report_;
  bool resumes_;  // a session, with the answer to its question
  std::string session_;
  bool again_ = false;
  int pauses_ = 0;
  int retries_ = 0;
};

}  // namespace

std::optional<RunOutcome> run_agent_stage(RunContext& run, const StageSpec& stage) {
  return AgentStage(run, stage).run();
}

}  // namespace studyhall::worker_shim
