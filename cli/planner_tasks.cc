#include "cli/planner_tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "cli/arguments.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/hash.h"

namespace studyhall::cli {

namespace {

constexpr std::size_t kLongestDescription = 20'000;

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

struct Field {
  std::string name;
  std::string value;
};

// "**Name**: value" and "**Name:** value", a bullet before it or not.
std::optional<Field> field_of(const std::string& line) {
  std::string text = trimmed(line);
  if (text.starts_with("- ") || text.starts_with("* ")) text = trimmed(text.substr(2));
  if (!text.starts_with("**")) return std::nullopt;
  const std::size_t end = text.find("**", 2);
  if (end == std::string::npos) return std::nullopt;
  std::string name = trimmed(text.substr(2, end - 2));
  std::string value = trimmed(text.substr(end + 2));
  if (name.ends_with(':'))
    name.pop_back();
  else if (value.starts_with(':'))
    value = trimmed(value.substr(1));
  else
    return std::nullopt;
  return Field{name, value};
}

std::vector<std::string> items_of(const std::string& list) {
  std::vector<std::string> items;
  std::istringstream words(list);
  for (std::string word; std::getline(words, word, ',');) {
    word = trimmed(word);
    while (word.starts_with('`') && word.ends_with('`') && word.size() > 1)
      word = word.substr(1, word.size() - 2);
    const std::string plain = lower(word);
    if (!word.empty() && plain != "none" && plain != "-" && plain != "n/a") items.push_back(word);
  }
  return items;
}

std::string title_in(const std::string& heading) {
  std::string title = trimmed(heading.substr(2));
  if (lower(title).starts_with("task:")) title = trimmed(title.substr(5));
  return title;
}

class TaskFile {
 public:
  TaskFile(const std::string& file, const std::set<std::string>& tags) : tags_(tags) {
    task_.file = file;
    task_.id = std::filesystem::path(file).stem().string();
  }

  PlannedTask read(const std::string& text) {
    std::istringstream lines(text);
    bool in_sections = false;
    for (std::string line; std::getline(lines, line);) {
      if (line.ends_with('\r')) line.pop_back();
      if (task_.request.title.empty() && line.starts_with("# ")) {
        task_.request.title = title_in(line);
        continue;
      }
      if (line.starts_with("## ")) in_sections = true;
      const auto field = in_sections ? std::nullopt : field_of(line);
      if (field)
        take(*field);
      else if (lower(trimmed(line)) != "## description")
        body_ += line + "\n";
    }
    finish(text);
    return std::move(task_);
  }

 private:
  void take(const Field& field) {
    const std::string name = lower(field.name);
    if (name == "priority") {
      take_priority(field);
    } else if (name == "depends on" || name == "depends" || name == "dependencies") {
      for (std::string& item : items_of(field.value)) task_.depends_on.push_back(std::move(item));
    } else if (name == "component" || name == "role" || name == "tag" || name == "tags") {
      take_tags(field);
    } else {
      keep(field, "is no member of a task");
    }
  }

  void take_priority(const Field& field) {
    try {
      task_.request.priority = parse_priority(lower(field.value));
    } catch (const Error& error) {
      task_.problems.emplace_back(error.what());
    }
  }

  void take_tags(const Field& field) {
    for (const std::string& tag : items_of(field.value)) {
      if (tags_.contains(tag))
        task_.request.tags.push_back(tag);
      else
        keep({field.name, tag}, "is a tag that no worker of the study file accepts");
    }
  }

  void keep(const Field& field, const char* why) {
    kept_ += fmt::format("{}: {}\n", field.name, field.value);
    task_.notes.push_back(fmt::format("{} \"{}\" {}; it stays in the description", field.name,
                                      ellipsize(printable(field.value), 60), why));
  }

  void finish(const std::string& text) {
    std::string& description = task_.request.description;
    description = trimmed(kept_ + (kept_.empty() ? "" : "\n") + trimmed(body_));
    if (task_.request.title.empty())
      task_.problems.emplace_back("there is no line \"# Task: TITLE\"");
    if (description.size() > kLongestDescription)
      task_.problems.push_back(fmt::format("the text has {} bytes; expected at most {}",
                                           description.size(), kLongestDescription));
    // The same file again adds nothing.
    task_.request.request_id = "import-" + sha256_hex(task_.id + "\n" + text).substr(0, 32);
  }

  const std::set<std::string>& tags_;
  PlannedTask task_;
  std::string kept_;
  std::string body_;
};

// "3", "#3" and "task 3".
std::optional<std::int64_t> number_in(const std::string& word) {
  std::string text = lower(word);
  if (text.starts_with("task ")) text = trimmed(text.substr(5));
  if (text.starts_with('#')) text = text.substr(1);
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::stoll(text);
}

void find_dependencies(std::vector<PlannedTask>& tasks, const std::vector<TaskView>& known) {
  std::map<std::string, std::size_t> planned;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    planned.emplace(lower(tasks[i].request.title), i);
    planned.insert_or_assign(lower(tasks[i].id), i);
  }
  for (PlannedTask& task : tasks) {
    for (const std::string& word : task.depends_on) {
      if (const auto found = planned.find(lower(word)); found != planned.end()) {
        task.after.push_back(found->second);
        continue;
      }
      const auto number = number_in(word);
      // Of several with one title the newest.
      const auto view = std::find_if(known.rbegin(), known.rend(), [&](const TaskView& one) {
        return number ? one.task.number == *number : lower(one.task.title) == lower(word);
      });
      if (view != known.rend())
        task.request.after.push_back(view->task.number);
      else
        task.problems.push_back(
            fmt::format("depends on \"{}\", which is neither one of the files, by name or title, "
                        "nor a task of the study",
                        printable(word)));
    }
  }
}

}  // namespace

PlannedTask parse_planned_task(const std::string& file, const std::string& text,
                               const std::set<std::string>& tags) {
  return TaskFile(file, tags).read(text);
}

std::vector<PlannedTask> resolve_planned_tasks(std::vector<PlannedTask> tasks,
                                               const std::vector<TaskView>& known) {
  find_dependencies(tasks, known);
  std::vector<PlannedTask> ordered;
  std::map<std::size_t, std::size_t> places;  // of those that are in `ordered`
  while (ordered.size() < tasks.size()) {
    const std::size_t before = ordered.size();
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      const bool ready = std::ranges::all_of(
          tasks[i].after, [&](std::size_t other) { return places.contains(other); });
      if (places.contains(i) || !ready) continue;
      PlannedTask task = tasks[i];
      for (std::size_t& other : task.after) {
        other = places[other];
        if (!ordered[other].problems.empty())
          task.problems.push_back(
              fmt::format("depends on {}, which cannot be added", ordered[other].file));
      }
      places[i] = ordered.size();
      ordered.push_back(std::move(task));
    }
    if (ordered.size() > before) continue;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      if (places.contains(i)) continue;
      tasks[i].problems.emplace_back("depends on itself through others, or on tasks that do");
      tasks[i].after.clear();
    }
  }
  return ordered;
}

std::set<std::string> accepted_tags(const Json& spec) {
  std::set<std::string> tags;
  const Json workers = spec.value("workers", Json::object());
  for (const auto& [name, worker] : workers.items())
    for (const Json& tag : worker.value("accepts", Json::array())) tags.insert(tag);
  return tags;
}

}  // namespace studyhall::cli
