#include "cli/show_tasks.h"

#include <fmt/format.h>

#include "cli/lines.h"
#include "cli/text.h"
#include "core/priority.h"

namespace studyhall::cli {

namespace {

Colour state_colour(TaskState state) {
  switch (state) {
    case TaskState::Waiting:
      return Colour::Grey;
    case TaskState::Running:
      return Colour::Yellow;
    case TaskState::Done:
      return Colour::Green;
    case TaskState::Failed:
      return Colour::Red;
    case TaskState::Cancelled:
      return Colour::Grey;
  }
  return Colour::None;
}

std::string state_words(const Task& task) {
  std::string words(to_string(task.state));
  if (task.reason) words += fmt::format(" ({})", to_string(*task.reason));
  if (task.parked_until) words += ", parked";
  return words;
}

std::string priority_words(double priority) {
  const std::string_view name = priority_name(priority);
  return name.empty() ? format_number(priority) : std::string(name);
}

// "0, 3, trial 12".
std::string after_words(const Task& task) {
  std::string words = words_of(task.after);
  for (const std::int64_t trial : task.after_trials) {
    words += fmt::format("{}trial {}", words.empty() ? "" : ", ", trial);
  }
  return words;
}

std::string json_words(const Json& json) {
  if (json.is_null()) return "";
  return json.is_string() ? json.get<std::string>() : dump_json(json);
}

}  // namespace

Table task_table(const std::vector<TaskView>& tasks) {
  Table table({{"task", Align::Right},
               {"title", Align::Left, true},
               {"state", Align::Left, true},
               {"priority"},
               {"tags", Align::Left, true},
               {"after", Align::Left, true},
               {"worker", Align::Left, true},
               {"attempt", Align::Right}});
  for (const TaskView& view : tasks) {
    const Task& task = view.task;
    table.add({std::to_string(task.number),
               task.title,
               {state_words(task), state_colour(task.state)},
               priority_words(task.priority),
               words_of(task.tags),
               after_words(task),
               task.worker,
               std::to_string(task.attempt)});
  }
  return table;
}

void show_task(const Session& session, const std::string& study, const TaskView& view) {
  const Task& task = view.task;
  const Lines lines(session);
  lines.add("task", fmt::format("{} of {}", task.number, study));
  lines.add("title", task.title);
  lines.add("description", task.description);
  lines.add("state", state_words(task));
  lines.add("priority", priority_words(task.priority));
  lines.add("tags", words_of(task.tags));
  lines.add("after", after_words(task));
  lines.add("added", fmt::format("{} UTC by {}", format_time(task.created), task.author));
  lines.add("worker", task.worker);
  lines.add("attempt", fmt::format("{} of {}", task.attempt, task.retries + 1));
  if (task.started) lines.add("started", format_time(*task.started) + " UTC");
  if (task.parked_until) lines.add("parked until", format_time(*task.parked_until) + " UTC");
  if (view.lease_expires) lines.add("lease until", format_time(*view.lease_expires) + " UTC");
  if (task.ended) lines.add("ended", format_time(*task.ended) + " UTC");
  lines.add("result", json_words(task.result));
  lines.add("evidence", json_words(task.evidence));
  lines.add("note", task.note);
  if (task.usage != Usage{}) lines.add("usage", dump_json(to_json(task.usage)));
}

void print_asked_tasks(const Session& session, const std::string& study,
                       const std::vector<AskedTask>& tasks) {
  for (const AskedTask& task : tasks) {
    session.out << fmt::format(
        "{} {} ({}{}), lease until {} UTC\n", session.paint("task", Colour::Bold),
        session.paint(std::to_string(task.number), Colour::Bold), priority_words(task.priority),
        task.attempt > 1 ? fmt::format(", attempt {}", task.attempt) : "",
        format_time(task.lease.expires_at));
    session.out << fmt::format("  {}\n", printable(task.title));
    if (!task.description.empty()) {
      session.out << fmt::format("  {}\n", printable(task.description));
    }
  }
  if (!tasks.empty()) {
    session.out << fmt::format("Then: study task tell {} {} --result TEXT\n", study,
                               tasks.front().number);
  }
}

}  // namespace studyhall::cli
