// The trials of a study as columns.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/study_api.h"
#include "server/study_model.h"

namespace studyhall::server {

// Makes the columns a stretch at a time, so that the study's lock need not be held for all of them.
class ColumnBuilder {
 public:
  // Chooses the trials. Throws Error(Invalid) for a number of points out of range.
  ColumnBuilder(const StudyModel& study, const ColumnsRequest& request);

  // Adds the next `count` of the chosen trials, as they are now; false: these were the last.
  bool add_some(const StudyModel& study, std::int64_t count);
  // REQUIRES: add_some() answered false; called once.
  TrialColumns finish();

 private:
  void choose(const StudyModel& study, std::int64_t points);
  void add(const StudyModel& study, const Trial& trial);
  void add_params(const StudyModel& study, const Trial& trial);
  // The number of `name` in the list of column `column`; -1 for an empty name.
  std::int64_t index_of(const std::string& column, const std::string& name);

  // Columns by name. A name may first be met in the middle: what stands above is null, as is each
  // row where nothing was put.
  struct Table {
    std::vector<std::string> names;
    std::vector<Json::array_t> columns;

    void put(std::size_t column, std::int64_t row, Json value);
    void put(const std::string& name, std::int64_t row, Json value);
    Json take(std::int64_t rows);
  };
  // Those with an entry for each row.
  struct Plain {
    Json::array_t number, state, worker, purpose, sampler, reason, attempt, feasible, outside,
        started, completed, cost_usd;
    std::vector<Json::array_t> values;  // [objectives]
  };

  std::vector<std::size_t> chosen_;  // positions, ascending
  std::vector<double> cost_usd_;     // [chosen], told up to and with each
  std::size_t next_ = 0;
  std::int64_t rows_ = 0;
  std::vector<std::int64_t> reported_;  // numbers with intermediate values
  std::map<std::string, std::map<std::string, std::int64_t>> indices_;
  std::vector<std::vector<double>> results_;  // [objectives], of all complete trials
  Plain plain_;
  Table params_;
  Table metrics_;
  TrialColumns out_;
};

}  // namespace studyhall::server
