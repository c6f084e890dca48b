// The answer to an agent's question while a person types it, on a terminal that is read key by key.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/terminal.h"
#include "core/queue.h"

namespace studyhall::cli {

class AnswerDraft {
 public:
  // REQUIRES: a question.
  explicit AnswerDraft(std::vector<Question> questions) : questions_(std::move(questions)) {}

  enum class Step { Typing, Send, Leave };
  // A key as FullScreen::read_key() gives it; of a character of several bytes each of them. Enter
  // sends what is not empty, Esc and Ctrl-C leave, Backspace and Ctrl-U take back; Tab, up and down
  // choose the question while nothing is typed.
  Step press(int key);

  [[nodiscard]] const Question& question() const { return questions_[chosen_]; }
  [[nodiscard]] const std::string& text() const { return text_; }
  // The question, and the text so far with a cursor behind it: no line is wider than the screen,
  // and there are no more than it has; of a question too long for it the beginning.
  [[nodiscard]] std::string screen(FullScreen::Size size, bool colour) const;

 private:
  void take_back();

  std::vector<Question> questions_;
  std::size_t chosen_ = 0;
  std::string text_;
};

}  // namespace studyhall::cli
