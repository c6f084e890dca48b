// The rules for what is put into the queue, of trials and tasks alike. Each adds the problems that
// it finds.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/error.h"
#include "server/study_model.h"

namespace studyhall::server {

void check_words(const std::string& title, const std::string& description,
                 const std::vector<std::string>& tags, std::vector<Problem>& problems);
// A worker's, topic's or the like: is_valid_name().
void check_name(const std::string& path, const std::string& name, std::vector<Problem>& problems);
// `terms` but for its topic, which is the study's or none.
void check_terms(const StudyModel& study, const QueueTerms& terms, std::vector<Problem>& problems);
void check_priority(double priority, std::vector<Problem>& problems);
// Those to wait for: they are there, and may still end well. `path` names the field.
void check_awaited_trials(const StudyModel& study, const char* path,
                          const std::vector<std::int64_t>& numbers, std::vector<Problem>& problems);
void check_awaited_tasks(const StudyModel& study, const char* path,
                         const std::vector<std::int64_t>& numbers, std::vector<Problem>& problems);

template <typename T>
void sort_unique(std::vector<T>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

}  // namespace studyhall::server
