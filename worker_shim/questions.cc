#include "worker_shim/questions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "core/error.h"

namespace studyhall::worker_shim {
namespace {

using SteadyClock = std::chrono::steady_clock;

}  // namespace

std::string Questions::ask() {
  const Job job = held_.job();
  const WorkRef work{job.is_task, job.number};
  const std::string text = held_.entry().state.dialogue->question;
  try {
    const auto question = patience_.until_answered("question", Heed::Nothing, [&] {
      return api_.ask_question(plan_.study->name, work, {text, job.lease.token});
    });
    if (!question) {
      say_(fmt::format("{}: its question is not asked; the next start of worker {} asks it",
                       job.label(), plan_.worker));
      return "";
    }
    say_(fmt::format("{}: question {}: {}", job.label(), question->id,
                     text.substr(0, text.find('\n'))));
    say_(fmt::format("    study respond {} {} \"...\"", plan_.study->name, question->id));
    held_.set_aside(question->id);
    return "";
  } catch (const Error& error) {
    if (error.code() != ErrorCode::Conflict && error.code() != ErrorCode::NotFound) {
      return error.what();
    }
    say_(fmt::format("{}: its question is not asked, it is no longer held: {}", job.label(),
                     error.what()));
    keeper_.settle(held_.entry().workspace);
    held_.drop();
    return "";
  }
}

bool Questions::take_answered() {
  // An ask that was not answered goes first: what it was given would be lost.
  if (!any() || !held_.entry().ask_request_id.empty()) return false;
  const auto now = SteadyClock::now();
  if (looked_ && now - *looked_ < kLookEvery * plan_.backoff) return false;
  looked_ = now;
  std::vector<Question> questions;
  try {
    questions = api_.questions(plan_.study->name, {false, plan_.worker});
  } catch (const Error&) {
    return false;  // the next look may find more
  }
  for (std::size_t i = held_.entry().waiting.size(); i-- > 0;) {
    const std::int64_t id = held_.entry().waiting[i].question;
    const auto found = std::find_if(questions.begin(), questions.end(),
                                    [&](const Question& question) { return question.id == id; });
    if (found == questions.end()) {
      give_up(i, "its question is not known any more");
    } else if (heed(i, *found)) {
      return true;
    }
  }
  return false;
}

bool Questions::heed(std::size_t waiting, const Question& question) {
  switch (question.state) {
    case QuestionState::Open:
      return false;
    case QuestionState::Moot:
      give_up(waiting, "it ended, or passed to another, before its question was answered");
      return false;
    case QuestionState::Answered:
      break;
  }
  held_.take_up(waiting, question.answer);
  if (held_.is_still_held()) {
    say_(fmt::format("{}: {} answered question {}: {}", held_.label(),
                     question.author.empty() ? "somebody" : question.author, question.id,
                     question.answer.substr(0, question.answer.find('\n'))));
    return true;
  }
  say_(
      fmt::format("{}: its question was answered, and its lease is gone: given up", held_.label()));
  keeper_.settle(held_.entry().workspace);
  held_.drop();
  return false;
}

void Questions::give_up(std::size_t waiting, const std::string& why) {
  auto& jobs = held_.entry().waiting;
  const WaitingJob job = jobs[waiting];
  jobs.erase(jobs.begin() + static_cast<std::ptrdiff_t>(waiting));
  held_.save();
  say_(fmt::format("{}: {}: given up", job.job.label(), why));
  keeper_.settle(job.workspace);
}

std::string Questions::words() const {
  if (!any()) return "";
  std::vector<std::string> labels;
  for (const WaitingJob& waiting : held_.entry().waiting) labels.push_back(waiting.job.label());
  return fmt::format("{} wait{} for an answer ({})",
                     labels.size() == 1 ? "1 question" : fmt::format("{} questions", labels.size()),
                     labels.size() == 1 ? "s" : "", fmt::join(labels, ", "));
}

}  // namespace studyhall::worker_shim
