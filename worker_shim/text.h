// Text that others wrote, made fit for messages and notes.
#pragma once

#include <cstddef>
#include <string>

namespace studyhall::worker_shim {

// `text` as valid UTF-8 (U+FFFD for what is not), blanks for control characters other than newline
// and tab, cut to about `longest` bytes.
std::string printable(std::string text, std::size_t longest);

// "3.2 s", "5 min 10 s", "1 h 12 min".
std::string duration_text(double seconds);

}  // namespace studyhall::worker_shim
