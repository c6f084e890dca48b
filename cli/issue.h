// An issue of a forge, through the forge's own command line program, which knows where it is and
// who asks.
#pragma once

#include <string>

namespace studyhall::cli {

struct Issue {
  std::string title;
  std::string text;  // begins with the address
  std::string url;
};

// `reference`: a number ("52", "#52") of the repository that this process is in, or an address.
// Asks GitHub's `gh` or GitLab's `glab`: glab where the address or the repository's origin names a
// GitLab, or there is no gh on PATH. Throws Error(Invalid) for a reference that is none,
// Error(Unavailable) with the program's words if it finds none, or there is no such program.
Issue fetch_issue(const std::string& reference);

// Gives a task or trial the issue's title, unless it has one, and its text below the description
// that it has, both shortened to what they may have.
void fill_from_issue(const std::string& reference, std::string& title, std::string& description);

}  // namespace studyhall::cli
