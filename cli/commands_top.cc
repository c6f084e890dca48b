#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "cli/answer_draft.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "core/error.h"

namespace studyhall::cli {

namespace {

constexpr std::chrono::milliseconds kRefresh{1'000};
constexpr std::int64_t kHistory = 400;
constexpr int kEvents = 6;
constexpr std::array<const char*, 8> kBars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

// The scores of trials as they were completed, the last `width` of them.
std::string sparkline(std::vector<double> values, std::size_t width) {
  if (values.size() > width)
    values.erase(values.begin(), values.end() - static_cast<std::ptrdiff_t>(width));
  if (values.empty()) return "";
  const auto [low, high] = std::ranges::minmax(values);
  std::string line;
  for (const double value : values) {
    const double share = high > low ? (value - low) / (high - low) : 0.5;
    line += kBars[std::min<std::size_t>(kBars.size() - 1,
                                        static_cast<std::size_t>(share * kBars.size()))];
  }
  return line;
}

struct Arguments {
  std::string study;
  std::string runs = "runs";
};

class Top {
 public:
  Top(const Session& session, const Arguments& arguments)
      : session_(session), arguments_(arguments) {}

  int run() {
    const std::atomic<bool>& interrupted = session_.env.interrupted();
    if (!session_.env.in_is_terminal || !session_.env.out_is_terminal)
      throw Error(ErrorCode::Invalid,
                  "this needs a terminal; `study status --watch` prints a line for each change");
    read();  // what is wrong is said on the screen that stays
    FullScreen screen;
    while (!interrupted.load()) {
      FullScreen::draw(draft_ ? draft_->screen(FullScreen::size(), session_.env.colour()) : text());
      const int key = screen.read_key(kRefresh);
      if (draft_) {
        write(key);
        continue;
      }
      if (key == 'q' || key == kControlC) break;
      if (key != 0) act(key);
      try_to_read();
    }
    return kDone;
  }

 private:
  void read() {
    const Connection connection = connect(session_);
    StudyApi& api = *connection.api;
    status_ = read_status(api, arguments_.study, arguments_.runs);
    std::int64_t count = 0;
    for (const auto& [state, trials] : status_.info.counts) count += trials;
    scores_.clear();
    for (const TrialView& trial :
         api.trials(arguments_.study, {.after = std::max<std::int64_t>(-1, count - kHistory - 1),
                                      .limit = static_cast<int>(kHistory),
                                      .state = TrialState::Complete,
                                      .worker = {}}))
      if (!trial.values.empty() && std::isfinite(trial.values.front()))
        scores_.push_back(trial.values.front());
    events_ = api.events(arguments_.study,
                         std::max<std::int64_t>(0, status_.info.last_event - kEvents), kEvents);
    workers_.clear();
    for (const auto& [name, worker] : status_.local)
      if (worker.launched) workers_.push_back(name);
    chosen_ = workers_.empty() ? 0 : std::min(chosen_, workers_.size() - 1);
  }

  void try_to_read() {
    try {
      read();
    } catch (const Error& error) {
      said_ = error.what();
    }
  }

  [[nodiscard]] std::string text() const {
    const auto width = static_cast<std::size_t>(FullScreen::size().columns);
    const bool colour = session_.env.colour();
    std::string out = status_screen(status_, session_.clock.now(), width, colour);
    if (!scores_.empty())
      out += "\n" + painted("history  ", Colour::Grey, colour) +
             sparkline(scores_, width > 10 ? width - 10 : 1) + "\n";
    out += "\n";
    for (const Event& event : events_) {
      const auto number = event.body.find("number");
      out += ellipsize(
                 printable(fmt::format("{}  {:<12} {:<10} {}", format_time(event.time).substr(11),
                                       to_string(event.kind), event.author,
                                       number == event.body.end() ? "" : dump_json(*number))),
                 width) +
             "\n";
    }
    out += "\n" + painted(ellipsize(keys(), width), Colour::Bold, colour) + "\n";
    if (!said_.empty()) out += painted(ellipsize(printable(said_), width), Colour::Yellow, colour);
    return out;
  }

  [[nodiscard]] std::string keys() const {
    if (asks_) return "Stop the study, for every worker? y: yes, any other key: no";
    const std::string worker =
        workers_.empty() ? ""
                         : fmt::format("[{}] j k: other worker  p: pause or go on  r: restart  ",
                                       workers_[chosen_]);
    const std::string question = status_.questions.empty() ? "" : "a: answer a question  ";
    return question + worker + "s: stop the study  q: leave";
  }

  void act(int key) {
    said_.clear();
    try {
      if (std::exchange(asks_, false)) {
        if (key == 'y') {
          connect(session_).api->stop_study(arguments_.study, "stopped in study top");
          said_ = "The study is stopped; running trials go on to their end.";
        }
        return;
      }
      if (key == 's') asks_ = true;
      if (key == 'a' && !status_.questions.empty()) draft_.emplace(status_.questions);
      if (workers_.empty()) return;
      if (key == 'j' || key == kDown) chosen_ = (chosen_ + 1) % workers_.size();
      if (key == 'k' || key == kUp) chosen_ = (chosen_ + workers_.size() - 1) % workers_.size();
      if (key == 'p') ask(is_paused() ? "resume" : "pause");
      if (key == 'r') ask("restart");
    } catch (const Error& error) {
      said_ = error.what();
    }
  }

  // A key of an answer that is being typed.
  void write(int key) {
    const AnswerDraft::Step step = key == 0 ? AnswerDraft::Step::Typing : draft_->press(key);
    if (step == AnswerDraft::Step::Typing) return;
    const AnswerDraft draft = *std::exchange(draft_, std::nullopt);
    said_.clear();
    if (step == AnswerDraft::Step::Leave) return;
    try {
      const Question answered = connect(session_).api->answer_question(
          arguments_.study, draft.question().id, {draft.text(), session_.env.variable("USER")});
      said_ = fmt::format("Question {} is answered; {} goes on with {}.", answered.id,
                          answered.worker, to_string(answered.work));
    } catch (const Error& error) {
      said_ = error.what();
    }
    try_to_read();
  }

  [[nodiscard]] bool is_paused() const {
    const WorkerState state = status_.local.at(workers_[chosen_]).launched->state;
    return state == WorkerState::Paused || state == WorkerState::Pausing;
  }

  void ask(const std::string& verb) {
    said_ = ask_supervisor(fleet_folder(arguments_.runs, arguments_.study),
                           verb + " " + workers_[chosen_]);
  }

  const Session& session_;
  const Arguments& arguments_;
  Status status_;
  std::vector<double> scores_;
  std::vector<Event> events_;
  std::vector<std::string> workers_;  // launched here
  std::size_t chosen_ = 0;
  bool asks_ = false;
  std::optional<AnswerDraft> draft_;
  std::string said_;
};

}  // namespace

void add_top_command(CLI::App& root, Session& session) {
  CLI::App& command = add_command(
      root, session,
      {"Watching", "top",
       "a study on the whole terminal, with keys to answer, to pause workers and to stop",
       "study top heat_signature\n"
       "study top heat_signature --server http://head:8642"});
  const auto arguments = std::make_shared<Arguments>();
  add_study_name(command, arguments->study);
  command.add_option("--runs", arguments->runs, "folder of the runs (default: runs)")
      ->type_name("DIR");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return Top(session, *arguments).run(); };
  });
}

}  // namespace studyhall::cli
