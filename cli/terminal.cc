#include "cli/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "core/error.h"

namespace studyhall::cli {

namespace {

constexpr const char* kEnter = "\x1b[?1049h\x1b[?25l";  // the other screen, no cursor
constexpr const char* kLeave = "\x1b[?25h\x1b[?1049l";

void put(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

FullScreen::FullScreen() {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1 ||
      ::tcgetattr(STDIN_FILENO, &before_) != 0)
    throw Error(ErrorCode::Invalid, "standard input and output are no terminal");
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
  put(kEnter);
}

FullScreen::~FullScreen() {
  put(kLeave);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
}

FullScreen::Size FullScreen::size() {
  winsize found{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &found) != 0 || found.ws_col == 0) return {};
  return {found.ws_col, found.ws_row};
}

void FullScreen::draw(const std::string& text) {
  const int rows = size().rows;
  std::string out = "\x1b[H";
  std::string_view rest = text;
  for (int row = 0; row < rows && !rest.empty(); ++row) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    out += rest.substr(0, end);
    out += "\x1b[K";
    if (row + 1 < rows) out += "\r\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  put(out + "\x1b[J");
}

int FullScreen::read_key(std::chrono::milliseconds patience) {
  if (typed_.empty()) {
    pollfd in{STDIN_FILENO, POLLIN, 0};
    if (::poll(&in, 1, static_cast<int>(patience.count())) <= 0) return 0;
    std::array<char, 256> keys{};
    const ssize_t n = ::read(STDIN_FILENO, keys.data(), keys.size());
    if (n <= 0) return kControlC;  // the terminal is gone
    typed_.assign(keys.data(), static_cast<std::size_t>(n));
  }
  return take_key();
}

int FullScreen::take_key() {
  const auto take = [this](std::size_t count, int key) {
    typed_.erase(0, count);
    return key;
  };
  const bool is_sequence = typed_.starts_with("\x1b[") || typed_.starts_with("\x1bO");
  if (!is_sequence) return take(1, static_cast<unsigned char>(typed_.front()));
  // Up to its last byte, which is a letter or '~'.
  const auto last =
      std::find_if(typed_.begin() + 2, typed_.end(), [](char c) { return c >= '@' && c <= '~'; });
  if (last == typed_.end()) return take(typed_.size(), 0);
  const auto length = static_cast<std::size_t>(last - typed_.begin()) + 1;
  const char kind = length == 3 ? *last : '\0';
  return take(length, kind == 'A' ? kUp : kind == 'B' ? kDown : 0);
}

}  // namespace studyhall::cli
