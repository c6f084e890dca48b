#include "cli/answer_draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <string_view>

#include "cli/table.h"
#include "cli/text.h"

namespace studyhall::cli {

namespace {

constexpr std::size_t kLongestAnswer = 4000;
constexpr int kBackspace = 127;
constexpr int kControlH = 8;
constexpr int kControlU = 21;

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

// Lines of at most `width` columns, broken between words where there are any.
std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines{""};
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    while (end < text.size() && continues(text[end])) ++end;
    const std::string_view character(text.data() + i, end - i);
    const std::size_t wide = display_width(character);
    if (columns + wide > width && columns > 0) {
      const std::size_t blank = lines.back().rfind(' ');
      std::string word;
      if (blank != std::string::npos && character != " ") {
        word = lines.back().substr(blank + 1);
        lines.back().resize(blank);
      }
      lines.push_back(std::move(word));
      columns = display_width(lines.back());
    }
    const bool is_break = character == " " && columns == 0 && lines.size() > 1;
    if (!is_break) {
      lines.back() += character;
      columns += wide;
    }
    i = end;
  }
  return lines;
}

}  // namespace

void AnswerDraft::take_back() {
  while (!text_.empty() && continues(text_.back())) text_.pop_back();
  if (!text_.empty()) text_.pop_back();
}

AnswerDraft::Step AnswerDraft::press(int key) {
  const std::size_t count = questions_.size();
  if (key == kEscape || key == kControlC) return Step::Leave;
  if (key == '\r' || key == '\n') {
    return text_.find_first_not_of(' ') == std::string::npos ? Step::Typing : Step::Send;
  }
  if (key == kBackspace || key == kControlH) {
    take_back();
  } else if (key == kControlU) {
    text_.clear();
  } else if (key == '\t' || key == kDown || key == kUp) {
    if (text_.empty()) chosen_ = (chosen_ + (key == kUp ? count - 1 : 1)) % count;
  } else if (key >= ' ' && key < 256 && text_.size() < kLongestAnswer) {
    text_ += static_cast<char>(key);
  }
  return Step::Typing;
}

std::string AnswerDraft::screen(FullScreen::Size size, bool colour) const {
  const auto width = static_cast<std::size_t>(std::max(size.columns, 10));
  const auto rows = static_cast<std::size_t>(std::max(size.rows, 8));
  const Question& asked = question();
  const std::vector<std::string> typed = wrapped("> " + printable(text_) + "_", width);
  std::vector<std::string> question_lines;
  std::istringstream lines(asked.text);
  for (std::string line; std::getline(lines, line);)
    for (std::string& one : wrapped(printable(line), width)) question_lines.push_back(one);
  const std::size_t around = typed.size() + 5;
  const std::size_t room = std::max<std::size_t>(1, rows > around ? rows - around : 1);
  if (question_lines.size() > room) {
    question_lines.resize(room);
    question_lines.back() = "…";
  }
  std::string out = painted(ellipsize(fmt::format("#{} {} of {} asks ({} of {}):", asked.id,
                                                  to_string(asked.work), printable(asked.worker),
                                                  chosen_ + 1, questions_.size()),
                                      width),
                            Colour::Yellow, colour) +
                    "\n\n";
  for (const std::string& line : question_lines) out += line + "\n";
  out += "\n";
  for (const std::string& line : typed) out += line + "\n";
  const bool may_choose = questions_.size() > 1 && text_.empty();
  out += "\n" + painted(ellipsize(std::string(may_choose ? "Tab: other question  " : "") +
                                      "Enter: send the answer  Esc: leave",
                                  width),
                        Colour::Bold, colour);
  return out;
}

}  // namespace studyhall::cli
