// The trials of a study as a table, page by page, so that a million trials are never in memory at
// once. The command line and the HTTP API both print what this makes.
//
// CSV has the columns of Optuna's trials_dataframe() and the worker: number, value (values_0,
// values_1, ... for several objectives), params_*, user_attrs_*, state, datetime_start,
// datetime_complete, duration, worker. Parameters stand in the order of the study file, metrics
// (the user attributes that are numbers) in that of their names.
//   - Cells are as pandas' to_csv writes them: an absent one is empty; states are COMPLETE, PRUNED,
//     FAIL, RUNNING, WAITING; truth values True and False; infinities inf and -inf; durations "0
//     days 00:57:06.000000". Times are UTC: "2026-03-01T12:00:00.000000Z".
//   - Floats have the fewest digits that read back the same.
//   - Quoting is that of RFC 4180; lines end in LF.
// JSONL has one trial per line, in the JSON form of TrialView.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/study_api.h"

namespace studyhall {

enum class ExportFormat { Csv, Jsonl };
// "csv", "jsonl".
std::string_view to_string(ExportFormat format);
std::optional<ExportFormat> export_format_from_string(std::string_view name);

class TrialExporter {
 public:
  // The trials with numbers above `after`, ascending, as many as a page has; none: the end.
  using PageSource = std::function<std::vector<TrialView>(std::int64_t after)>;

  // `study_file` is the study's resolved file (StudyInfo::spec): its parameters are columns.
  TrialExporter(ExportFormat format, Json study_file, PageSource pages);

  // The next piece of text, of one page; nullopt: that was all. Passes on what the source throws.
  //
  // CSV reads all pages twice, the first time for the names of the metrics: trials that are added
  // meanwhile are left out, and so is a metric that is first told meanwhile.
  [[nodiscard]] std::optional<std::string> next();

 private:
  void start_csv();
  [[nodiscard]] std::string csv_header() const;
  void append_csv_row(const TrialView& trial, std::string& out) const;

  ExportFormat format_;
  std::vector<std::string> params_;
  std::size_t objectives_ = 1;
  std::vector<std::string> metrics_;  // ascending
  PageSource pages_;
  std::int64_t after_ = -1;
  std::int64_t last_;  // numbers above this are left out
  bool started_ = false;
};

}  // namespace studyhall
