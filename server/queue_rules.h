// What of a study runs and is open, as far as it keeps others waiting: tags with a limit, exclusive
// resources, waves.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/queue.h"
#include "core/study_spec.h"
#include "core/task.h"
#include "core/trial.h"

namespace studyhall::server {

// Who asks for something to do, and when.
struct Taker {
  std::string_view worker;
  std::span<const std::string> accepts;  // tags, sorted
  Timestamp now;
};

class QueueRules {
 public:
  // Takes a trial or task in, and out again before it changes.
  void add(const Trial& trial) { count(trial, 1); }
  void remove(const Trial& trial) { count(trial, -1); }
  void add(const Task& task) { count(task, 1); }
  void remove(const Task& task) { count(task, -1); }

  // Whether so many run as limits.running_by_tag allows of one of the tags.
  [[nodiscard]] bool is_full(const StudySpec& spec, std::span<const std::string> tags) const;
  // What keeps something with these tags and terms from being handed out to any worker, but for
  // topics; empty: nothing.
  [[nodiscard]] std::vector<Hindrance> hindrances(const StudySpec& spec,
                                                  std::span<const std::string> tags,
                                                  const QueueTerms& terms) const;

 private:
  void count(const Trial& trial, int sign);
  void count(const Task& task, int sign);
  void count(const WorkRef& work, bool open, bool running, const std::vector<std::string>& tags,
             const QueueTerms& terms, int sign);

  std::map<std::string, std::int64_t> running_;                          // by tag
  std::map<std::string, std::set<std::pair<bool, std::int64_t>>> held_;  // resource: by what
  std::map<int, std::int64_t> open_;  // waiting or running, by wave
};

}  // namespace studyhall::server
