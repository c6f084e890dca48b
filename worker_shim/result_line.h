// A job and its result, in the words of a worker's progress and of its commits.
#pragma once

#include <string>
#include <vector>

#include "core/study_api.h"
#include "worker_shim/job.h"

namespace studyhall::worker_shim {

// `#12: suggested, attempt 2, {"x": 1.5} in W1-12.2`; `task 3: "Vectorise the solver" in W1-task3`.
std::string start_line(const Job& job, const std::string& folder);
// "complete", "done".
std::string state_words(const Job& job, const TellRequest& tell);
// The commit's: "complete 0.912", a blank line, and the parameters or the task's title.
std::string commit_words(const Job& job, const TellRequest& tell);

// "#12: complete 0.912, runtime_min 40.1, 3.2 s, the best so far"; for a result that is not
// complete, its note follows in indented lines.
std::vector<std::string> result_lines(std::int64_t number, const TellRequest& told,
                                      const TellAnswer& answer);
// "task 3: done, 3.2 s, $0.12"; for one that is not done, its note follows in indented lines.
std::vector<std::string> task_result_lines(std::int64_t number, const TaskTell& told,
                                           const TaskTellAnswer& answer);

}  // namespace studyhall::worker_shim
