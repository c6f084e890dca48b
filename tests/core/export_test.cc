#include "core/export.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>

#include "core/error.h"
#include "core/study_api_json.h"

namespace studyhall {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// The pages of a study of which a test knows all trials.
class Trials {
 public:
  explicit Trials(std::vector<TrialView> trials, std::size_t page = 2)
      : trials_(std::move(trials)), page_(page) {}

  TrialExporter::PageSource source() {
    return [this](std::int64_t after) {
      ++reads;
      std::vector<TrialView> page;
      for (const TrialView& trial : trials_) {
        if (trial.number > after && page.size() < page_) page.push_back(trial);
      }
      return page;
    };
  }
  void add(TrialView trial) { trials_.push_back(std::move(trial)); }

  int reads = 0;

 private:
  std::vector<TrialView> trials_;
  std::size_t page_;
};

TrialView complete(std::int64_t number, Json params, double value) {
  TrialView trial;
  trial.number = number;
  trial.state = TrialState::Complete;
  trial.params = std::move(params);
  trial.values = {value};
  return trial;
}

Json study_file(const std::vector<std::string>& params) {
  Json file{{"name", "s"}, {"direction", "maximize"}, {"params", Json::object()}};
  for (const std::string& name : params) file["params"][name] = {{"type", "float"}};
  return file;
}

std::string export_all(ExportFormat format, const Json& file, Trials& trials) {
  TrialExporter exporter(format, file, trials.source());
  std::string text;
  while (const auto piece = exporter.next()) text += *piece;
  return text;
}

TEST(Export, WritesTheColumnsOfOptunasDataframe) {
  TrialView trial = complete(3, {{"x", 0.35}, {"kind", "smart"}, {"n", 20}, {"on", true}}, 1.1029);
  trial.metrics = {{"runtime_min", 57.1}, {"rmse", 0.125}};
  trial.started = parse_utc("2026-03-01T12:00:00.000000Z");
  trial.completed = parse_utc("2026-03-02T12:57:06.000250Z");
  trial.record.worker = "W1";
  Trials trials({trial});

  const std::string csv =
      export_all(ExportFormat::Csv, study_file({"x", "kind", "n", "on"}), trials);

  EXPECT_EQ(csv,
            "number,value,params_x,params_kind,params_n,params_on,user_attrs_rmse,"
            "user_attrs_runtime_min,state,datetime_start,datetime_complete,duration,worker\n"
            "3,1.1029,0.35,smart,20,True,0.125,57.1,COMPLETE,2026-03-01T12:00:00.000000Z,"
            "2026-03-02T12:57:06.000250Z,1 days 00:57:06.000250,W1\n");
}

TEST(Export, LeavesCellsEmptyForWhatATrialDoesNotHave) {
  TrialView waiting;
  waiting.number = 0;
  waiting.params = {{"x", 0.5}};
  TrialView failed;
  failed.number = 1;
  failed.state = TrialState::Fail;
  failed.params = {{"x", 1.0}, {"y", nullptr}};
  failed.metrics = {{"m", 1.0}};
  Trials trials({waiting, failed});

  const std::string csv = export_all(ExportFormat::Csv, study_file({"x", "y"}), trials);

  EXPECT_EQ(csv,
            "number,value,params_x,params_y,user_attrs_m,state,datetime_start,datetime_complete,"
            "duration,worker\n"
            "0,,0.5,,,WAITING,,,,\n"
            "1,,1.0,,1.0,FAIL,,,,\n");
}

TEST(Export, NamesEveryStateAsOptunaDoes) {
  const std::map<TrialState, std::string> names{{TrialState::Waiting, "WAITING"},
                                                {TrialState::Running, "RUNNING"},
                                                {TrialState::Complete, "COMPLETE"},
                                                {TrialState::Pruned, "PRUNED"},
                                                {TrialState::Fail, "FAIL"}};
  for (const auto& [state, name] : names) {
    TrialView trial;
    trial.number = 0;
    trial.state = state;
    Trials trials({trial});

    const std::string csv = export_all(ExportFormat::Csv, study_file({}), trials);

    EXPECT_EQ(csv.substr(csv.find('\n') + 1), "0,," + name + ",,,,\n");
  }
}

TEST(Export, QuotesCommasQuotesAndLineBreaksInNamesAndValues) {
  Trials trials({complete(0, {{"a,b", "say \"hi\""}, {"c", "two\r\nlines"}, {"d", ""}}, 1)});

  const std::string csv = export_all(ExportFormat::Csv, study_file({"a,b", "c", "d"}), trials);

  EXPECT_EQ(csv,
            "number,value,\"params_a,b\",params_c,params_d,state,datetime_start,datetime_complete,"
            "duration,worker\n"
            "0,1.0,\"say \"\"hi\"\"\",\"two\r\nlines\",\"\",COMPLETE,,,,\n");
}

TEST(Export, WritesFloatsThatReadBackTheSame) {
  const std::vector<double> values{0.1,
                                   1.0 / 3,
                                   5e-324,
                                   std::numeric_limits<double>::max(),
                                   -2.2250738585072014e-308,
                                   123456789012345678.0,
                                   0.30000000000000004,
                                   std::nextafter(1.0, 2.0)};
  for (const double value : values) {
    Trials trials({complete(0, Json::object(), value)});

    const std::string csv = export_all(ExportFormat::Csv, study_file({}), trials);

    const std::string row = csv.substr(csv.find('\n') + 1);
    EXPECT_EQ(std::strtod(row.c_str() + 2, nullptr), value) << row;
  }
}

TEST(Export, WritesTheFewestDigitsAndInfinities) {
  Trials trials({complete(0, {{"x", 0.1}}, kInf), complete(1, {{"x", 100.0}}, -kInf)});

  const std::string csv = export_all(ExportFormat::Csv, study_file({"x"}), trials);

  EXPECT_EQ(csv.substr(csv.find('\n') + 1),
            "0,inf,0.1,COMPLETE,,,,\n"
            "1,-inf,100.0,COMPLETE,,,,\n");
}

TEST(Export, HasAColumnForEachOfSeveralObjectives) {
  TrialView trial = complete(0, Json::object(), 1.5);
  trial.values = {1.5, -2.0};
  Trials trials({trial});
  Json file = study_file({});
  file.erase("direction");
  file["directions"] = {"maximize", "minimize"};

  const std::string csv = export_all(ExportFormat::Csv, file, trials);

  EXPECT_EQ(csv,
            "number,values_0,values_1,state,datetime_start,datetime_complete,duration,worker\n"
            "0,1.5,-2.0,COMPLETE,,,,\n");
}

TEST(Export, WritesADurationBelowZeroAsPandasDoes) {
  TrialView trial = complete(0, Json::object(), 1);
  trial.started = parse_utc("2026-03-01T12:00:05Z");
  trial.completed = parse_utc("2026-03-01T12:00:00Z");
  Trials trials({trial});

  const std::string csv = export_all(ExportFormat::Csv, study_file({}), trials);

  EXPECT_NE(csv.find(",-1 days +23:59:55.000000,"), std::string::npos) << csv;
}

TEST(Export, GivesAHeaderForAStudyWithoutTrials) {
  Trials none({});

  EXPECT_EQ(export_all(ExportFormat::Csv, study_file({"x"}), none),
            "number,value,params_x,state,datetime_start,datetime_complete,duration,worker\n");
  EXPECT_EQ(export_all(ExportFormat::Jsonl, study_file({"x"}), none), "");
}

TEST(Export, GoesThroughAllPagesAndHoldsOneAtATime) {
  std::vector<TrialView> all;
  for (int i = 0; i < 25; ++i) all.push_back(complete(i, {{"x", i / 10.0}}, i));
  all[24].metrics = {{"late", 7}};
  Trials trials(all, 10);
  TrialExporter exporter(ExportFormat::Csv, study_file({"x"}), trials.source());

  std::vector<std::string> pieces;
  while (const auto piece = exporter.next()) pieces.push_back(*piece);

  ASSERT_EQ(pieces.size(), 3u);
  EXPECT_EQ(std::count(pieces[0].begin(), pieces[0].end(), '\n'), 11);
  EXPECT_EQ(std::count(pieces[1].begin(), pieces[1].end(), '\n'), 10);
  EXPECT_EQ(std::count(pieces[2].begin(), pieces[2].end(), '\n'), 5);
  EXPECT_EQ(pieces[0].substr(0, pieces[0].find('\n')),
            "number,value,params_x,user_attrs_late,state,datetime_start,datetime_complete,"
            "duration,worker");
  EXPECT_TRUE(pieces[2].ends_with("24,24.0,2.4,7.0,COMPLETE,,,,\n")) << pieces[2];
}

TEST(Export, LeavesOutOfACsvWhatIsAddedWhileItIsWritten) {
  Trials trials({complete(0, Json::object(), 0), complete(1, Json::object(), 1)}, 1);
  TrialExporter exporter(ExportFormat::Csv, study_file({}), trials.source());

  std::string text = exporter.next().value();
  trials.add(complete(2, Json::object(), 2));
  while (const auto piece = exporter.next()) text += *piece;

  EXPECT_TRUE(text.ends_with("\n1,1.0,COMPLETE,,,,\n")) << text;
}

TEST(Export, WritesOneTrialPerLineOfJsonl) {
  TrialView first = complete(0, {{"kind", "two\nlines"}}, 0.1);
  first.metrics = {{"m", 1.5}};
  Trials trials({first, complete(1, Json::object(), 2)}, 1);

  const std::string text = export_all(ExportFormat::Jsonl, study_file({"kind"}), trials);

  const std::size_t end = text.find('\n');
  ASSERT_NE(end, std::string::npos);
  EXPECT_EQ(Json::parse(text.substr(0, end)), to_json(first));
  EXPECT_EQ(Json::parse(text.substr(end)).at("number"), 1);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST(Export, PassesOnWhatTheSourceThrows) {
  TrialExporter exporter(ExportFormat::Csv, study_file({}),
                         [](std::int64_t) -> std::vector<TrialView> {
                           throw Error(ErrorCode::NotFound, "no study s");
                         });

  EXPECT_THROW(static_cast<void>(exporter.next()), Error);
}

TEST(Export, KnowsItsFormatsByName) {
  EXPECT_EQ(export_format_from_string("csv"), ExportFormat::Csv);
  EXPECT_EQ(export_format_from_string("jsonl"), ExportFormat::Jsonl);
  EXPECT_EQ(export_format_from_string("CSV"), std::nullopt);
  EXPECT_EQ(to_string(ExportFormat::Jsonl), "jsonl");
}

}  // namespace
}  // namespace studyhall
