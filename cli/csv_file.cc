#include "cli/csv_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace studyhall::cli {

CsvReader::CsvReader(std::istream& in, std::string name) : in_(in), name_(std::move(name)) {
  auto header = read_row();
  if (!header) throw Error(ErrorCode::Malformed, fmt::format("{} is empty, not a table", name_));
  header_ = std::move(*header);
}

std::optional<std::size_t> CsvReader::column(const std::string& title) const {
  const auto found = std::find(header_.begin(), header_.end(), title);
  if (found == header_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header_.begin());
}

std::optional<std::vector<std::string>> CsvReader::next() {
  auto row = read_row();
  if (row && row->size() != header_.size())
    throw Error(ErrorCode::Malformed, fmt::format("{}, line {}: {} cells, but the header has {}",
                                                  name_, row_line_, row->size(), header_.size()));
  return row;
}

std::optional<std::vector<std::string>> CsvReader::read_row() {
  row_line_ = line_;
  std::vector<std::string> cells{""};
  bool quoted = false;
  for (int c = 0; (c = in_.get()) != std::istream::traits_type::eof();) {
    if (c == '\n') ++line_;
    if (quoted) {
      if (c != '"') {
        cells.back() += static_cast<char>(c);
      } else if (in_.peek() == '"') {
        cells.back() += static_cast<char>(in_.get());
      } else {
        quoted = false;
      }
    } else if (c == '"' && cells.back().empty()) {
      quoted = true;
    } else if (c == ',') {
      cells.emplace_back();
    } else if (c == '\n') {
      return cells;
    } else if (c != '\r' || in_.peek() != '\n') {
      cells.back() += static_cast<char>(c);
    }
  }
  if (quoted)
    throw Error(ErrorCode::Malformed,
                fmt::format("{}, line {}: a quote is not closed", name_, row_line_));
  if (cells.size() == 1 && cells.front().empty()) return std::nullopt;
  return cells;
}

}  // namespace studyhall::cli
