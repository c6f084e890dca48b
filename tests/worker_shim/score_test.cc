#include "worker_shim/score.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/error.h"
#include "tests/support/processes.h"
#include "tests/support/temp_dir.h"

namespace studyhall::worker_shim {
namespace {

using studyhall::testing::spit;
using studyhall::testing::TempDir;
using ::testing::HasSubstr;

ScoreSpec file_spec() {
  ScoreSpec spec;
  spec.file = "result.json";
  return spec;
}

TEST(ScoreFile, TakesFiniteNumbersOfEveryForm) {
  for (const auto& [text, value] :
       {std::pair(R"({"score": 1})", 1.0), std::pair(R"({"score": -0.25e-3})", -0.25e-3),
        std::pair(R"({"score": 0.1})", 0.1),
        std::pair(R"({"score": 18446744073709551615})", 0x1p64),
        std::pair(R"({"score": 5e-324})", 5e-324)}) {
    const TempDir dir;
    spit(dir.path() / "result.json", text);
    const Score score = read_score_file(dir.path(), file_spec(), {});
    EXPECT_EQ(score.values, std::vector{value}) << text;
    EXPECT_EQ(score.problem, "");
  }
}

struct BadFile {
  const char* text;
  const char* words;
};

TEST(ScoreFile, TakesNothingElseForANumber) {
  for (const BadFile& bad : std::initializer_list<BadFile>{
           {"", "line 1"},
           {"{}", "has nothing at \"/score\""},
           {"[1]", "has nothing at \"/score\""},
           {"0.5", "has nothing at \"/score\""},
           {R"({"score": null})", "has null at \"/score\"; expected a number"},
           {R"({"score": true})", "has true"},
           {R"({"score": "0.5"})", "has \"0.5\""},
           {R"({"score": [0.5]})", "has [0.5]"},
           {R"({"score": {}})", "has {}"},
           {R"({"score": NaN})", "line 1"},
           {R"({"score": Infinity})", "line 1"},
           {R"({"score": 1e999})", "1e999"},
           {R"({"score": 1, "score": 2})", "twice"},
           {R"({"score": 0.5)", "line 1"},
           {"{\"score\": 0.5}\xff", "line 1"},
       }) {
    const TempDir dir;
    spit(dir.path() / "result.json", bad.text);
    const Score score = read_score_file(dir.path(), file_spec(), {});
    EXPECT_TRUE(score.values.empty()) << bad.text;
    EXPECT_THAT(score.problem, HasSubstr("result.json")) << bad.text;
    EXPECT_THAT(score.problem, HasSubstr(bad.words)) << bad.text;
  }
}

TEST(ScoreFile, KnowsThatNothingIsThere) {
  const TempDir dir;
  const Score score = read_score_file(dir.path(), file_spec(), {});
  EXPECT_TRUE(score.absent);
  EXPECT_EQ(score.problem, "result.json was not written");
}

TEST(ScoreFile, NeitherHangsAtAPipeNorReadsAFolderOrAnEndlessFile) {
  const TempDir dir;
  ASSERT_EQ(mkfifo((dir.path() / "result.json").c_str(), 0600), 0);
  EXPECT_THAT(read_score_file(dir.path(), file_spec(), {}).problem,
              HasSubstr("not a regular file"));
  std::filesystem::remove(dir.path() / "result.json");
  std::filesystem::create_directory(dir.path() / "result.json");
  EXPECT_THAT(read_score_file(dir.path(), file_spec(), {}).problem,
              HasSubstr("not a regular file"));
  std::filesystem::remove(dir.path() / "result.json");
  std::filesystem::create_symlink("/dev/zero", dir.path() / "result.json");
  EXPECT_THAT(read_score_file(dir.path(), file_spec(), {}).problem,
              HasSubstr("not a regular file"));
  std::filesystem::remove(dir.path() / "result.json");
  spit(dir.path() / "result.json", "");
  std::filesystem::resize_file(dir.path() / "result.json", 20'000'000);
  EXPECT_THAT(read_score_file(dir.path(), file_spec(), {}).problem, HasSubstr("is longer than"));
}

TEST(ScoreFile, FollowsPointersIntoTheFile) {
  const TempDir dir;
  spit(dir.path() / "out.json", R"({"a/b": [{"~": 4}], "": 5})");
  ScoreSpec spec;
  spec.file = "out.json";
  spec.values = {"/a~1b/0/~0"};
  spec.metrics = {{"empty", "/"}, {"past", "/a~1b/1"}, {"odd", "/a~1b/01"}};
  const Score score = read_score_file(dir.path(), spec, {});
  EXPECT_EQ(score.values, std::vector{4.0});
  EXPECT_EQ(score.metrics, (std::map<std::string, double>{{"empty", 5}}));
  EXPECT_EQ(score.notes.size(), 2U);
}

TEST(ScoreFile, GivesAValueForEachObjectiveOrNone) {
  const TempDir dir;
  ScoreSpec spec = file_spec();
  spec.values = {"/cost", "/error/0"};

  spit(dir.path() / "result.json", R"({"error": [0.5], "cost": 3})");
  EXPECT_EQ(read_score_file(dir.path(), spec, {}).values, (std::vector{3.0, 0.5}));

  spit(dir.path() / "result.json", R"({"error": ["low"], "cost": 3})");
  const Score bad = read_score_file(dir.path(), spec, {});
  EXPECT_TRUE(bad.values.empty());
  EXPECT_THAT(bad.problem, HasSubstr("\"low\" at \"/error/0\""));
}

TEST(ScoreFile, NeedsOnlyTheMetricsOfConstraints) {
  const TempDir dir;
  spit(dir.path() / "result.json", R"({"score": 1, "t": "fast"})");
  ScoreSpec spec = file_spec();
  spec.metrics = {{"t", "/t"}, {"u", "/u"}};

  const Score free = read_score_file(dir.path(), spec, {});
  EXPECT_EQ(free.problem, "");
  EXPECT_EQ(free.values, std::vector{1.0});

  const Score bound = read_score_file(dir.path(), spec, {"u"});
  EXPECT_THAT(bound.problem, HasSubstr("no metric u"));
}

std::optional<double> last_match(const std::string& pattern,
                                 const std::vector<std::string>& parts) {
  PatternSearch search(pattern);
  for (const std::string& part : parts) search.feed(Stream::Out, part);
  const Score score = search.finish();
  if (score.values.size() != 1) return std::nullopt;
  return score.values.front();
}

TEST(Pattern, TakesTheLastMatchHoweverTheOutputComes) {
  EXPECT_EQ(last_match("s=([0-9.]+)", {"s=1\ns=2\n"}), 2);
  EXPECT_EQ(last_match("s=([0-9.]+)", {"s=1 s=3\nnothing\n"}), 3);
  EXPECT_EQ(last_match("s=([0-9.]+)", {"s", "=", "4", "2", "\n"}), 42);
  EXPECT_EQ(last_match("s=([0-9.]+)", {"s=5"}), 5);  // no newline at the end
  EXPECT_EQ(last_match("^s=([0-9.]+)$", {"a\r\ns=6\r\nxs=7\n"}), 6);
  EXPECT_EQ(last_match("s=(-?[0-9.e+-]+)", {"s=-1.5e-3\n"}), -1.5e-3);
  EXPECT_EQ(last_match("s=(.*)", {"s=+8\n"}), 8);
}

TEST(Pattern, TakesAValueFromEachGroupOfOneMatch) {
  PatternSearch search("cost=([0-9.]+) error=(\\S+)");
  search.feed(Stream::Out, "cost=1 error=2\ncost=3 error=0.5\n");
  const Score score = search.finish();
  EXPECT_EQ(score.values, (std::vector{3.0, 0.5}));
  EXPECT_EQ(score.evidence["matched"], Json::parse(R"(["3", "0.5"])"));

  PatternSearch half("cost=([0-9.]+) error=(\\S+)");
  half.feed(Stream::Out, "cost=1 error=2\ncost=3 error=low\n");
  EXPECT_TRUE(half.finish().values.empty());
}

TEST(Pattern, KeepsTheTwoStreamsApart) {
  PatternSearch search("s=([0-9.]+)");
  search.feed(Stream::Out, "s=1");
  search.feed(Stream::Err, "7\n");
  search.feed(Stream::Out, "5\n");
  EXPECT_EQ(search.finish().values, std::vector{15.0});
}

TEST(Pattern, FindsTheScoreInBinaryAndEndlessLines) {
  EXPECT_EQ(last_match("s=([0-9.]+)", {std::string("\0\xff\x80s=3\0", 8)}), 3);
  const std::string long_line(300'000, 'x');
  EXPECT_EQ(last_match("s=([0-9]+)", {long_line, "s=4", long_line}), 4);
  // Across the border of two pieces.
  for (std::size_t at = 8185; at < 8195; ++at) {
    EXPECT_EQ(last_match("s=([0-9]+)x", {std::string(at, 'x') + "s=12345" + long_line}), 12345)
        << at;
  }
}

TEST(Pattern, TakesNothingElseForANumber) {
  for (const char* text :
       {"nan", "inf", "-inf", "1.2.3", "0x10", "1,5", "", " 1", "1e999", "++1"}) {
    PatternSearch search("s=\\[(.*)\\]");
    search.feed(Stream::Out, std::string("s=[1]\ns=[") + text + "]\n");
    const Score score = search.finish();
    EXPECT_TRUE(score.values.empty()) << text;
    EXPECT_THAT(score.problem, HasSubstr("expected a finite number")) << text;
    EXPECT_FALSE(score.absent);
  }
}

TEST(Pattern, SaysThatNothingMatched) {
  PatternSearch search("s=([0-9]+)");
  search.feed(Stream::Out, "t=1\n");
  const Score score = search.finish();
  EXPECT_TRUE(score.absent);
  EXPECT_EQ(score.problem, "no output matches score.pattern \"s=([0-9]+)\"");
}

TEST(Pattern, RefusesWhatIsNoRegularExpression) { EXPECT_THROW(PatternSearch("(a"), Error); }

}  // namespace
}  // namespace studyhall::worker_shim
