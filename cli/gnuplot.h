// Pictures through gnuplot, an outside program.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace studyhall::cli {

enum class Picture { Svg, Png };

// By the ending of `file`, upper or lower case. Throws Error(Invalid) for another one.
Picture picture_kind(const std::filesystem::path& file);

// The "set terminal" line: 1000 x 560 on white.
std::string terminal_line(Picture kind);

// `text` as a gnuplot string that is taken literally, quotes included; on one line.
std::string gnuplot_string(const std::string& text);

// One curve of a picture: a data block and how it is drawn.
struct Layer {
  std::string name;   // of the block, "$results"
  std::string lines;  // of the block, each ended by a line break
  std::string style;  // "with ..."
  std::string label;  // in the key; empty: none
};
// The script of `layers`, drawn in their order, behind `head`; those without lines are left out.
std::string layered_script(const std::string& head, std::vector<Layer> layers);

// Runs `script` through the gnuplot found in `search_path` (as in PATH) and puts the picture into
// `file`, which changes only when all went well.
//
// Throws Error(Unavailable) where gnuplot is not installed (with how to install it), `file` cannot
// be written, or gnuplot fails (with what it said).
void draw(const std::string& script, const std::filesystem::path& file,
          const std::string& search_path);

}  // namespace studyhall::cli
