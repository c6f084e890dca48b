// What a trial scored, read by the worker: a finite number for each objective or a reason why there
// is none.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "core/experiment_spec.h"
#include "core/json.h"
#include "worker_shim/line_reader.h"
#include "worker_shim/process.h"

namespace studyhall::worker_shim {

struct Score {
  std::vector<double> values;             // [objectives], finite; or none
  std::map<std::string, double> metrics;  // finite ones
  // Why there are no values, or no metric that a constraint needs: what was found where, and what
  // was expected. Empty: the score is good.
  std::string problem;
  bool absent = false;             // the problem is that nothing is there at all
  std::vector<std::string> notes;  // metrics that no constraint needs and that were not found
  Json evidence = Json::object();  // how it was read: score_file_sha256, or pattern and matched
};

// Reads `spec.file` in `workspace`. `required` are the metrics that the study's constraints need;
// time metrics are divided by `time_ratio` besides, which evidence then has.
Score read_score_file(const std::filesystem::path& workspace, const ScoreSpec& spec,
                      const std::vector<std::string>& required, double time_ratio = 1);

// Searches output for the last match of a pattern with a group for each objective, within the lines
// of each stream; a line of more than 8 KiB is searched in pieces.
class PatternSearch {
 public:
  // Throws Error(Invalid) for a pattern that is no regular expression.
  explicit PatternSearch(std::string pattern);

  PatternSearch(const PatternSearch&) = delete;
  PatternSearch& operator=(const PatternSearch&) = delete;

  void feed(Stream stream, std::string_view output);
  // REQUIRES: all output was fed.
  Score finish();

 private:
  void search(std::string_view line);

  std::string pattern_;
  std::regex regex_;
  LineReader out_;
  LineReader err_;
  std::vector<std::string> last_;  // what the groups matched last; empty: nothing matched
};

// The whole of `text` as a number; nullopt if it is not one. May be infinite or NaN.
std::optional<double> parse_number(std::string_view text);

}  // namespace studyhall::worker_shim
