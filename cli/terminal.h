// A terminal that one program draws on as a whole and reads key by key.
#pragma once

#include <termios.h>

#include <chrono>
#include <string>

namespace studyhall::cli {

// The screen that was there comes back, and the terminal's settings, when this goes: however the
// program ends but by SIGKILL. Keys that would make signals are read as keys.
class FullScreen {
 public:
  // Throws Error(Invalid) unless standard input and output are a terminal.
  FullScreen();
  ~FullScreen();
  FullScreen(const FullScreen&) = delete;
  FullScreen& operator=(const FullScreen&) = delete;

  struct Size {
    int columns = 80;
    int rows = 24;
  };
  [[nodiscard]] static Size size();
  // `text` from the first line on; what does not fit is left out.
  static void draw(const std::string& text);
  // One key, or 0 after `patience`: a character, or kUp and kDown.
  static int read_key(std::chrono::milliseconds patience);

 private:
  termios before_{};
};

inline constexpr int kUp = 1000;
inline constexpr int kDown = 1001;
inline constexpr int kControlC = 3;

}  // namespace studyhall::cli
