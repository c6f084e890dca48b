#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "cli/text.h"
#include "tests/cli/cli_run.h"

namespace studyhall::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class ImportanceCommand : public CliTest {
 protected:
  // 30 results of which x alone decides; W1 moves kind, W2 a half of x.
  void SetUp() override {
    create("demo", R"("workers": {"W1": {"focus": ["kind"]},
                                  "W2": {"focus": {"x": {"low": 0, "high": 10}}}},)");
  }
  void run_trials() {
    for (int i = 0; i < 30; ++i) {
      const double x = -9.75 + i / 1.5;
      study({"enqueue", "demo", "x=" + std::to_string(x),
             std::string("kind=") + (i % 7 < 3 ? "a" : "b")});
    }
    const Json trials = study({"ask", "demo", "--count", "30", "--json"}).json()["trials"];
    for (const Json& trial : trials)
      study({"tell", "demo", std::to_string(trial["number"].get<int>()),
             std::to_string(trial["params"]["x"].get<double>())});
  }
  static std::size_t widest_line(const std::string& text) {
    std::istringstream lines(text);
    std::size_t widest = 0;
    for (std::string line; std::getline(lines, line);)
      widest = std::max(widest, display_width(line));
    return widest;
  }
};

TEST_F(ImportanceCommand, ShowsSharesWithBarsThatFit) {
  run_trials();
  const RunResult table = study({"importance", "demo", "--target-quantile", "0.2"});
  EXPECT_EQ(table.status, 0) << table.err;
  EXPECT_THAT(table.out,
              ContainsRegex("\nx +9[0-9.]+ %  ████████████████████████████████████████\n"));
  EXPECT_THAT(table.out, ContainsRegex("\nkind +[0-9]\\.[0-9] %"));
  EXPECT_THAT(table.out, HasSubstr("How the best 6 of 30 results differ"));
  EXPECT_THAT(table.out, Not(HasSubstr("hint")));
  EXPECT_THAT(table.out, Not(HasSubstr("\x1b[")));
  EXPECT_LE(widest_line(table.out), 80U);

  env_.variables["COLUMNS"] = "30";
  const RunResult narrow = study({"importance", "demo"});
  EXPECT_LE(widest_line(narrow.out.substr(0, narrow.out.find("\n\n"))), 30U) << narrow.out;
  EXPECT_THAT(narrow.out, HasSubstr("%  ███"));

  env_.out_is_terminal = true;
  EXPECT_THAT(study({"importance", "demo"}).out, HasSubstr("\x1b[32m█"));
}

TEST_F(ImportanceCommand, OfAWorkerShowsWhatItMoves) {
  run_trials();
  const RunResult own = study({"importance", "demo", "--worker", "W1"});
  EXPECT_THAT(own.out, ContainsRegex("\nkind +100.0 %"));
  EXPECT_THAT(own.out, Not(HasSubstr("\nx ")));
  EXPECT_THAT(own.out, HasSubstr("best 3 of 30 results in the ranges of W1"));

  const RunResult half = study({"importance", "demo", "--worker", "W2"});
  EXPECT_THAT(half.out, HasSubstr("best 2 of 15 results in the ranges of W2")) << half.out;
  EXPECT_THAT(half.out, HasSubstr("take the shares as a hint"));

  const RunResult nobody = study({"importance", "demo", "--worker", "W3"});
  EXPECT_EQ(nobody.status, 1);
  EXPECT_THAT(nobody.err, HasSubstr("names no worker \"W3\""));
}

TEST_F(ImportanceCommand, PrintsJson) {
  run_trials();
  const Json json = study({"importance", "demo", "--target-quantile", "0.2", "--region-quantile",
                           "0.5", "--json"})
                        .json();
  EXPECT_EQ(json["trials"], 15);
  EXPECT_EQ(json["target_trials"], 6);
  EXPECT_EQ(json["informative"], true);
  ASSERT_EQ(json["importance"].size(), 2U);
  EXPECT_EQ(json["importance"][0]["name"], "x");
  EXPECT_EQ(json["importance"][1]["name"], "kind");
}

TEST_F(ImportanceCommand, SaysWhereThereIsNothingToShow) {
  EXPECT_EQ(study({"importance", "demo"}).out, "No results yet.\n");
  EXPECT_EQ(study({"importance", "demo", "--worker", "W2"}).out,
            "No results in the ranges of W2 yet.\n");
  EXPECT_EQ(study({"importance", "demo", "--json"}).json()["informative"], false);
  study({"ask", "demo"});
  study({"tell", "demo", "0", "1"});
  EXPECT_THAT(study({"importance", "demo"}).out, HasSubstr("1 result: too few, or too alike"));
}

TEST_F(ImportanceCommand, RefusesWhatItCannotUse) {
  EXPECT_EQ(study({"importance", "nobody"}).status, 1);
  EXPECT_EQ(study({"importance"}).status, 2);
  EXPECT_EQ(study({"importance", "demo", "--target-quantile", "many"}).status, 2);
  const RunResult above = study({"importance", "demo", "--target-quantile", "1.5"});
  EXPECT_EQ(above.status, 2);
  EXPECT_THAT(above.err, HasSubstr("/target_quantile: found 1.5"));
  EXPECT_THAT(study({"importance", "demo", "--objective", "1"}).err, HasSubstr("/objective"));
}

}  // namespace
}  // namespace studyhall::cli
