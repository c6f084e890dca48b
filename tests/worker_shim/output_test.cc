// What becomes of a program's output: lines, progress, the log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "core/error.h"
#include "core/json.h"
#include "tests/support/processes.h"
#include "tests/support/temp_dir.h"
#include "worker_shim/line_reader.h"
#include "worker_shim/output_log.h"
#include "worker_shim/placeholders.h"
#include "worker_shim/progress.h"
#include "worker_shim/text.h"

namespace studyhall::worker_shim {
namespace {

using studyhall::testing::slurp;
using studyhall::testing::TempDir;
using ::testing::ElementsAre;

std::vector<std::string> lines_of(LongLine long_line, const std::vector<std::string>& parts) {
  std::vector<std::string> lines;
  LineReader reader(1024, long_line, [&](std::string_view line) { lines.emplace_back(line); });
  for (const std::string& part : parts) reader.feed(part);
  reader.finish();
  return lines;
}

TEST(LineReader, CutsAtNewlinesAndCarriageReturns) {
  EXPECT_THAT(lines_of(LongLine::Drop, {"a\nb", "c\r\n\n", "\rd"}), ElementsAre("a", "bc", "d"));
}

TEST(LineReader, DropsOrSplitsALongLine) {
  const std::string just(1024, 'j');
  const std::string longer(1025, 'l');
  EXPECT_THAT(lines_of(LongLine::Drop, {just, "\n", longer, longer, "\nafter\n"}),
              ElementsAre(just, "after"));
  EXPECT_THAT(lines_of(LongLine::Split, {std::string(1024, 'a') + std::string(600, 'b') + "\nz"}),
              ElementsAre(std::string(1024, 'a'), std::string(512, 'a') + std::string(512, 'b'),
                          std::string(512, 'b') + std::string(88, 'b'), "z"));
}

TEST(ProgressLines, TakesObjectsWithAStepAndAFiniteValue) {
  std::vector<std::pair<std::int64_t, double>> seen;
  ProgressLines progress([&](std::int64_t step, double value) { seen.emplace_back(step, value); });
  for (const char* line :
       {R"({"step": 3, "value": -1})", R"( {"value": 1e-3, "epoch": {}, "step": 4})",
        R"({"step": 1.5, "value": 1})", R"({"step": "5", "value": 1})", R"({"step": 5})",
        R"({"step": 5, "value": null})", R"({"step": 5, "value": NaN})",
        R"({"step": 18446744073709551615, "value": 1})", R"([{"step": 5, "value": 1}])",
        R"(x {"step": 5, "value": 1})", R"({"step": 5, "value": 1)"}) {
    progress.feed(Stream::Out, std::string(line) + "\n");
  }
  EXPECT_THAT(seen, ElementsAre(std::pair(3, -1.0), std::pair(4, 1e-3)));
}

TEST(OutputLog, KeepsHeadAndTailAndSaysWhatIsLeftOut) {
  const TempDir dir;
  const auto file = dir.path() / "run.log";
  {
    OutputLog log(file, {10, 5});
    log.write("0123456");
    log.write("789abc");
    log.write(std::string(100, 'x'));
    log.write("vwxyz");
    EXPECT_EQ(slurp(file), "0123456789");  // grows while the program runs
  }
  EXPECT_EQ(slurp(file), "0123456789\n[study: 103 bytes of output are left out here]\nvwxyz");
}

TEST(OutputLog, LeavesOutNothingThatFits) {
  const TempDir dir;
  const auto file = dir.path() / "run.log";
  {
    OutputLog log(file, {4, 4});
    log.write("abcdefgh");
  }
  EXPECT_EQ(slurp(file), "abcdefgh");
}

TEST(OutputLog, ShowsTheLastLinesFitForPeople) {
  const TempDir dir;
  OutputLog log(dir.path() / "run.log");
  EXPECT_EQ(log.last_lines(2, 100), "");
  log.write("one\ntwo\nthree \xff\x1b[0m\n\n");
  EXPECT_EQ(log.last_lines(2, 100), "two\nthree \xEF\xBF\xBD [0m");
  EXPECT_EQ(log.last_lines(9, 100), "one\ntwo\nthree \xEF\xBF\xBD [0m");
  log.write(std::string(1'000'000, 'y'));
  EXPECT_EQ(log.last_lines(2, 100), std::string(100, 'y'));
}

TEST(OutputLog, GoesOnWhenTheDiskIsFull) {
  OutputLog log("/dev/full");
  log.write("text");
  EXPECT_EQ(log.write_error(), ENOSPC);
  log.write("more\n");
  EXPECT_EQ(log.last_lines(1, 100), "textmore");
}

TEST(OutputLog, RefusesAFileThatCannotBeMade) {
  EXPECT_THROW(OutputLog("/nowhere/run.log"), Error);
}

TEST(Placeholders, AreReplacedInOnePass) {
  const std::map<std::string, std::string> values{{"a", "1"}, {"b", "{a}"}, {"c", ""}};
  EXPECT_EQ(fill_placeholders("{a}x{b}y{c}", values), "1x{a}y");
  EXPECT_EQ(fill_placeholders("--x={a}", values), "--x=1");
  EXPECT_EQ(fill_placeholders("{{a}}", values), "{1}");
  for (const char* plain : {"", "{", "}", "{}", "{d}", "{a", "a}", "{ a }", "${A}", "{\"k\": 1}"}) {
    EXPECT_EQ(fill_placeholders(plain, values), plain);
  }
}

TEST(Printable, IsValidAndBounded) {
  EXPECT_EQ(printable("a\tb\nc\x7f\x01", 100), "a\tb\nc  ");
  EXPECT_EQ(printable("grün", 100), "grün");
  const std::string cut = printable("grün", 3);  // in the middle of the ü
  EXPECT_EQ(cut, "gr\xEF\xBF\xBD...");
}

TEST(DurationText, FitsTheSize) {
  EXPECT_EQ(duration_text(3.24), "3.2 s");
  EXPECT_EQ(duration_text(61), "1 min 1 s");
  EXPECT_EQ(duration_text(2 * 3600 + 12 * 60 + 59), "2 h 12 min");
}

}  // namespace
}  // namespace studyhall::worker_shim
