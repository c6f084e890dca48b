#include "cli/gnuplot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <optional>
#include <sstream>

#include "cli/replace_file.h"
#include "cli/text.h"
#include "core/error.h"

namespace studyhall::cli {

namespace {

// A file without a name, closed with its owner.
class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : fd_(memfd_create(name, MFD_CLOEXEC)) {
    if (fd_ < 0) fail("make");
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  [[nodiscard]] int fd() const { return fd_; }

  void fill(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t written = write(fd_, text.data(), text.size());
      if (written < 0) fail("fill");
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    lseek(fd_, 0, SEEK_SET);
  }

  [[nodiscard]] std::string content() const {
    lseek(fd_, 0, SEEK_SET);
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = read(fd_, buffer.data(), buffer.size())) > 0;)
      text.append(buffer.data(), static_cast<std::size_t>(n));
    return text;
  }

 private:
  [[noreturn]] static void fail(const char* verb) {
    throw Error(ErrorCode::Unavailable,
                fmt::format("cannot {} a file in memory: {}", verb, strerror(errno)));
  }

  int fd_;
};

// Runs `program` with these files as its standard streams; its wait status.
int run_program(const std::filesystem::path& program, int in, int out, int err) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
  std::string name = program.string();
  // -d: nobody's start-up file changes the picture.
  std::string defaults = "-d";
  std::array<char*, 3> argv{name.data(), defaults.data(), nullptr};
  pid_t pid = 0;
  const int failure = posix_spawn(&pid, name.c_str(), &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (failure != 0)
    throw Error(ErrorCode::Unavailable, fmt::format("cannot run {}: {}", name, strerror(failure)));
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

Picture picture_kind(const std::filesystem::path& file) {
  std::string ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (ending == ".svg") return Picture::Svg;
  if (ending == ".png") return Picture::Png;
  throw Error(ErrorCode::Invalid,
              fmt::format("-o: {} ends in neither .svg nor .png", file.string()));
}

std::string terminal_line(Picture kind, PictureSize size) {
  return kind == Picture::Svg
             ? fmt::format(
                   "set terminal svg size {},{} dynamic background '#ffffff' font "
                   "'DejaVu Sans,Helvetica,Arial,sans-serif,13' noenhanced linewidth 1\n",
                   size.width, size.height)
             : fmt::format(
                   "set terminal pngcairo size {},{} background '#ffffff' font 'DejaVu "
                   "Sans,11' noenhanced linewidth 1\n",
                   size.width, size.height);
}

std::string frame_lines(const std::string& caption) {
  return fmt::format(
      "set label 1 {} at graph 0, 1 offset 0,1.3 left font ',15' textcolor rgb '#222222'\n"
      "set tmargin 3.5\n"
      "set xlabel textcolor rgb '#444444'\n"
      "set ylabel textcolor rgb '#444444'\n"
      "set cblabel textcolor rgb '#444444'\n"
      "set border 3 lc rgb '#888888'\n"
      "set tics nomirror out scale 0.6 textcolor rgb '#444444'\n"
      "set grid xtics ytics lt 1 lw 0.6 lc rgb '#e8e8e8'\n"
      "set key outside right top vertical Left reverse samplen 1.6 spacing 1.25 textcolor rgb "
      "'#222222'\n",
      gnuplot_string(caption));
}

std::string palette_lines(bool lower_is_better) {
  return fmt::format(
      "set palette defined (0 '#440154', 1 '#3b528b', 2 '#21918c', 3 '#5ec962', 4 '#e8d927'){}\n",
      lower_is_better ? "" : " negative");
}

bool ByNumberedName::operator()(const std::string& a, const std::string& b) const {
  return strverscmp(a.c_str(), b.c_str()) < 0;
}

std::string worker_label(const std::string& worker) {
  return worker.empty() ? "no worker named" : worker;
}

std::string gnuplot_string(const std::string& text) {
  std::string quoted = "'";
  for (const char c : printable(text)) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

std::string data_blocks(const std::vector<Layer>& layers) {
  std::string blocks;
  for (const Layer& layer : layers)
    if (!layer.lines.empty())
      blocks += fmt::format("{} << STUDYHALL_END\n{}STUDYHALL_END\n", layer.name, layer.lines);
  return blocks;
}

std::string plot_line(const std::vector<Layer>& layers) {
  std::string line;
  for (const Layer& layer : layers)
    if (!layer.lines.empty())
      line += fmt::format("{}{} using {} {} {}", line.empty() ? "plot " : ", ", layer.name,
                          layer.columns, layer.style,
                          layer.label.empty() ? "notitle" : "title " + gnuplot_string(layer.label));
  return line + "\n";
}

std::string layered_script(const std::string& head, const std::vector<Layer>& layers) {
  return head + data_blocks(layers) + plot_line(layers);
}

std::optional<std::filesystem::path> find_program(const std::string& name,
                                                  const std::string& search_path) {
  std::istringstream folders(search_path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (folder.empty()) continue;
    const std::filesystem::path program = std::filesystem::path(folder) / name;
    if (access(program.c_str(), X_OK) == 0 && std::filesystem::is_regular_file(program))
      return program;
  }
  return std::nullopt;
}

void draw(const std::string& script, const std::filesystem::path& file,
          const std::string& search_path) {
  const std::optional<std::filesystem::path> program = find_program("gnuplot", search_path);
  if (!program)
    throw Error(ErrorCode::Unavailable,
                "plots are drawn by gnuplot, which is not in PATH: install it (Debian, Ubuntu: apt "
                "install gnuplot-nox)");
  const MemoryFile in("script");
  const MemoryFile err("messages");
  in.fill(script);
  ReplaceFile picture(file);
  const int status = run_program(*program, in.fd(), picture.fd(), err.fd());
  const std::string said = err.content();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || picture.size() == 0)
    throw Error(ErrorCode::Unavailable, fmt::format("gnuplot could not draw {}: {}", file.string(),
                                                    said.empty() ? "it gave no reason" : said));
  picture.commit();
}

}  // namespace studyhall::cli
