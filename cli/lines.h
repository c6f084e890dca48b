// What is known of one thing, a line each.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/text.h"

namespace studyhall::cli {

class Lines {
 public:
  explicit Lines(const Session& session) : session_(session) {}
  // "label:  text", nothing for an empty text; long texts run on.
  void add(const std::string& label, const std::string& text) const {
    if (text.empty()) return;
    session_.out << session_.paint(fmt::format("{:<14}", label + ":"), Colour::Grey)
                 << printable(text) << '\n';
  }

 private:
  const Session& session_;
};

// "a, b, c".
template <typename Item>
std::string words_of(const std::vector<Item>& items) {
  std::string words;
  for (const Item& item : items) words += fmt::format("{}{}", words.empty() ? "" : ", ", item);
  return words;
}

}  // namespace studyhall::cli
