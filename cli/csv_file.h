// Tables that `study export --format csv` wrote, or another program in that form.
#pragma once

#include <cstddef>
#include <istream>
#include <optional>
#include <string>
#include <vector>

namespace studyhall::cli {

// RFC 4180 with a header: quoted cells may hold commas, line ends and doubled quotes; lines end in
// LF or CRLF.
class CsvReader {
 public:
  // `name` is for messages. Throws Error(Malformed) for an empty table.
  CsvReader(std::istream& in, std::string name);

  [[nodiscard]] const std::vector<std::string>& header() const { return header_; }
  [[nodiscard]] std::optional<std::size_t> column(const std::string& title) const;
  // Cells of the next row, as many as the header has; nullopt: that was all. Throws
  // Error(Malformed) naming the line for another number of cells or a quote that is not closed.
  std::optional<std::vector<std::string>> next();
  // Of the row that next() gave last, from 1.
  [[nodiscard]] std::size_t line() const { return row_line_; }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  std::optional<std::vector<std::string>> read_row();

  std::istream& in_;
  std::string name_;
  std::vector<std::string> header_;
  std::size_t line_ = 1;
  std::size_t row_line_ = 1;
};

}  // namespace studyhall::cli
