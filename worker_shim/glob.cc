#include "worker_shim/glob.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace studyhall::worker_shim {
namespace {

// One part of a path; neither has a '/'.
bool part_matches(std::string_view glob, std::string_view part) {
  std::size_t g = 0;
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;  // the last '*' seen, and what it stands for so far
  std::size_t from = 0;
  while (p < part.size()) {
    if (g < glob.size() && (glob[g] == '?' || (glob[g] == part[p] && glob[g] != '*'))) {
      ++g;
      ++p;
    } else if (g < glob.size() && glob[g] == '*') {
      star = g++;
      from = p;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      p = ++from;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

std::string_view first_part(std::string_view path) { return path.substr(0, path.find('/')); }

std::string_view rest_of(std::string_view path) {
  const std::size_t slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
}

// The folder that every match lies in.
std::filesystem::path fixed_folder(std::string_view glob) {
  std::filesystem::path folder;
  while (glob.find('/') != std::string_view::npos) {
    const std::string_view part = first_part(glob);
    if (part.find_first_of("*?") != std::string_view::npos) break;
    folder /= part;
    glob = rest_of(glob);
  }
  return folder;
}

void walk(const std::filesystem::path& folder, const std::string& glob,
          std::vector<std::string>& found) {
  const std::filesystem::path start = folder / fixed_folder(glob);
  std::error_code error;
  std::filesystem::recursive_directory_iterator it(start, error);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) return;
  for (; !error && it != std::filesystem::recursive_directory_iterator(); it.increment(error)) {
    const bool is_link = it->is_symlink();
    if (it->is_directory() && !is_link) {
      if (it->path().filename() == ".git") it.disable_recursion_pending();
      continue;
    }
    const std::string path = it->path().lexically_relative(folder).generic_string();
    if (path != ".git" && !path.ends_with("/.git") && glob_matches(glob, path)) {
      found.push_back(path);
    }
  }
  if (error) {
    throw Error(ErrorCode::Unavailable,
                fmt::format("{}: cannot look for {}: {}", start.string(), glob, error.message()));
  }
}

}  // namespace

bool glob_matches(std::string_view glob, std::string_view path) {
  while (!glob.empty()) {
    const std::string_view part = first_part(glob);
    const bool is_last = part.size() == glob.size();
    if (part == "**") {
      if (is_last) return !path.empty();
      glob = rest_of(glob);
      for (;; path = rest_of(path)) {
        if (glob_matches(glob, path)) return true;
        if (path.find('/') == std::string_view::npos) return false;
      }
    }
    if (path.empty() || !part_matches(part, first_part(path))) return false;
    const bool path_ends = path.find('/') == std::string_view::npos;
    if (is_last || path_ends) return is_last && path_ends;
    glob = rest_of(glob);
    path = rest_of(path);
  }
  return false;
}

bool any_glob_matches(const std::vector<std::string>& globs, std::string_view path) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return glob_matches(glob, path); });
}

std::vector<std::string> files_matching(const std::filesystem::path& folder,
                                        const std::vector<std::string>& globs) {
  std::vector<std::string> found;
  for (const std::string& glob : globs) walk(folder, glob, found);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace studyhall::worker_shim
