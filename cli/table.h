// Tables that fit the terminal.
#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

namespace studyhall::cli {

enum class Align { Left, Right };
enum class Colour { None, Bold, Green, Red, Yellow, Grey };

struct Column {
  std::string title;
  Align align = Align::Left;
  // Columns that may be shortened with "…" when the table is too wide, down to their title or eight
  // characters; the widest one gives way first. The others only when that is not enough.
  bool flexible = false;
};

struct Cell {
  Cell(std::string words, Colour hue = Colour::None) : text(std::move(words)), colour(hue) {}
  Cell(const char* words) : text(words) {}
  std::string text;
  Colour colour = Colour::None;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // REQUIRES: one cell per column.
  void add(std::vector<Cell> row);
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  // Columns it takes when nothing is shortened.
  [[nodiscard]] std::size_t natural_width() const;
  // No line is wider than `width`, whatever the cells hold; no blanks at the ends of lines, no
  // escape codes without `colour`.
  void print(std::ostream& out, std::size_t width, bool colour) const;

 private:
  [[nodiscard]] std::vector<std::size_t> natural_widths() const;
  [[nodiscard]] std::vector<std::size_t> fitted_widths(std::size_t width) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// `text` between the escape codes of `colour`, or as it is when not `enabled`.
std::string painted(const std::string& text, Colour colour, bool enabled);

}  // namespace studyhall::cli
