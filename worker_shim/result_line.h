// A told result, as a worker's progress shows it.
#pragma once

#include <string>
#include <vector>

#include "core/study_api.h"

namespace studyhall::worker_shim {

// "#12: complete 0.912, runtime_min 40.1, 3.2 s, the best so far"; for a result that is not
// complete, its note follows in indented lines.
std::vector<std::string> result_lines(std::int64_t number, const TellRequest& told,
                                      const TellAnswer& answer);

}  // namespace studyhall::worker_shim
