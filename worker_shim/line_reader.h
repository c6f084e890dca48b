// A stream of bytes, cut into lines.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace studyhall::worker_shim {

// What becomes of a line longer than the bound.
enum class LongLine {
  Drop,   // nothing of it is handed out
  Split,  // handed out in pieces of at most the bound, each beginning with the end of the one
          // before
};

class LineReader {
 public:
  using Handler = std::function<void(std::string_view line)>;

  // Lines end at \n or \r (progress bars) and are handed out without it; empty ones are left out.
  // REQUIRES: longest >= 1024.
  LineReader(std::size_t longest, LongLine long_line, Handler handler);

  void feed(std::string_view bytes);
  // Hands out a last line that no newline ended.
  void finish();

 private:
  void append(std::string_view part);
  void end_line();

  std::size_t longest_;
  LongLine long_line_;
  Handler handler_;
  std::string line_;
  bool dropping_ = false;
};

}  // namespace studyhall::worker_shim
