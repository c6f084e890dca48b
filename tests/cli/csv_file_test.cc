#include "cli/csv_file.h"

#include <gtest/gtest.h>

#include <sstream>

#include "core/error.h"

namespace studyhall::cli {
namespace {

using Row = std::vector<std::string>;

TEST(CsvReader, ReadsQuotedCells) {
  std::istringstream in("a,\"b,c\",d\n1,\"two \"\"words\"\"\nin two lines\",\r\n,,\"\"");
  CsvReader table(in, "t.csv");

  EXPECT_EQ(table.header(), (Row{"a", "b,c", "d"}));
  EXPECT_EQ(table.column("d"), 2U);
  EXPECT_EQ(table.column("x"), std::nullopt);
  EXPECT_EQ(table.next(), (Row{"1", "two \"words\"\nin two lines", ""}));
  EXPECT_EQ(table.line(), 2U);
  EXPECT_EQ(table.next(), (Row{"", "", ""}));
  EXPECT_EQ(table.line(), 4U);
  EXPECT_EQ(table.next(), std::nullopt);
}

TEST(CsvReader, NamesTheLineOfARaggedRow) {
  std::istringstream in("a,b\n1,2\n3\n");
  CsvReader table(in, "t.csv");
  table.next();

  try {
    table.next();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Malformed);
    EXPECT_STREQ(error.what(), "t.csv, line 3: 1 cells, but the header has 2");
  }
}

TEST(CsvReader, RefusesAnEmptyTableAndAnOpenQuote) {
  std::istringstream empty("");
  EXPECT_THROW(CsvReader(empty, "t.csv"), Error);
  std::istringstream open("a\n\"b\n");
  CsvReader table(open, "t.csv");
  EXPECT_THROW(table.next(), Error);
}

}  // namespace
}  // namespace studyhall::cli
