#include "worker_shim/task_result.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"
#include "worker_shim/environment.h"
#include "worker_shim/files.h"
#include "worker_shim/text.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kLongestSummary = 20'000;
constexpr std::size_t kLongestResult = 200'000;

std::optional<std::string> left(const Workspace& workspace, const std::string& name) {
  auto text = read_file(workspace.dir / name, kLongestResult);
  return text ? std::move(text) : read_file(workspace.place() / name, kLongestResult);
}

// null: none. Throws Error(Malformed) for what is no JSON.
Json left_result(const Workspace& workspace) {
  const auto text = left(workspace, "result.json");
  if (!text) return nullptr;
  Json result = parse_json(*text, "result.json");
  if (result.is_object() || result.is_null()) return result;
  return {{"result", std::move(result)}};
}

}  // namespace

RunOutcome find_task_result(const RunContext& run) {
  std::vector<std::string> notes = run.state.notes;
  Json result;
  std::string summary;
  const auto read = [&](const auto& reading) {
    try {
      reading();
    } catch (const Error& error) {
      notes.emplace_back(error.what());
    }
  };
  read([&] { result = left_result(run.workspace); });
  read([&] {
    summary = printable(left(run.workspace, "SUMMARY.md").value_or(""), kLongestSummary);
  });
  const std::string note = printable(fmt::format("{}", fmt::join(notes, "\n")), kLongestNote);
  if (result.is_object() && result.contains("failed")) {
    RunOutcome outcome;
    outcome.tell.state = TrialState::Fail;
    outcome.tell.note = printable(value_text(result["failed"]), kLongestNote);
    outcome.result = std::move(result);
    return outcome;
  }
  if (summary.empty()) summary = printable(run.last_words, kLongestSummary);
  if (summary.empty() && result.is_null()) {
    return failed(FailReason::Declined,
                  note.empty() ? "it left neither SUMMARY.md nor result.json" : note);
  }
  RunOutcome outcome;
  outcome.tell.state = TrialState::Complete;
  outcome.tell.note = note;
  outcome.result = result.is_null() ? Json::object() : std::move(result);
  if (!outcome.result.contains("summary")) outcome.result["summary"] = summary;
  return outcome;
}

}  // namespace studyhall::worker_shim
