#include "worker_shim/result_line.h"

#include <fmt/format.h>

#include <sstream>

#include "worker_shim/text.h"

namespace studyhall::worker_shim {

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
  line += ", " + duration_text(told.usage.seconds.value_or(0));
  if (told.usage.cost_usd) line += fmt::format(", ${:.2f}", *told.usage.cost_usd);
  if (answer.new_best) {
    line += told.values.size() > 1 ? ", on the Pareto front" : ", the best so far";
  }
  if (answer.number != number) {
    line += fmt::format(", kept as trial {}: the lease had passed on", answer.number);
  }
  if (answer.requeued) line += ", waits for another attempt";
  std::vector<std::string> lines{line};
  if (told.state != TrialState::Complete) {
    std::istringstream note(told.note);
    for (std::string text; std::getline(note, text);) lines.push_back("    " + text);
  }
  return lines;
}

}  // namespace studyhall::worker_shim
