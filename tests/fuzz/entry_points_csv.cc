#include <sstream>
#include <string>

#include "cli/csv_file.h"
#include "core/error.h"
#include "tests/fuzz/entry_points.h"
#include "tests/fuzz/must.h"

namespace studyhall::fuzz {

void csv(std::string_view bytes) {
  std::istringstream in{std::string(bytes)};
  try {
    cli::CsvReader reader(in, "table.csv");
    while (const auto row = reader.next()) {
      must(row->size() == reader.header().size(), "a row has a cell for each column");
    }
  } catch (const Error&) {
  }
}

}  // namespace studyhall::fuzz
