#include "worker_shim/result_line.h"

#include <fmt/format.h>

#include <sstream>

#include "worker_shim/text.h"

namespace studyhall::worker_shim {
namespace {

std::string usage_words(const Usage& usage) {
  std::string words = ", " + duration_text(usage.seconds.value_or(0));
  if (usage.cost_usd) words += fmt::format(", ${:.2f}", *usage.cost_usd);
  return words;
}

void add_note(const std::string& note, std::vector<std::string>& lines) {
  std::istringstream text(note);
  for (std::string line; std::getline(text, line);) lines.push_back("    " + line);
}

}  // namespace

std::string start_line(const Job& job, const std::string& folder) {
  const std::string attempt =
      job.attempt > 1 ? fmt::format(", attempt {}", job.attempt) : std::string();
  if (job.is_task)
    return fmt::format("{}: \"{}\"{} in {}", job.label(), job.title, attempt, folder);
  return fmt::format("{}: {}{} {} in {}", job.label(), to_string(job.purpose), attempt,
                     dump_json(job.params), folder);
}

std::string state_words(const Job& job, const TellRequest& tell) {
  if (!job.is_task) return std::string(to_string(tell.state));
  return std::string(
      to_string(tell.state == TrialState::Complete ? TaskState::Done : TaskState::Failed));
}

std::string commit_words(const Job& job, const TellRequest& tell) {
  std::string words = state_words(job, tell);
  if (tell.reason) words += fmt::format(" ({})", to_string(*tell.reason));
  for (const double value : tell.values) words += fmt::format(" {}", value);
  return fmt::format("{}\n\n{}", words, job.is_task ? job.title : dump_json(job.params));
}

std::vector<std::string> result_lines(std::int64_t number, const TellRequest& told,
                                      const TellAnswer& answer) {
  std::string line = fmt::format("#{}: {}", number, to_string(told.state));
  for (const double value : told.values) line += " " + dump_json(Json(value));
  if (told.state == TrialState::Fail) {
    line += fmt::format(" ({})", to_string(told.reason.value_or(FailReason::BadConfig)));
  }
  for (const auto& [name, value] : told.metrics) {
    line += fmt::format(", {} {}", name, dump_json(Json(value)));
  }
  line += usage_words(told.usage);
  if (answer.new_best) {
    line += told.values.size() > 1 ? ", on the Pareto front" : ", the best so far";
  }
  if (answer.number != number) {
    line += fmt::format(", kept as trial {}: the lease had passed on", answer.number);
  }
  if (answer.requeued) line += ", waits for another attempt";
  std::vector<std::string> lines{line};
  if (told.state != TrialState::Complete) add_note(told.note, lines);
  return lines;
}

std::vector<std::string> task_result_lines(std::int64_t number, const TaskTell& told,
                                           const TaskTellAnswer& answer) {
  std::string line = fmt::format("task {}: {}", number, to_string(told.state));
  if (told.reason) line += fmt::format(" ({})", to_string(*told.reason));
  line += usage_words(told.usage);
  if (answer.requeued) line += ", waits for another attempt";
  std::vector<std::string> lines{line};
  if (told.state != TaskState::Done) add_note(told.note, lines);
  return lines;
}

}  // namespace studyhall::worker_shim
