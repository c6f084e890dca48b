#include "worker_shim/dialogue.h"

#include <fmt/format.h>

#include "worker_shim/files.h"
#include "worker_shim/text.h"

namespace studyhall::worker_shim {
namespace {

constexpr const char* kFile = "QUESTION.md";
constexpr std::size_t kLongestFile = 1'000'000;
constexpr std::size_t kLongestQuestion = 20'000;

}  // namespace

std::optional<std::string> take_question(const Workspace& workspace) {
  for (const auto& folder : {workspace.dir, workspace.place()}) {
    const auto text = read_file(folder / kFile, kLongestFile);
    if (!text) continue;
    std::filesystem::remove(folder / kFile);
    if (text->find_first_not_of(" \t\r\n") == std::string::npos) continue;
    return printable(*text, kLongestQuestion);
  }
  return std::nullopt;
}

std::string answer_prompt(const Dialogue& dialogue) {
  return fmt::format(
      "Your question was:\n\n{}\n\nThe answer:\n\n{}\n\nGo on from where you stopped, by that "
      "answer, and end as the first prompt says.\n",
      dialogue.question, dialogue.answer);
}

std::string answer_section(const Dialogue& dialogue) {
  return fmt::format(
      "\n\n## A question, and its answer\n\nAn agent worked on this in the same folder and asked a "
      "person:\n\n{}\n\nThe answer:\n\n{}\n\nGo on from what is in the folder, by that answer.\n",
      dialogue.question, dialogue.answer);
}

std::string how_to_ask(const Workspace& workspace) {
  return fmt::format(
      "Where only a person can decide how to go on, write what you ask, with what you would do "
      "and why, to {}/{} and end. The answer, which may take days, comes to you in this session. "
      "Ask nothing that you can find out or try.",
      workspace.dir.string(), kFile);
}

}  // namespace studyhall::worker_shim
