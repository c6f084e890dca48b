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
  // One key, or 0 after `patience`: a byte of what was typed, kEscape, kUp or kDown. Keys that send
  // other escape sequences count as none.
  int read_key(std::chrono::milliseconds patience);

 private:
  int take_key();

  termios before_{};
  std::string typed_;  // and not yet taken: text that is pasted comes at once
};

inline constexpr int kUp = 1000;
inline constexpr int kDown = 1001;
inline constexpr int kControlC = 3;
inline constexpr int kEscape = 27;

}  // namespace studyhall::cli
