// Pictures through gnuplot, an outside program.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace studyhall::cli {

enum class Picture { Svg, Png };

// By the ending of `file`, upper or lower case. Throws Error(Invalid) for another one.
Picture picture_kind(const std::filesystem::path& file);

struct PictureSize {
  int width = 1000;
  int height = 560;
};
// The "set terminal" line: on white.
std::string terminal_line(Picture kind, PictureSize size = {});

// Caption, border, grid and key of a picture.
std::string frame_lines(const std::string& caption);
// A palette in which what is better is darker.
std::string palette_lines(bool lower_is_better);

// Okabe and Ito, "Color Universal Design" (2008): told apart by the colour-blind too. Their black
// is for lines over all, their yellow too pale.
inline constexpr std::array<const char*, 6> kSeriesColours{"#0072b2", "#e69f00", "#009e73",
                                                           "#cc79a7", "#56b4e9", "#d55e00"};
inline const char* series_colour(std::size_t i) {
  return kSeriesColours[i % kSeriesColours.size()];
}

// As people order names with numbers in them: W2 before W10.
struct ByNumberedName {
  bool operator()(const std::string& a, const std::string& b) const;
};
// The worker's name in a key.
std::string worker_label(const std::string& worker);

// `text` as a gnuplot string that is taken literally, quotes included; on one line.
std::string gnuplot_string(const std::string& text);

// One curve of a picture: a data block and how it is drawn.
struct Layer {
  std::string name;             // of the block, "$results"
  std::string lines;            // of the block, each ended by a line break
  std::string style;            // "with ..."
  std::string label;            // in the key; empty: none
  std::string columns = "1:2";  // of the block, that are drawn
};
// The data blocks of `layers`, and what stands behind "plot"; those without lines are left out.
std::string data_blocks(const std::vector<Layer>& layers);
std::string plot_line(const std::vector<Layer>& layers);
// The script of `layers`, drawn in their order, behind `head`; those without lines are left out.
std::string layered_script(const std::string& head, const std::vector<Layer>& layers);

// The first program `name` in the folders of `search_path` (as in PATH).
std::optional<std::filesystem::path> find_program(const std::string& name,
                                                  const std::string& search_path);

// Runs `script` through the gnuplot found in `search_path` (as in PATH) and puts the picture into
// `file`, which changes only when all went well.
//
// Throws Error(Unavailable) where gnuplot is not installed (with how to install it), `file` cannot
// be written, or gnuplot fails (with what it said).
void draw(const std::string& script, const std::filesystem::path& file,
          const std::string& search_path);

}  // namespace studyhall::cli
