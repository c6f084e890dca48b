#include "cli/table.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "cli/text.h"

namespace studyhall::cli {

namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowFlexible = 8;

const char* escape_code(Colour colour) {
  switch (colour) {
    case Colour::None:
      return "";
    case Colour::Bold:
      return "\x1b[1m";
    case Colour::Green:
      return "\x1b[32m";
    case Colour::Red:
      return "\x1b[31m";
    case Colour::Yellow:
      return "\x1b[33m";
    case Colour::Grey:
      return "\x1b[90m";
  }
  return "";
}

std::size_t total_width(const std::vector<std::size_t>& widths) {
  const auto shown = static_cast<std::size_t>(
      std::count_if(widths.begin(), widths.end(), [](std::size_t w) { return w > 0; }));
  const std::size_t text = std::accumulate(widths.begin(), widths.end(), std::size_t{0});
  return text + (shown > 1 ? kGap * (shown - 1) : 0);
}

// Takes columns from the widest that is above its floor, one at a time, until `width` is met or
// nothing is left to take.
void shrink(std::vector<std::size_t>& widths, const std::vector<std::size_t>& floors,
            std::size_t width) {
  while (total_width(widths) > width) {
    std::size_t widest = widths.size();
    for (std::size_t c = 0; c < widths.size(); ++c)
      if (widths[c] > floors[c] && (widest == widths.size() || widths[c] > widths[widest]))
        widest = c;
    if (widest == widths.size()) return;
    --widths[widest];
  }
}

}  // namespace

std::string painted(const std::string& text, Colour colour, bool enabled) {
  if (!enabled || colour == Colour::None || text.empty()) return text;
  return escape_code(colour) + text + "\x1b[0m";
}

void Table::add(std::vector<Cell> row) {
  assert(row.size() == columns_.size());
  for (Cell& cell : row) cell.text = printable(cell.text);
  rows_.push_back(std::move(row));
}

std::vector<std::size_t> Table::natural_widths() const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(display_width(column.title));
  for (const auto& row : rows_)
    for (std::size_t c = 0; c < row.size(); ++c)
      widths[c] = std::max(widths[c], display_width(row[c].text));
  return widths;
}

std::size_t Table::natural_width() const { return total_width(natural_widths()); }

std::vector<std::size_t> Table::fitted_widths(std::size_t width) const {
  std::vector<std::size_t> widths = natural_widths();
  std::vector<std::size_t> floors = widths;
  for (std::size_t c = 0; c < columns_.size(); ++c)
    if (columns_[c].flexible)
      floors[c] = std::min(widths[c], std::max(kNarrowFlexible, display_width(columns_[c].title)));
  shrink(widths, floors, width);
  for (std::size_t& floor : floors) floor = std::min<std::size_t>(floor, 4);
  shrink(widths, floors, width);
  for (std::size_t c = widths.size(); c-- > 1 && total_width(widths) > width;) widths[c] = 0;
  return widths;
}

void Table::print(std::ostream& out, std::size_t width, bool colour) const {
  const std::vector<std::size_t> widths = fitted_widths(width);
  const auto print_row = [&](const std::vector<Cell>& row) {
    std::string line;
    std::size_t pending = 0;  // blanks that stand before the next text, if there is one
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (widths[c] == 0) continue;
      if (c > 0) pending += kGap;
      const std::string text = ellipsize(row[c].text, widths[c]);
      const std::size_t fill = widths[c] - display_width(text);
      const bool right = columns_[c].align == Align::Right;
      if (right) pending += fill;
      if (!text.empty()) {
        line += std::string(pending, ' ') + painted(text, row[c].colour, colour);
        pending = 0;
      }
      if (!right) pending += fill;
    }
    out << line << '\n';
  };
  std::vector<Cell> header;
  for (const Column& column : columns_) header.emplace_back(column.title, Colour::Bold);
  print_row(header);
  for (const auto& row : rows_) print_row(row);
}

}  // namespace studyhall::cli
