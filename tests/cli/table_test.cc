#include "cli/table.h"

#include <gtest/gtest.h>
#include <locale.h>
#include <wchar.h>

#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace studyhall::cli {
namespace {

// Columns as the C library counts them.
int columns_of(const std::string& line) {
  const locale_t utf8 = newlocale(LC_ALL_MASK, "C.UTF-8", nullptr);
  const locale_t before = uselocale(utf8);
  std::wstring wide(line.size() + 1, L'\0');
  const std::size_t length = std::mbstowcs(wide.data(), line.c_str(), wide.size());
  if (length == static_cast<std::size_t>(-1)) throw std::runtime_error("not UTF-8: " + line);
  const int width = wcswidth(wide.c_str(), length);
  uselocale(before);
  freelocale(utf8);
  return width;
}

std::vector<std::string> lines_of(const Table& table, std::size_t width, bool colour = false) {
  std::ostringstream out;
  table.print(out, width, colour);
  std::vector<std::string> lines;
  std::istringstream in(out.str());
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

Table long_names() {
  Table table({{"trial", Align::Right},
               {"worker", Align::Left, true},
               {"note", Align::Left, true},
               {"parameters", Align::Left, true}});
  table.add({"7", "a-worker-with-a-name-of-its-own-that-goes-on-and-on-and-on-to-sixty-4",
             "größenordnung 温度計温度計温度計温度計", std::string(300, 'p')});
  table.add({"1234", "W1", "", "x=1"});
  return table;
}

TEST(Table, FitsTheWidthWhateverTheCellsHold) {
  for (const std::size_t width : {20U, 33U, 60U, 80U, 200U}) {
    for (const std::string& line : lines_of(long_names(), width)) {
      EXPECT_LE(columns_of(line), static_cast<int>(width)) << line;
      EXPECT_FALSE(line.ends_with(' ')) << line;
    }
  }
}

TEST(Table, UsesTheWidthThatThereIs) {
  const std::vector<std::string> lines = lines_of(long_names(), 60);

  EXPECT_EQ(columns_of(lines[1]), 60);
  EXPECT_NE(lines[1].find("…"), std::string::npos);
  EXPECT_NE(lines[2].find("1234  W1"), std::string::npos) << lines[2];
}

TEST(Table, AlignsColumns) {
  Table table({{"trial", Align::Right}, {"worker"}, {"value", Align::Right}});
  table.add({"1", "W1", "0.5"});
  table.add({"12", "long-name", "-1.25"});

  EXPECT_EQ(lines_of(table, 80),
            (std::vector<std::string>{"trial  worker     value",  //
                                      "    1  W1           0.5", "   12  long-name  -1.25"}));
}

TEST(Table, LeavesFlexibleColumnsUncutWhereTheyFit) {
  Table table({{"name", Align::Left, true}});
  table.add({"a name of exactly twenty-eight"});

  EXPECT_EQ(lines_of(table, 30)[1], "a name of exactly twenty-eight");
  EXPECT_EQ(lines_of(table, 29)[1], "a name of exactly twenty-eig…");
}

TEST(Table, HasEscapeCodesOnlyWithColour) {
  Table table({{"state"}});
  table.add({{"failed", Colour::Red}});
  table.add({"\x1b[5mblink"});

  for (const std::string& line : lines_of(table, 80))
    EXPECT_EQ(line.find('\x1b'), std::string::npos) << line;
  const std::vector<std::string> coloured = lines_of(table, 80, true);
  EXPECT_EQ(coloured[1], "\x1b[31mfailed\x1b[0m");
  EXPECT_EQ(coloured[2], " [5mblink");
}

}  // namespace
}  // namespace studyhall::cli
